# The libraries of others, from the distribution's packages. All are used as headers, so that a
# cross build needs none of them for its target: it finds them through links, not in the host's
# include directory, whose C library is not the target's.
find_package(Threads REQUIRED)

function(zwasm_header_library name header)
  find_path(${name}_HEADERS ${header} PATHS /usr/include NO_CMAKE_FIND_ROOT_PATH)
  if(NOT ${name}_HEADERS)
    return()
  endif()
  set(include ${${name}_HEADERS})
  if(CMAKE_CROSSCOMPILING)
    get_filename_component(folder ${header} DIRECTORY)
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/libraries)
    file(CREATE_LINK ${include}/${folder} ${CMAKE_BINARY_DIR}/libraries/${folder} SYMBOLIC)
    set(include ${CMAKE_BINARY_DIR}/libraries)
  endif()
  add_library(zwasm_${name} INTERFACE)
  if(NOT include STREQUAL "/usr/include")
    target_include_directories(zwasm_${name} SYSTEM INTERFACE ${include})
  endif()
endfunction()

zwasm_header_library(fmt fmt/format-inl.h)
zwasm_header_library(json rapidjson/document.h)
zwasm_header_library(doctest doctest/doctest.h)
# base/format.h says why.
target_compile_definitions(zwasm_fmt INTERFACE FMT_USE_FLOAT=0 FMT_USE_DOUBLE=0 FMT_USE_LONG_DOUBLE=0
                           FMT_USE_INT128=0)
foreach(library fmt json)
  if(NOT TARGET zwasm_${library})
    message(FATAL_ERROR "The headers of ${library} are missing: install libfmt-dev and "
                        "rapidjson-dev, or use ./x build, which does")
  endif()
endforeach()
