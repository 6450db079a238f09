/** @file
 * Trying key rows on a packet, with every high half that it may have. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_TRY_H
#define IPSEC_CORE_TRY_H

#include "keys/envelope.h"
#include "sa/opener.h"
#include "sa/ruling.h"

#include <stdbool.h>

/** Tries a row with what may be, until the ICV is good; the ruling gets what came of it, and opener->plaintext what is
 * inside. `sa` is the SA as it is with that row. */
void ipsec_try(ipsec_opener *opener, const ipsec_envelope *envelope, ipsec_key *row, const ipsec_sa *sa,
               ipsec_ruling *ruling);

/** Whether others are chained to the row. */
static inline bool ipsec_has_other_row(const ipsec_keyring *ring, const ipsec_key *row)
{
    return ipsec_keyring_next(ring, row->index) != row->index;
}

/** The SA as it was when it last had the row, or one that knows nothing. */
const ipsec_sa *ipsec_sa_with_row(const ipsec_opener *opener, const ipsec_sa *sa, uint32_t row);

/**
 * The row that the packet is opened with: the one that the SA has, or another one that the packet confirms.
 *
 * @param envelope  of the packet with the SA's row; becomes that with the row that is found
 * @param outer     see ipsec_envelope_of()
 */
ipsec_key *ipsec_try_rows(ipsec_opener *opener, const ipsec_sa *sa, ipsec_ruling *ruling, ipsec_envelope *envelope,
                          uint8_t *outer);

#endif
