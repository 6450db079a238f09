# The module as a part of Wireshark's own build, with its macros, flags and checkers. See BUILDING.md.
# SPDX-License-Identifier: GPL-2.0-or-later
include(WiresharkPlugin)

# The version stands first in the list of changes.
file(STRINGS CHANGES.md latest LIMIT_COUNT 1 REGEX "^## ")
if(NOT latest MATCHES "^## ([0-9]+)\\.([0-9]+)\\.([0-9]+) ")
  message(FATAL_ERROR "CHANGES.md begins with \"${latest}\", and not with a version")
endif()
set_module_info(ipsec_analysis ${CMAKE_MATCH_1} ${CMAKE_MATCH_2} ${CMAKE_MATCH_3} 0)

# Warnings are errors if they are in the rest of Wireshark, or with IPSEC_WERROR here alone.
set(ipsec_flags ${WERROR_COMMON_FLAGS})
if(IPSEC_WERROR AND NOT MSVC)
  set(ipsec_flags -Werror)
endif()

target_compile_options(ipsec_core PRIVATE ${ipsec_flags})
target_include_directories(ipsec_core SYSTEM PUBLIC ${GLIB2_INCLUDE_DIRS} ${GCRYPT_INCLUDE_DIRS})
target_link_libraries(ipsec_core PUBLIC ${GLIB2_LIBRARIES} ${GCRYPT_LIBRARIES})
set_target_properties(ipsec_core PROPERTIES POSITION_INDEPENDENT_CODE ON FOLDER "Plugins")

add_wireshark_plugin_library(ipsec_analysis epan)
target_compile_options(ipsec_analysis PRIVATE ${ipsec_flags})
target_compile_definitions(ipsec_analysis PRIVATE IPSEC_ANALYSIS_VERSION="${PLUGIN_VERSION}")
target_link_libraries(ipsec_analysis epan ipsec_core ${GMODULE2_LIBRARIES})
install_plugin(ipsec_analysis epan)

# compat.c ends the program as tshark's own options do, and dissectors may not.
set(ipsec_checked ${PLUGIN_FILES})
list(REMOVE_ITEM ipsec_checked epan/compat.c)
file(GLOB ipsec_headers CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" epan/*.h)
checkapi(NAME ipsec_analysis
         SWITCHES --group dissectors-prohibited --group dissectors-restricted
         SOURCES ${ipsec_checked} ${ipsec_headers})
