# Machine code that is kept for later belongs to the sources that made it: any change to what shapes
# code, or what code relies on, makes what was kept useless. So the library carries the SHA-256 of
# these sources, computed anew when one of them changes; every program built of the same sources has
# the same, whatever its compiler.
#
# Included by the build, and run by it as a script: cmake -DROOT=… -DOUT=… -DVERSION=… -P this file.
set(ZWASM_CODE_FOLDERS isa module validate interp ir opt codegen runtime aot jit)

function(zwasm_code_sources root result)
  set(all)
  foreach(folder ${ZWASM_CODE_FOLDERS})
    file(GLOB_RECURSE found ${root}/src/${folder}/*.h ${root}/src/${folder}/*.cpp
         ${root}/src/${folder}/*.def ${root}/src/${folder}/*.S)
    list(APPEND all ${found})
  endforeach()
  list(SORT all)
  set(${result} ${all} PARENT_SCOPE)
endfunction()

if(CMAKE_SCRIPT_MODE_FILE)
  cmake_minimum_required(VERSION 3.25)
  zwasm_code_sources(${ROOT} sources)
  set(all)
  foreach(source ${sources})
    file(RELATIVE_PATH name ${ROOT} ${source})
    file(SHA256 ${source} hash)
    string(APPEND all "${name} ${hash}\n")
  endforeach()
  string(SHA256 id "${all}")
  string(REGEX REPLACE "(..)" "0x\\1, " bytes "${id}")
  file(WRITE ${OUT} "// Made by cmake/source_id.cmake.
#include \"aot/source_id.h\"

namespace zwasm::aot {

constinit const Digest kSourceId = {${bytes}};
constinit const std::string_view kVersion = \"${VERSION}\";

}  // namespace zwasm::aot
")
else()
  zwasm_code_sources(${CMAKE_SOURCE_DIR} ZWASM_CODE_SOURCES)
  add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/source_id.cpp
    COMMAND ${CMAKE_COMMAND} -DROOT=${CMAKE_SOURCE_DIR} -DOUT=${CMAKE_BINARY_DIR}/source_id.cpp
            -DVERSION=${PROJECT_VERSION} -P ${CMAKE_SOURCE_DIR}/cmake/source_id.cmake
    DEPENDS ${ZWASM_CODE_SOURCES} ${CMAKE_SOURCE_DIR}/cmake/source_id.cmake VERBATIM)
  set(ZWASM_SOURCE_ID ${CMAKE_BINARY_DIR}/source_id.cpp)
endif()
