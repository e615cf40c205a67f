# Installation: library, headers, the command line, a CMake package and a pkg-config file, so that
# `find_package(zwasm)` and `pkg-config zwasm` work from any prefix.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS zwasm EXPORT zwasm-targets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h"
        PATTERN "*.hh")
if(TARGET zwasm_cli)
  install(TARGETS zwasm_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/zwasm)
install(EXPORT zwasm-targets NAMESPACE zwasm:: DESTINATION ${package})
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/zwasm-config.cmake @ONLY CONTENT [[
include(CMakeFindDependencyMacro)
find_dependency(Threads)
include(${CMAKE_CURRENT_LIST_DIR}/zwasm-targets.cmake)
]])
write_basic_package_version_file(${CMAKE_BINARY_DIR}/zwasm-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/zwasm-config.cmake ${CMAKE_BINARY_DIR}/zwasm-config-version.cmake
        DESTINATION ${package})

file(RELATIVE_PATH ZWASM_PC_UP /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
# The prefix is found from the file's own place, so that an installed tree can be moved.
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/zwasm.pc @ONLY CONTENT [[
prefix=${pcfiledir}/@ZWASM_PC_UP@
Name: zwasm
Description: @PROJECT_DESCRIPTION@
Version: @PROJECT_VERSION@
Cflags: -I${prefix}/include
Libs: -L${prefix}/@CMAKE_INSTALL_LIBDIR@ -lzwasm
Libs.private: -pthread
]])
install(FILES ${CMAKE_BINARY_DIR}/zwasm.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
