/* Which Wireshark this is built for; also for programs that do not use epan. SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_EPAN_VERSION_H
#define IPSEC_EPAN_VERSION_H

#include <ws_version.h>

#define IPSEC_WIRESHARK_AT_LEAST(major, minor)                                                                         \
    (WIRESHARK_VERSION_MAJOR > (major) || (WIRESHARK_VERSION_MAJOR == (major) && WIRESHARK_VERSION_MINOR >= (minor)))

#endif
