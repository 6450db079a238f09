/** @file
 * What several dumps say of one SA, in one row. Internal to the core.
 *
 * What they disagree on has changed in between, or is known to only one of them. So they are merged such that no packet
 * is faulted that one of them allows:
 * - The larger replay window and the longer lifetime count; a known value before an unknown one.
 * - Combinations of mode, encapsulation and selector that differ are all kept, see terms.h: up to IPSEC_TERMS_MOST. If
 *   there are more, the last place stands for anything, so every packet fits.
 * - The first and the last high half of Extended Sequence Numbers are kept.
 * - Sources, and ports of an encapsulation, that differ count as unknown.
 * - If one of them says that a network card does the cryptography, that counts.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_ROW_MERGE_H
#define IPSEC_CORE_ROW_MERGE_H

#include "keys/spec.h"

/** Whether two rows for the same SAs are from the same time: they have the same algorithms, and the same keys if both
 * have any. */
bool ipsec_row_is_same(const ipsec_key_row *a, const ipsec_key_row *b);

/** Whether merging may change *first. */
bool ipsec_row_adds(const ipsec_key_row *first, const ipsec_key_row *later);

/** Adds to *first what *later says; the keys of *first are kept. */
void ipsec_row_merge(ipsec_key_row *first, const ipsec_key_row *later);

#endif
