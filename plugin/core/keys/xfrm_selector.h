/** @file
 * The selector in the output of `ip xfrm state`. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_XFRM_SELECTOR_H
#define IPSEC_CORE_XFRM_SELECTOR_H

#include "base/text.h"
#include "keys/spec.h"

/** Reads what follows "sel". A line that cannot be read leaves the row without a selector, which is less information,
 * but not wrong. */
void ipsec_xfrm_selector_read(ipsec_text line, ipsec_selector *selector);

#endif
