/* Kinds of headers.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/kind.h"

const ipsec_header_kind *const ipsec_header_kinds[IPSEC_HEADER_KINDS] = {
#define KIND(symbol, name, number, encrypts, covers_outer) &ipsec_kind_##name,
#include "base/kind.def"
#undef KIND
};
