# Language, warnings and sanitizers, the same for every target.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_CXX_STANDARD 17) # for what extends LevelDB
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

set(VOUCH_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=")
option(VOUCH_TESTS "Fail when the tests cannot be built" OFF)
option(VOUCH_COVERAGE "Build for gcov" OFF)
option(VOUCH_FUZZ "Build the fuzz targets with libFuzzer (clang only)" OFF)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
    set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

include(GNUInstallDirs)

add_library(vouch_settings INTERFACE)
target_compile_definitions(vouch_settings INTERFACE _GNU_SOURCE VOUCH_VERSION="${PROJECT_VERSION}")
target_include_directories(vouch_settings INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(vouch_settings INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow
    $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes> $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>
    -Wvla -Wundef -Wformat=2 -Werror -fno-common -fstack-protector-strong
    -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=
    # Nobody replaces our functions at run time: within a file they may be inlined.
    -fno-semantic-interposition)
if(VOUCH_SANITIZE)
    target_compile_options(vouch_settings INTERFACE
        -fsanitize=${VOUCH_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(vouch_settings INTERFACE -fsanitize=${VOUCH_SANITIZE})
else()
    target_compile_definitions(vouch_settings INTERFACE $<$<CONFIG:Release,RelWithDebInfo>:_FORTIFY_SOURCE=2>)
endif()
if(VOUCH_COVERAGE)
    target_compile_options(vouch_settings INTERFACE --coverage)
    target_link_options(vouch_settings INTERFACE --coverage)
endif()
if(VOUCH_FUZZ)
    target_compile_options(vouch_settings INTERFACE -fsanitize=fuzzer-no-link)
endif()

# A library of ours: the common settings, nothing inherited from elsewhere.
function(vouch_library name)
    target_link_libraries(${name} PRIVATE vouch_settings)
    target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
endfunction()

# A program of ours.
function(vouch_program name)
    target_link_libraries(${name} PRIVATE vouch_settings)
endfunction()
