# Writes a C file that holds the files named in FILES (separated by commas) as byte arrays:
#   cmake -DOUT=x.c -DHEADER=path -DNAME=record_texts -DFILES=a,b -P embed.cmake
string(REPLACE "," ";" files "${FILES}")
set(arrays "")
set(rows "")
set(number 0)
foreach(file ${files})
    file(READ ${file} hex HEX)
    string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1, " bytes "${hex}")
    get_filename_component(name ${file} NAME)
    string(APPEND arrays "static const unsigned char text_${number}[] = {\n${bytes}0};\n\n")
    string(APPEND rows "    {\"${name}\", text_${number}, sizeof(text_${number}) - 1},\n")
    math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUT} "/* Made by cmake/embed.cmake. */\n#include \"${HEADER}\"\n\n${arrays}"
    "const struct embedded_text ${NAME}[] = {\n${rows}};\n\n"
    "const size_t ${NAME}_count = ${number};\n")
