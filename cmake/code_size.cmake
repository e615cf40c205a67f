# What keeps the release small, and quick to start, without slowing what is hot.
#
# * No C++ exceptions inside the library: nothing there throws, and a failed allocation ends the
#   process. Landing pads and unwind tables were a fifth of the code. Only files that an exception
#   of the host's passes through, or that start or catch one, are compiled with them.
# * Cold code for size, which is half of what -O2 makes of it; what runs often for speed.
# * What nobody refers to is left out, relocations are packed, and libstdc++ is part of the
#   executable: loading it as a shared library would take as long as the rest of a start.

# Hot: what compiles or runs guests, or reads their bytes; measured, the rest gains nothing.
set(ZWASM_HOT
    src/ir/.* src/opt/.* src/codegen/.* src/interp/.* src/validate/validator
    src/module/immediates src/isa/.* "src/text/(lexer|cursor)" src/runtime/gc/.*
    "src/runtime/(entry|native_call|builtins.*|bulk|memory|table)" src/api/func src/api/c/funcs)
# … but not what people read, or what checks, and in a release not what compiles for the other
# instruction set (`compile --target`) or folds constants.
set(ZWASM_COLD "src/ir/(print|parse|verifier|ops)" "src/codegen/(checker|machine_text)")
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  list(APPEND ZWASM_COLD src/ir/fold)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    list(APPEND ZWASM_COLD src/codegen/arm64/.*)
  else()
    list(APPEND ZWASM_COLD src/codegen/x64/.*)
  endif()
endif()
set(ZWASM_THROWING src/base/start_thread src/base/memory src/runtime/entry src/api/func src/api/error
    src/api/c/funcs src/api/c/linker)

function(zwasm_matches path patterns result)
  set(${result} FALSE PARENT_SCOPE)
  foreach(pattern ${patterns})
    if(path MATCHES "^${pattern}[.](cpp|S)$")
      set(${result} TRUE PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

# Moves the hot ones of a list of sources to another list, and marks those that may see exceptions.
function(zwasm_split_hot all hot)
  set(cold_sources)
  set(hot_sources)
  foreach(source ${${all}})
    file(RELATIVE_PATH path ${CMAKE_SOURCE_DIR} ${source})
    zwasm_matches(${path} "${ZWASM_HOT}" is_hot)
    zwasm_matches(${path} "${ZWASM_COLD}" is_cold)
    if(is_hot AND NOT is_cold)
      list(APPEND hot_sources ${source})
    else()
      list(APPEND cold_sources ${source})
    endif()
    zwasm_matches(${path} "${ZWASM_THROWING}" throws)
    if(throws AND ZWASM_EXCEPTIONS)
      set_source_files_properties(${source} PROPERTIES
        COMPILE_OPTIONS "-fexceptions;-fasynchronous-unwind-tables" SKIP_PRECOMPILE_HEADERS ON)
    endif()
  endforeach()
  set(${all} ${cold_sources} PARENT_SCOPE)
  set(${hot} ${hot_sources} PARENT_SCOPE)
endfunction()

function(zwasm_compile_hot target)
  target_compile_options(${target} PRIVATE -ffunction-sections -fdata-sections
    $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions>
    $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CONFIG:Release>>:-fno-asynchronous-unwind-tables>)
endfunction()

function(zwasm_compile_cold target)
  zwasm_compile_hot(${target})
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-Os>)
endfunction()

function(zwasm_link_small target)
  if(NOT CMAKE_SYSTEM_NAME STREQUAL "Linux" OR ZWASM_ASAN OR ZWASM_TSAN)
    return()
  endif()
  include(CheckLinkerFlag)
  check_linker_flag(CXX -Wl,-z,pack-relative-relocs ZWASM_PACKS_RELOCATIONS)
  # Sorted by alignment, functions compiled for speed stand together: as they come, the
  # interpreter's handlers fall between others and run up to a fifth slower.
  target_link_options(${target} PRIVATE -Wl,--gc-sections
    $<$<CONFIG:Release>:-Wl,--sort-section=alignment>
    $<$<BOOL:${ZWASM_PACKS_RELOCATIONS}>:-Wl,-z,pack-relative-relocs>
    # The map says what came from where: tools/size.sh tells our share from libstdc++'s by it.
    $<$<CONFIG:Release>:-static-libstdc++> $<$<CONFIG:Release>:-static-libgcc>
    $<$<CONFIG:Release>:-Wl,-Map=$<TARGET_FILE:${target}>.map>)
endfunction()
