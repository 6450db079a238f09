/* Whether what comes in UDP is IPsec at all.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "evidence/confirmed.h"

/* How far the numbers of two packets may lie apart to be those of one sender: a reordered burst, not a clock. */
#define ADVANCE_MOST 64u

/* How many more faulty packets than sound ones an SPI may have shown in UDP, and still be believed. Other protocols
 * with a counter behind a constant word break ESP's rules most of the time. */
#define FAULTY_MOST 4u

/* So many more sound packets with advancing numbers than others make sure that it is ESP, whatever comes then. Of
 * another protocol one length in four is a multiple of 4: it gets there with a chance of (1/3)^16, or 2^-25. */
#define STEADY 16u

/* A sender that counts is a sender of IPsec: two sound packets with advancing numbers. */
void ipsec_confirm_by_numbers(ipsec_sa *sa, uint32_t sequence, bool flagged)
{
    const uint32_t advance = sequence - sa->sequence;

    if (sa->sound == UINT16_MAX || sa->faulty == UINT16_MAX) {
        sa->sound /= 2;
        sa->faulty /= 2;
    }
    if (flagged) {
        sa->faulty++;
        sa->steady -= sa->steady > 0;
        return;
    }
    sa->sound++;
    if (sa->sound > 1 && advance > 0 && advance <= ADVANCE_MOST) {
        sa->advanced = true;
        sa->confirmed = ++sa->steady >= STEADY;
    }
    sa->sequence = sequence;
}

/* A key row speaks for its SPI, unless it is for any: then a packet must have verified. */
static bool has_key(const ipsec_keyring *ring, const ipsec_sa *sa)
{
    if (!sa || !sa->keys.resolved || sa->keys.row == IPSEC_KEY_NONE)
        return false;
    return sa->keys.icv_good || ipsec_keyring_row(ring, sa->keys.row)->spec.spi_mask == UINT32_MAX;
}

bool ipsec_is_borne_out(const ipsec_peers *peers, const ipsec_keyring *ring, const ipsec_view *view, const ipsec_sa *sa)
{
    if ((sa && sa->advanced && sa->faulty <= sa->sound + FAULTY_MOST) || has_key(ring, sa))
        return true;
    return ipsec_peers_known(peers, view);
}
