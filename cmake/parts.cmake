# Parts of the library that a build may leave out (src/base/parts.def): their sources are replaced
# by files that say so when they are asked for something.

function(zwasm_leave_out option pattern)  # … and the files that stand for it
  if(${option})
    return()
  endif()
  list(FILTER ZWASM_SOURCES EXCLUDE REGEX ${pattern})
  foreach(file ${ARGN})
    list(APPEND ZWASM_SOURCES ${CMAKE_SOURCE_DIR}/${file})
  endforeach()
  set(ZWASM_SOURCES ${ZWASM_SOURCES} PARENT_SCOPE)
endfunction()

zwasm_leave_out(ZWASM_WAT "/src/text/" src/text/source_map.cpp cmake/absent/text.cpp)
zwasm_leave_out(ZWASM_JIT "/src/(jit|codegen|opt|ir)/" cmake/absent/jit.cpp)
zwasm_leave_out(ZWASM_WASI "/src/wasi/" cmake/absent/wasi.cpp)
zwasm_leave_out(ZWASM_GC
  "/src/(interp/handlers/objects|interp/translator_objects|ir/builder_objects|runtime/gc/arrays)[.]"
  cmake/absent/gc.cpp)
if(NOT ZWASM_GC AND ZWASM_JIT)
  list(APPEND ZWASM_SOURCES ${CMAKE_SOURCE_DIR}/cmake/absent/gc_jit.cpp)
endif()

set(parts)
foreach(option ZWASM_WAT ZWASM_JIT ZWASM_WASI ZWASM_GC)
  list(APPEND parts ${option}=$<BOOL:${${option}}>)
endforeach()
set_source_files_properties(src/base/parts.cpp PROPERTIES COMPILE_DEFINITIONS "${parts}")
