/** @file
 * IP protocol numbers (IANA) besides ESP and AH, which view.h has. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_PROTOCOL_H
#define IPSEC_CORE_PROTOCOL_H

enum {
    IPSEC_PROTOCOL_HOP_BY_HOP = 0,
    IPSEC_PROTOCOL_ROUTING = 43,
    IPSEC_PROTOCOL_FRAGMENT = 44,
    IPSEC_PROTOCOL_DESTINATION_OPTIONS = 60,
    IPSEC_PROTOCOL_MOBILITY = 135,
    IPSEC_PROTOCOL_HIP = 139,
    IPSEC_PROTOCOL_SHIM6 = 140
};

#endif
