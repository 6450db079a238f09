# A Debian package for the release that this is configured on: `cpack` in the build folder makes it. For all releases at
# once see tests/packages.sh.
#
# The module loads with the Wireshark that it was built for, and lies in the folder of that version. So the package
# depends on that libwireshark by its soname, and an upgrade of Wireshark takes it along or is held back.
#
# SPDX-License-Identifier: GPL-2.0-or-later
set(IPSEC_PACKAGE_REVISION 1 CACHE STRING "Revision of the Debian package")
set(IPSEC_MAINTAINER "IPsec Analysis maintainers <root@localhost>" CACHE STRING "Who makes the package: Name <mail>")

set(package wireshark-plugin-ipsec-analysis)
set(documents "share/doc/${package}")

# "deb12" and so on; of sid, which has no number, its name.
cmake_host_system_information(RESULT release_number QUERY DISTRIB_VERSION_ID)
cmake_host_system_information(RESULT release_name QUERY DISTRIB_VERSION_CODENAME)
set(release "deb${release_number}")
if(NOT release_number)
  set(release "sid")
endif()
set(CPACK_DEBIAN_PACKAGE_RELEASE "${IPSEC_PACKAGE_REVISION}~${release}")

# --- documents -----------------------------------------------------------------------------------------------
file(STRINGS "${PROJECT_SOURCE_DIR}/plugin/CHANGES.md" latest LIMIT_COUNT 1 REGEX "^## ")
if(NOT latest MATCHES "^## ${PROJECT_VERSION} \\(([0-9-]+)\\)$")
  message(FATAL_ERROR "plugin/CHANGES.md begins with \"${latest}\", not with \"## ${PROJECT_VERSION} (DATE)\"")
endif()
execute_process(COMMAND date --utc --rfc-email --date "${CMAKE_MATCH_1}" OUTPUT_VARIABLE changed
                OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
set(made "${PROJECT_BINARY_DIR}/packaging")
file(WRITE "${made}/changelog.Debian"
"${package} (${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) ${release_name}; urgency=medium

  * Version ${PROJECT_VERSION}, see changelog.gz.

 -- ${IPSEC_MAINTAINER}  ${changed}
")
configure_file("${PROJECT_SOURCE_DIR}/plugin/CHANGES.md" "${made}/changelog" COPYONLY)
foreach(log changelog changelog.Debian)
  # Without name and time, so that two builds have the same octets.
  execute_process(COMMAND gzip -9nf "${made}/${log}" COMMAND_ERROR_IS_FATAL ANY)
  install(FILES "${made}/${log}.gz" DESTINATION "${documents}")
endforeach()
install(FILES "${CMAKE_CURRENT_LIST_DIR}/copyright" README.md DESTINATION "${documents}")
foreach(page BUILDING CHECKS LIMITS SCALE SEQUENCE STATISTICS SYSTEMS USING WINDOWS)
  install(FILES plugin/${page}.md DESTINATION "${documents}/plugin")
endforeach()
install(DIRECTORY plugin/pictures DESTINATION "${documents}/plugin")
# The commands of these pages name them so.
file(GLOB samples CONFIGURE_DEPENDS captures/*.*)
install(FILES ${samples} DESTINATION "${documents}/captures")

# --- the package ---------------------------------------------------------------------------------------------
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME "${package}")
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_CONTACT "${IPSEC_MAINTAINER}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "python3") # of ipsec-scale, which wants more only when it is used
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "wireshark | tshark")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "python3-distributed")
set(CPACK_DEBIAN_PACKAGE_ENHANCES "wireshark, tshark")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION TRUE)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Judges every ESP and AH packet of a capture as a receiver would, and says
what is wrong with it, by which clause, what the receiving system will have
reported for it (error 13914 of Windows, the XfrmIn counters of Linux and
others), and what to look at next.
.
With keys it verifies ICVs, judges trailers, and shows what was inside. It
works in the window of Wireshark, with the profile IPsec, and in tshark.")
# All files get the time of the change, so that two builds have the same octets.
execute_process(COMMAND date --utc --date "${changed}" +%s OUTPUT_VARIABLE changed_seconds
                OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
file(WRITE "${made}/same_time.cmake"
"execute_process(COMMAND find \"\${CPACK_TEMPORARY_DIRECTORY}\" -exec touch -h -d @${changed_seconds} {} +
                COMMAND_ERROR_IS_FATAL ANY)
set(ENV{SOURCE_DATE_EPOCH} ${changed_seconds})
")
set(CPACK_PRE_BUILD_SCRIPTS "${made}/same_time.cmake")
include(CPack)
