if(ZWASM_ASAN)
  # Without vptr: the library is compiled without run-time type information, its users with it.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=vptr
                      -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
  if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
    add_compile_options(-fno-sanitize=function)
  endif()
endif()
if(ZWASM_TSAN)
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
endif()
if((ZWASM_ASAN OR ZWASM_TSAN) AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # Instrumented code leads g++ 12 to warnings about the standard library that are not true.
  add_compile_options(-Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread -Wno-restrict
                      -Wno-maybe-uninitialized -Wno-tsan)
endif()
