# What keeps the release small, and quick to start, without slowing what is hot.
#
# * No C++ exceptions inside the library: nothing there throws, and a failed allocation ends the
#   process. Landing pads and unwind tables were a fifth of the code. Only files that an exception
#   of the host's passes through, or that start or catch one, are compiled with them.
# * Cold code for size, which is half of what -O2 makes of it; what runs often for speed; and the
#   inner compiler in between. -Os calls even what reads one bit of a std::vector<bool>; -O2 that
#   inlines only what is tiny (so not every push_back) and aligns nothing costs no time and takes a
#   fifth less.
# * What fails is not inlined where it is looked for: functions that report an error are [[gnu::cold]].
# * The command line of a release is optimized as a whole (ZWASM_LTO): functions that came out alike
#   are one, and what is inlined everywhere is nowhere else. A tenth less; in one partition, as more
#   is seen to be alike and local, another hundredth. Objects hold both, what this needs and code; of
#   the library only the code is kept, for linkers of any kind.
# * Assertions name their file below the root: where a checkout lies is nobody's business, and made
#   the size depend on it.
# * What nobody refers to is left out, relocations are packed, and libstdc++ is part of the
#   executable: loading it as a shared library would take as long as the rest of a start.

set(ZWASM_WHOLE FALSE)
set(ZWASM_LINKS_CODE)
if(ZWASM_LTO AND CMAKE_BUILD_TYPE STREQUAL "Release" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND
   CMAKE_SYSTEM_NAME STREQUAL "Linux" AND CMAKE_OBJCOPY AND NOT ZWASM_ASAN AND NOT ZWASM_TSAN)
  set(ZWASM_WHOLE TRUE)
  set(ZWASM_LINKS_CODE -fno-lto)  # for what is linked of objects, but not as a whole
endif()

# Hot: what compiles or runs guests, or reads their bytes; measured, the rest gains nothing.
set(ZWASM_HOT
    src/ir/.* src/opt/.* src/codegen/.* src/interp/.* src/validate/validator
    src/module/immediates src/isa/.* "src/text/(lexer|cursor)" src/runtime/gc/.*
    "src/runtime/(entry|native_call|builtins.*|bulk|memory|table)" src/api/func src/api/c/funcs)
# … but not what people read, or what checks; and in a release neither what runs once per instruction
# of a function at most: the two ends of the compiler, from wasm and to instructions, the interpreter's
# translator, and those passes of -O2 that look at few instructions. -Os makes them a third smaller (the
# code for an encoder's every byte stands there).
set(ZWASM_COLD "src/ir/(print|parse|verifier|ops)" "src/codegen/(checker|machine_text)")
set(ZWASM_COOL)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  set(ZWASM_COOL "src/ir/(builder.*|finish|flow|fold|simplify)" src/opt/.* "src/codegen/(x64|arm64)/.*"
      "src/codegen/(call_layout|compile|emission|lowering|parallel_moves|regalloc)"
      "src/codegen/regalloc_(assign|coalesce|context|linear|ranges|resolve|reuse|slots|spill_all)"
      "src/interp/[a-z_]+")
endif()
# What is between them is not so patient; nor is what every start runs: validation.
set(ZWASM_WARM src/ir/.* src/codegen/.* src/validate/.* src/module/.* src/isa/.* src/text/.*
    "src/runtime/(builtins.*|memory|native_call|table)")
set(ZWASM_WARM_OPTIONS -falign-functions=1 -falign-loops=1 -falign-jumps=1 -fno-tree-vectorize
    --param=max-inline-insns-single=12)
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
    zwasm_matches(${path} "${ZWASM_COOL}" is_cool)
    if(is_cool)
      list(APPEND cold_sources ${source})
      set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS -Os)
    elseif(is_hot AND NOT is_cold)
      list(APPEND hot_sources ${source})
      zwasm_matches(${path} "${ZWASM_WARM}" is_warm)
      if(is_warm AND CMAKE_BUILD_TYPE STREQUAL "Release" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "${ZWASM_WARM_OPTIONS}")
      endif()
    else()
      list(APPEND cold_sources ${source})
    endif()
    zwasm_matches(${path} "${ZWASM_THROWING}" throws)
    if(throws AND ZWASM_EXCEPTIONS)
      set_source_files_properties(${source} PROPERTIES
        COMPILE_OPTIONS "-fno-lto;-fexceptions;-fasynchronous-unwind-tables" SKIP_PRECOMPILE_HEADERS ON)
    endif()
  endforeach()
  set(${all} ${cold_sources} PARENT_SCOPE)
  set(${hot} ${hot_sources} PARENT_SCOPE)
endfunction()

function(zwasm_compile_hot target)
  target_compile_options(${target} PRIVATE -ffunction-sections -fdata-sections
    -fmacro-prefix-map=${CMAKE_SOURCE_DIR}/=
    $<$<BOOL:${ZWASM_WHOLE}>:-flto> $<$<BOOL:${ZWASM_WHOLE}>:-ffat-lto-objects>
    $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions>
    $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CONFIG:Release>>:-fno-asynchronous-unwind-tables>)
endfunction()

function(zwasm_compile_cold target)
  zwasm_compile_hot(${target})
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-Oz>)
endfunction()

# Leaves the code in a static library, and nothing that only a compiler of the same version could read.
function(zwasm_only_code target)
  if(ZWASM_WHOLE)
    add_custom_command(TARGET ${target} POST_BUILD VERBATIM
      COMMAND ${CMAKE_OBJCOPY} --remove-section=.gnu.lto_* --remove-section=.gnu.debuglto_*
              $<TARGET_FILE:${target}>)
  endif()
endfunction()

function(zwasm_link_small target)
  if(NOT CMAKE_SYSTEM_NAME STREQUAL "Linux" OR ZWASM_ASAN OR ZWASM_TSAN)
    return()
  endif()
  include(CheckLinkerFlag)
  check_linker_flag(CXX -Wl,-z,pack-relative-relocs ZWASM_PACKS_RELOCATIONS)
  # Sorted by alignment, functions compiled for speed stand together: as they come, the
  # interpreter's handlers fall between others and run up to a fifth slower.
  target_link_options(${target} PRIVATE -Wl,--gc-sections -Wl,-O2
    $<$<BOOL:${ZWASM_WHOLE}>:-flto=auto> $<$<BOOL:${ZWASM_WHOLE}>:-flto-partition=one> $<$<BOOL:${ZWASM_WHOLE}>:-fno-exceptions> $<$<BOOL:${ZWASM_WHOLE}>:-fno-rtti>
    $<$<CONFIG:Release>:-Wl,--sort-section=alignment>
    $<$<BOOL:${ZWASM_PACKS_RELOCATIONS}>:-Wl,-z,pack-relative-relocs>
    # The map says what came from where: tools/size.sh tells our share from libstdc++'s by it.
    $<$<CONFIG:Release>:-static-libstdc++> $<$<CONFIG:Release>:-static-libgcc>
    $<$<CONFIG:Release>:-Wl,-Map=$<TARGET_FILE:${target}>.map>)
endfunction()
