# Run by CPack on the folders it is about to pack: what Debian's policy wants of every package, and
# nobody else does. Each has its copyright and changelogs, compressed, as is the manual page.
get_filename_component(source ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)  # $SOURCE_DATE_EPOCH is respected
set(version ${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})

file(CONFIGURE OUTPUT ${CPACK_TEMPORARY_DIRECTORY}/changelog.Debian @ONLY CONTENT
[[zwasm (@version@) unstable; urgency=medium

  * Built from the sources of zwasm @CPACK_PACKAGE_VERSION@ by `./x package`.

 -- @CPACK_PACKAGE_CONTACT@  @date@
]])

file(WRITE ${CPACK_TEMPORARY_DIRECTORY}/copyright
[[Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: zwasm
Upstream-Contact: the zwasm authors
Source: built from its repository by ./x package
Comment: The command line contains parts of RapidJSON, the headers of which it
 is compiled with. It and the libraries contain parts of {fmt}, whose licence
 allows that without a notice, and of the libraries of GCC, under the GCC
 Runtime Library Exception.

Files: *
Copyright: 2026, the zwasm authors
License: Apache-2.0
 On Debian systems, the text of the Apache License, version 2.0, is in
 /usr/share/common-licenses/Apache-2.0.

Files: usr/bin/zwasm
Copyright: 2026, the zwasm authors
           2015, THL A29 Limited, a Tencent company, and Milo Yip
License: Apache-2.0 and Expat
 RapidJSON is under this licence:
 .
 Permission is hereby granted, free of charge, to any person obtaining a copy
 of this software and associated documentation files (the "Software"), to deal
 in the Software without restriction, including without limitation the rights
 to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
 copies of the Software, and to permit persons to whom the Software is
 furnished to do so, subject to the following conditions:
 .
 The above copyright notice and this permission notice shall be included in
 all copies or substantial portions of the Software.
 .
 THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
 IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
 FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
 AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
 LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
 OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
 SOFTWARE.
]])

function(compressed from to)
  execute_process(COMMAND gzip -9nc ${from} OUTPUT_FILE ${to} COMMAND_ERROR_IS_FATAL ANY)
  file(CHMOD ${to} PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
endfunction()

foreach(component ${CPACK_COMPONENTS_ALL})
  string(TOUPPER ${component} upper)
  set(share ${CPACK_TEMPORARY_DIRECTORY}/${component}/usr/share)
  set(documents ${share}/doc/${CPACK_DEBIAN_${upper}_PACKAGE_NAME})
  file(REMOVE_RECURSE ${share}/doc)  # where `cmake --install` puts the licence
  file(COPY ${CPACK_TEMPORARY_DIRECTORY}/copyright DESTINATION ${documents}
       FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  compressed(${CPACK_TEMPORARY_DIRECTORY}/changelog.Debian ${documents}/changelog.Debian.gz)
  compressed(${source}/CHANGELOG.md ${documents}/changelog.gz)
  file(GLOB pages ${share}/man/man1/*.1)
  foreach(page ${pages})
    compressed(${page} ${page}.gz)
    file(REMOVE ${page})
  endforeach()
endforeach()
file(REMOVE ${CPACK_TEMPORARY_DIRECTORY}/copyright ${CPACK_TEMPORARY_DIRECTORY}/changelog.Debian)
