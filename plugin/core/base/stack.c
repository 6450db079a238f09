/* The receiving stacks.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/stack.h"

/* IKE daemons set 32 on Linux and the BSDs. */
const uint32_t ipsec_stack_windows[IPSEC_STACK_COUNT] = {
    [IPSEC_STACK_RFC] = 64, /* RFC 4303 3.4.3 */
    [IPSEC_STACK_WINDOWS] = 64, [IPSEC_STACK_LINUX] = 32, [IPSEC_STACK_FREEBSD] = 32,
    [IPSEC_STACK_OPENBSD] = 64, [IPSEC_STACK_VPP] = 64,   [IPSEC_STACK_STRONGSWAN] = 128,
};
