# Writes OUT, C that defines rules_archive_digest_bytes: the SHA-256 of the lines that sha256sum
# prints for FILES (paths from ROOT, joined with commas). tools/rules-digest does the same.
string(REPLACE "," ";" files "${FILES}")
list(SORT files COMPARE STRING)
set(lines "")
foreach(file IN LISTS files)
    file(SHA256 ${ROOT}/${file} digest)
    string(APPEND lines "${digest}  ${file}\n")
endforeach()
string(SHA256 digest "${lines}")
string(REGEX REPLACE "(..)" "0x\\1," bytes ${digest})
set(text "#include \"schemas/rules/archive_digest.h\"\n\n")
string(APPEND text "const uint8_t rules_archive_digest_bytes[HASH_LEN] = {${bytes}};\n")
file(CONFIGURE OUTPUT ${OUT} CONTENT "${text}" @ONLY)
