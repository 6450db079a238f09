/* The end of a counter.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/counter_end.h"

void ipsec_counter_end_meet(ipsec_sa_numbers *numbers, uint64_t number, ipsec_note *note)
{
    if (number < IPSEC_NEAR_END || number > UINT32_MAX || numbers->esn != IPSEC_ESN_NO)
        return;
    if (!numbers->near_end)
        ipsec_note_add(note, IPSEC_FINDING_SEQ_NEAR_END);
    numbers->near_end = true;
    if (number == UINT32_MAX)
        ipsec_note_add(note, IPSEC_FINDING_SEQ_AT_END);
}
