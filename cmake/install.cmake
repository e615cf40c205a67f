# Installation: libraries, headers, the command line, a CMake package and a pkg-config file, so that
# `find_package(zwasm)` and `pkg-config zwasm` work from any prefix.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(libraries zwasm)
if(TARGET zwasm_shared)
  list(APPEND libraries zwasm_shared)
endif()
install(TARGETS ${libraries} EXPORT zwasm-targets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT lib NAMELINK_COMPONENT dev
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev
        FILES_MATCHING PATTERN "*.h" PATTERN "*.hh")
if(TARGET zwasm_cli)
  install(TARGETS zwasm_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT cli)
endif()
# The manual page and completions are what the command line says about itself.
if(TARGET zwasm_cli AND NOT CMAKE_CROSSCOMPILING)
  set(pages ${CMAKE_BINARY_DIR}/pages)
  file(MAKE_DIRECTORY ${pages})
  add_custom_command(OUTPUT ${pages}/zwasm.1 ${pages}/zwasm.bash ${pages}/_zwasm ${pages}/zwasm.fish
    COMMAND zwasm_cli completion man > ${pages}/zwasm.1
    COMMAND zwasm_cli completion bash > ${pages}/zwasm.bash
    COMMAND zwasm_cli completion zsh > ${pages}/_zwasm
    COMMAND zwasm_cli completion fish > ${pages}/zwasm.fish
    DEPENDS zwasm_cli VERBATIM)
  add_custom_target(zwasm_pages ALL DEPENDS ${pages}/zwasm.1)
  set(share ${CMAKE_INSTALL_DATADIR})
  install(FILES ${pages}/zwasm.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT cli)
  install(FILES ${pages}/zwasm.bash DESTINATION ${share}/bash-completion/completions RENAME zwasm
          COMPONENT cli)
  install(FILES ${pages}/_zwasm DESTINATION ${share}/zsh/vendor-completions COMPONENT cli)
  install(FILES ${pages}/zwasm.fish DESTINATION ${share}/fish/vendor_completions.d COMPONENT cli)
endif()
install(FILES LICENSE CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT dev)

# zwasm::zwasm is the static library, or the shared one where BUILD_SHARED_LIBS is on; the others
# are called by their names.
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/zwasm)
install(EXPORT zwasm-targets NAMESPACE zwasm:: FILE zwasm-targets.cmake DESTINATION ${package}
        COMPONENT dev)
set_target_properties(zwasm PROPERTIES EXPORT_NAME static)
if(TARGET zwasm_shared)
  set_target_properties(zwasm_shared PROPERTIES EXPORT_NAME shared)
endif()
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/zwasm-config.cmake @ONLY CONTENT [[
include(CMakeFindDependencyMacro)
find_dependency(Threads)
include(${CMAKE_CURRENT_LIST_DIR}/zwasm-targets.cmake)
# A project in C alone links by the C compiler, which does not know what the archive needs of C++.
get_property(zwasm_languages GLOBAL PROPERTY ENABLED_LANGUAGES)
if(NOT "CXX" IN_LIST zwasm_languages)
  set_property(TARGET zwasm::static APPEND PROPERTY INTERFACE_LINK_LIBRARIES stdc++ m)
endif()
if(NOT TARGET zwasm::zwasm)
  add_library(zwasm::zwasm INTERFACE IMPORTED)
  if(TARGET zwasm::shared AND BUILD_SHARED_LIBS)
    set_target_properties(zwasm::zwasm PROPERTIES INTERFACE_LINK_LIBRARIES zwasm::shared)
  else()
    set_target_properties(zwasm::zwasm PROPERTIES INTERFACE_LINK_LIBRARIES zwasm::static)
  endif()
endif()
]])
write_basic_package_version_file(${CMAKE_BINARY_DIR}/zwasm-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/zwasm-config.cmake ${CMAKE_BINARY_DIR}/zwasm-config-version.cmake
        DESTINATION ${package} COMPONENT dev)

file(RELATIVE_PATH ZWASM_PC_UP /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
# The prefix is found from the file's own place, so that an installed tree can be moved.
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/zwasm.pc @ONLY CONTENT [[
prefix=${pcfiledir}/@ZWASM_PC_UP@
libdir=${prefix}/@CMAKE_INSTALL_LIBDIR@
Name: zwasm
Description: @PROJECT_DESCRIPTION@
Version: @PROJECT_VERSION@
Cflags: -I${prefix}/include
Libs: -L${libdir} -lzwasm
Libs.private: -lstdc++ -lm -pthread
]])
install(FILES ${CMAKE_BINARY_DIR}/zwasm.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
        COMPONENT dev)

include(cmake/debian.cmake)
