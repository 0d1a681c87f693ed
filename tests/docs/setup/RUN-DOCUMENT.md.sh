# A log that knows the issuer of the examples.
mkdir made
vouch keygen --out made/engine >/dev/null
vouchd init --dir made/log --origin log.example/test --listen 127.0.0.1:8080 \
    --issuer engine.example=made/engine.pub.pem >/dev/null
sed -i 's/{/{"run_documents": true,/' made/log/vouchd.json
vouchd made/log 2>made/messages &
