# The libraries Vouch stands on, all from the distribution.
find_package(OpenSSL 3.0 REQUIRED)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBCBOR REQUIRED IMPORTED_TARGET libcbor)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(LIBEVENT REQUIRED IMPORTED_TARGET libevent libevent_pthreads)
pkg_check_modules(LIBCURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(CJOSE REQUIRED IMPORTED_TARGET cjose)
pkg_check_modules(CMOCKA IMPORTED_TARGET cmocka)

find_path(LEVELDB_INCLUDE_DIR leveldb/db.h REQUIRED)
find_library(LEVELDB_LIBRARY leveldb REQUIRED)
add_library(leveldb::leveldb UNKNOWN IMPORTED)
set_target_properties(leveldb::leveldb PROPERTIES
    IMPORTED_LOCATION ${LEVELDB_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${LEVELDB_INCLUDE_DIR})
