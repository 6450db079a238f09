/* Kinds of headers.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/kind.h"

const ipsec_header_kind *const ipsec_header_kinds[IPSEC_HEADER_KINDS] = {&ipsec_kind_esp, &ipsec_kind_ah};

const uint8_t ipsec_header_kind_index[UINT8_MAX + 1] = {[IPSEC_PROTOCOL_ESP] = 0, [IPSEC_PROTOCOL_AH] = 1};
