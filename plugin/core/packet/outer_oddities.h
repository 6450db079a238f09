/** @file
 * What some receivers mind about the headers in front of an IPsec header. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_OUTER_ODDITIES_H
#define IPSEC_CORE_OUTER_ODDITIES_H

#include "base/oddity.h"
#include "packet/view.h"

/** Those that the headers in front tell, and what is behind the packet; none where they are not at hand. */
ipsec_oddities ipsec_outer_oddities(const ipsec_view *view);

#endif
