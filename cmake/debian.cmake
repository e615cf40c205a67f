# Debian packages of what is installed: zwasm (the command line), libzwasm0.1, libzwasm-dev; `./x package`
# makes them. What Debian's policy wants beside it is added by debian_documents.cmake.
set(soversion ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
set(revision 1)
set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL cli lib dev)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/cmake/debian_documents.cmake)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_PACKAGE_NAME zwasm)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # each has its own
set(CPACK_PACKAGE_VENDOR "the zwasm authors")
set(CPACK_PACKAGE_CONTACT "the zwasm authors <zwasm@example.org>")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE ${revision})
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_CLI_PACKAGE_NAME zwasm)
set(CPACK_DEBIAN_CLI_PACKAGE_SECTION interpreters)
set(CPACK_DEBIAN_CLI_PACKAGE_SUGGESTS "libcapstone4 | libcapstone5")  # `zwasm objdump` loads it
set(CPACK_DEBIAN_CLI_DESCRIPTION "WebAssembly runtime: the command line
Runs WebAssembly programs in binary or text form, with WASI, interpreted
and compiled to machine code. Also checks, inspects and converts modules.")

set(CPACK_DEBIAN_LIB_PACKAGE_NAME libzwasm${soversion})
set(CPACK_DEBIAN_LIB_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIB_PACKAGE_CONTROL_EXTRA ${CMAKE_BINARY_DIR}/debian/triggers ${CMAKE_BINARY_DIR}/debian/shlibs)
file(WRITE ${CMAKE_BINARY_DIR}/debian/triggers "activate-noawait ldconfig\n")
file(WRITE ${CMAKE_BINARY_DIR}/debian/shlibs
     "libzwasm ${soversion} libzwasm${soversion} (>= ${PROJECT_VERSION})\n")
set(CPACK_DEBIAN_LIB_DESCRIPTION "WebAssembly runtime: the shared library
For programs that embed zwasm, a WebAssembly runtime with an interpreter
and a compiler to machine code.")

set(CPACK_DEBIAN_DEV_PACKAGE_NAME libzwasm-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(standard_library "libstdc++-dev")
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION MATCHES "^([0-9]+)")
  set(standard_library "libstdc++-${CMAKE_MATCH_1}-dev | libstdc++-dev")
endif()
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS
    "libzwasm${soversion} (= ${PROJECT_VERSION}-${revision}), ${standard_library}")
set(CPACK_DEBIAN_DEV_DESCRIPTION "WebAssembly runtime: development files
Headers of the APIs for C and C++, the static library, a CMake package and
a pkg-config file, for programs that embed zwasm.")
include(CPack)
