/** @file
 * Trying key rows on a packet, with every possible high half. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_TRY_H
#define IPSEC_CORE_TRY_H

#include "keys/envelope.h"
#include "sa/opener.h"
#include "sa/ruling.h"

#include <stdbool.h>

/** Tries a row with every possible high half until the ICV is not bad. The ruling gets the result, and
 * opener->plaintext what is inside. `sa` is the SA as it is with that row. */
void ipsec_try(ipsec_opener *opener, const ipsec_envelope *envelope, ipsec_key *row, const ipsec_sa *sa,
               ipsec_ruling *ruling);

/** Whether other rows are in the row's chain. */
static inline bool ipsec_has_other_row(const ipsec_keyring *ring, const ipsec_key *row)
{
    return ipsec_keyring_next(ring, row->index) != row->index;
}

/** The SA as it was when it last had the row, or one without any state. */
const ipsec_sa *ipsec_sa_with_row(const ipsec_opener *opener, const ipsec_sa *sa, uint32_t row);

/**
 * Finds the row that the packet is opened with: the one that the SA has, or another one that the packet confirms.
 *
 * @param envelope that of the packet with the SA's row; replaced by that with the row that is found
 * @param outer     see ipsec_envelope_of()
 */
ipsec_key *ipsec_try_rows(ipsec_opener *opener, const ipsec_sa *sa, ipsec_ruling *ruling, ipsec_envelope *envelope,
                          uint8_t *outer);

#endif
