# Finds Wireshark: by its own CMake files or, where a distribution ships none, by pkg-config. Either way there is the
# target epan, and there are Wireshark_MAJOR_VERSION, Wireshark_MINOR_VERSION, Wireshark_INSTALL_PREFIX and
# Wireshark_PLUGIN_LIBDIR, relative to it.
#
# SPDX-License-Identifier: GPL-2.0-or-later
set(IPSEC_WIRESHARK_NEWEST 4.6 CACHE STRING "The newest Wireshark that the plugin is built for")

macro(ipsec_wireshark_from_pkg_config)
  pkg_check_modules(WIRESHARK IMPORTED_TARGET wireshark)
  if(WIRESHARK_FOUND)
    set(Wireshark_VERSION "${WIRESHARK_VERSION}")
    string(REGEX MATCH "^([0-9]+)\\.([0-9]+)" version "${WIRESHARK_VERSION}")
    set(Wireshark_MAJOR_VERSION "${CMAKE_MATCH_1}")
    set(Wireshark_MINOR_VERSION "${CMAKE_MATCH_2}")
    pkg_get_variable(Wireshark_INSTALL_PREFIX wireshark prefix)
    pkg_get_variable(plugins wireshark plugindir)
    file(RELATIVE_PATH Wireshark_PLUGIN_LIBDIR "${Wireshark_INSTALL_PREFIX}" "${plugins}")
    add_library(epan INTERFACE IMPORTED)
    target_link_libraries(epan INTERFACE PkgConfig::WIRESHARK)
  endif()
endmacro()

find_package(Wireshark CONFIG QUIET)
if(NOT Wireshark_FOUND)
  ipsec_wireshark_from_pkg_config()
endif()
if(NOT Wireshark_VERSION)
  message(FATAL_ERROR
    "Wireshark's development files were not found: neither WiresharkConfig.cmake nor wireshark.pc.\n"
    "They are in the package wireshark-dev (Debian, Ubuntu), wireshark-devel (Fedora, openSUSE) or wireshark-cli "
    "(Arch). If they are in a folder of their own, name it with -DCMAKE_PREFIX_PATH=FOLDER.\n"
    "The core alone is built without them with -DIPSEC_CORE_ONLY=ON.")
endif()

# A newer one may build and then judge wrongly: some of what the plugin rests on is no public interface.
set(found "${Wireshark_MAJOR_VERSION}.${Wireshark_MINOR_VERSION}")
if(found VERSION_LESS 4.0)
  message(FATAL_ERROR "Wireshark ${Wireshark_VERSION} was found, which is too old: 4.0 to 4.6 are supported.")
elseif(found VERSION_GREATER IPSEC_WIRESHARK_NEWEST)
  message(FATAL_ERROR
    "Wireshark ${Wireshark_VERSION} was found, which is newer than this plugin: 4.0 to 4.6 are supported.\n"
    "To try it all the same, configure with -DIPSEC_WIRESHARK_NEWEST=${found}, and run the tests.")
endif()
message(STATUS "Wireshark ${Wireshark_VERSION} in ${Wireshark_INSTALL_PREFIX}")
