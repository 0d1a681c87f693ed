# An evidence log and an opaque one, and the statements that the examples submit.
mkdir made
cd made
vouch keygen --type ed25519 --out engine >/dev/null
python3 -B ../tests/support/records.py run-start run-manifest >run.ndjson
sed -n 1p run.ndjson >run-start.json
sed -n 2p run.ndjson >run-manifest.json
# A log that nobody sees again: the client signs and keeps what it sends.
vouchd init --dir scratch --origin log.example/test --listen 127.0.0.1:8080 \
    --issuer engine.example=engine.pub.pem >/dev/null
vouchd scratch 2>messages &
vouch submit --url http://127.0.0.1:8080 --issuer engine.example --key engine.pem --subject run/1 \
    --receipts kept --records 1 run-start.json run-manifest.json >/dev/null
kill $!
wait $!
cd ..
cp made/kept/*run-start.cose run-start.cose
cp made/kept/*run-manifest.cose run-manifest.cose
printf '\001' >not-a-statement
head -c -1 run-start.cose >changed.cose
[ "$(tail -c 1 run-start.cose | xxd -p)" = 01 ] && last='\002' || last='\001'
printf "$last" >>changed.cose

vouchd init --dir made/log --origin log.example/test --listen 127.0.0.1:8080 \
    --issuer engine.example=made/engine.pub.pem >/dev/null
vouchd init --dir made/opaque --origin log.example/opaque --listen 127.0.0.1:8081 --opaque >/dev/null
vouchd made/log 2>made/messages &
vouchd made/opaque 2>made/opaque-messages &
entry_id=$({ printf '\000'; cat run-start.cose; } | sha256sum | cut -d ' ' -f 1)
echo "s#/entries/[0-9a-f]{8,64}(…[0-9a-f]*)?#/entries/$entry_id#" >.substitutions
run=$(python3 -c 'import base64, json, uuid
id = json.load(open("made/run-start.json"))["run_id"]
print(uuid.UUID(bytes=base64.urlsafe_b64decode(id + "==")))')
echo "s#/v1/runs/[0-9a-f-]{36}#/v1/runs/$run#" >>.substitutions
