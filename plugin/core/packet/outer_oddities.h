/** @file
 * What some receivers object to in the headers in front of an IPsec header. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_OUTER_ODDITIES_H
#define IPSEC_CORE_OUTER_ODDITIES_H

#include "base/oddity.h"
#include "packet/view.h"

/** The oddities of the headers in front, and of what follows the packet; none if these are not available. */
ipsec_oddities ipsec_outer_oddities(const ipsec_view *view);

#endif
