/* What differs between the versions of Wireshark that one source builds for: 4.0, 4.4 and 4.6.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_COMPAT_H
#define IPSEC_EPAN_COMPAT_H

#include <wireshark.h>
#include <ws_version.h>

#include <stdbool.h>

#define IPSEC_WIRESHARK_AT_LEAST(major, minor)                                                                   \
    (WIRESHARK_VERSION_MAJOR > (major) ||                                                                        \
     (WIRESHARK_VERSION_MAJOR == (major) && WIRESHARK_VERSION_MINOR >= (minor)))

/* The variable behind a boolean preference. */
#if IPSEC_WIRESHARK_AT_LEAST(4, 2)
typedef bool pref_bool;
#else
typedef gboolean pref_bool;
#endif

#endif
