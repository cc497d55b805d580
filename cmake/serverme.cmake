# Options, flags and the two functions that every folder uses.
option(SERVERME_WITH_CAF "Build actors/ and nodes/ (off for ThreadSanitizer)" ON)
option(SERVERME_TESTS "Build the tests" ON)
option(SERVERME_FUZZ "Build the fuzz targets (clang only)" OFF)
option(SERVERME_BENCH "Build the micro benchmarks" OFF)
set(SERVERME_SANITIZE "" CACHE STRING "address, thread or empty")

# Debian's, which finds Debian's pytest. Not looked for: `make run` configures on machines on which
# `make test` has not installed it yet.
set(SERVERME_PYTHON /usr/bin/python3 CACHE FILEPATH "Runs the tests that are in Python")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")

find_program(CCACHE ccache)
if(CCACHE)
  # sloppiness: what a precompiled header needs; base_dir and nohash_dir: another checkout of the
  # same commit hits the same cache.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1 "${CCACHE}")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-fpch-preprocess)
  endif()
endif()

# The linker that is fastest among those at hand: a debug link of servermed takes seconds less.
find_program(LLD ld.lld)
if(LLD AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "AppleClang")
  add_link_options(-fuse-ld=lld)
endif()

if(SERVERME_SANITIZE STREQUAL "address")
  # CAF 0.17.6 forms null references in its own headers; hence no null check.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=null,vptr
                      -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(SERVERME_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-tsan) # Asio's fences, which GCC's runtime does not see
  endif()
  add_link_options(-fsanitize=thread)
endif()

# Asio: no deprecated names, and no thread-safety that a loop of one thread does not need.
add_compile_definitions(BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_SEPARATE_COMPILATION
                        BOOST_BEAST_SEPARATE_COMPILATION SPDLOG_COMPILED_LIB SPDLOG_FMT_EXTERNAL
                        SERVERME_VERSION="${PROJECT_VERSION}")

# serverme_layer(NAME [COLD] [EXCEPT REGEX]): a static library from every .cpp of the calling folder.
# COLD: no byte of a tunnel passes through it, so that it need not pay for -O2, a quarter of the
# time of compiling what Beast and CAF instantiate.
function(serverme_layer name)
  cmake_parse_arguments(layer "COLD" "EXCEPT" "" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  if(layer_EXCEPT)
    list(FILTER sources EXCLUDE REGEX "${layer_EXCEPT}")
  endif()
  if(NOT sources) # a layer that is about to be written
    file(WRITE "${PROJECT_BINARY_DIR}/generated/empty.cpp" "")
    set(sources "${PROJECT_BINARY_DIR}/generated/empty.cpp")
  endif()
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}/generated")
  serverme_warnings(${name})
  if(layer_COLD)
    target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  endif()
endfunction()

# Warnings are errors in our own code only: packages come in as system headers. They are none beside
# a sanitizer, between whose checks GCC 12 sees bounds broken and variants unset that are not. A
# member that a designated initializer leaves out has the default that its declaration gives it.
function(serverme_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
                         $<$<NOT:$<BOOL:${SERVERME_SANITIZE}>>:-Werror>
                         -Wno-missing-field-initializers
                         # tests/unit/test.hpp names one that only GCC has
                         $<$<CXX_COMPILER_ID:Clang>:-Wno-unknown-warning-option>)
endfunction()
