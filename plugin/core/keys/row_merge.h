/** @file
 * What several dumps say of one SA, in one row. Internal to the core.
 *
 * What they disagree on has changed in between, or is known to only one of them. So nothing is thrown away that would
 * count against packets:
 * - The larger replay window holds, and the higher lifetime; one that is known, before one that is not.
 * - Mode, encapsulation and selector that differ are kept beside each other, see terms.h: up to IPSEC_TERMS_MOST. With
 *   one more, all that came first are kept but one, in whose place anything fits: then nothing is held against a
 * packet.
 * - The first and the last high half of Extended Sequence Numbers.
 * - Of sources and ports of an encapsulation that differ, none is known.
 * - That a network card does the cryptography, where one of them says so.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_ROW_MERGE_H
#define IPSEC_CORE_ROW_MERGE_H

#include "keys/spec.h"

/** Whether two rows for the same SAs speak of the same time: the algorithms are the same, and so are the keys if both
 * have any. */
bool ipsec_row_is_same(const ipsec_key_row *a, const ipsec_key_row *b);

/** Whether merging may change *first. */
bool ipsec_row_adds(const ipsec_key_row *first, const ipsec_key_row *later);

/** Adds to *first, whose keys it keeps, what *later says. */
void ipsec_row_merge(ipsec_key_row *first, const ipsec_key_row *later);

#endif
