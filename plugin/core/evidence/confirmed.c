/* Whether UDP payloads are IPsec at all. SPDX-License-Identifier: GPL-2.0-or-later */
#include "evidence/confirmed.h"
#include "base/octets.h"
#include "packet/foreign.h"

/* How far apart the numbers of two packets from one sender may be: this allows a reordered burst, but not a clock. */
#define ADVANCE_MOST 64u

/* This many more sound packets with advancing numbers than others prove that it is ESP, whatever comes later. In
 * another protocol one length in four is a multiple of 4, so it reaches this with a probability of (1/3)^16, or 2^-25.
 */
#define STEADY 16u

/* Offset of the four octets, after SPI and sequence number, that describe a packet. */
#define DESCRIBED_AT 8u

/* A digest of length and octets that distinguishes a copy from another packet. A copy is always recognised; another
 * packet is taken for a copy once in 256 times. */
static uint8_t describe(const ipsec_view *view)
{
    return (uint8_t)((view->length ^ ipsec_read_u32(view->data + DESCRIBED_AT)) * 0x9e3779b1u >> 24);
}

/* Counts a packet. Two sound packets with advancing numbers are enough for IPsec; more are needed if they look like
 * another protocol. */
static void count(ipsec_sa *sa, uint32_t sequence, bool flagged, bool foreign)
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
        sa->advanced = sa->advanced || !foreign;
        sa->confirmed = ++sa->steady >= STEADY;
    }
    sa->sequence = sequence;
}

/* Whether all packets of the SPI so far had the same number as this one, but were not all the same packet. Unknown once
 * one was too short, or truncated. */
static bool is_constant(ipsec_sa *sa, const ipsec_view *view, uint32_t sequence)
{
    if (!ipsec_view_has(view, DESCRIBED_AT + 4)) {
        sa->varied = true;
        return false;
    }
    if (sa->sound + sa->faulty == 0) {
        sa->sequence = sequence;
        sa->looks = describe(view);
        return false;
    }
    sa->varied = sa->varied || sa->sequence != sequence;
    return !sa->varied && sa->looks != describe(view);
}

static IPSEC_COLD bool is_foreign(ipsec_sa *sa, const ipsec_view *view, const ipsec_header *header,
                                  const ipsec_findings *findings)
{
    const ipsec_foreign looks =
        ipsec_may_be_foreign(view, header, findings) ? ipsec_find_foreign(view, header, findings) : IPSEC_FOREIGN_NOT;
    bool constant;

    if (!sa || !header->has_sequence)
        return looks == IPSEC_FOREIGN_SURE;
    constant = is_constant(sa, view, header->sequence);
    count(sa, header->sequence, findings->flagged, looks != IPSEC_FOREIGN_NOT);
    return constant || looks == IPSEC_FOREIGN_SURE;
}

bool ipsec_confirm_by_octets(ipsec_sa *sa, const ipsec_view *view, const ipsec_header *header,
                             const ipsec_findings *findings)
{
    /* What a sound packet looks like matters only until two packets of the SA had advancing numbers. */
    if (!sa || !sa->advanced || findings->any)
        return is_foreign(sa, view, header, findings);
    count(sa, header->sequence, false, false);
    return false;
}

/* A key row confirms its SPI. If it matches any SPI, a packet must have verified. */
static bool has_key(const ipsec_keyring *ring, const ipsec_sa *sa)
{
    if (!sa || !sa->keys.resolved || sa->keys.row == IPSEC_KEY_NONE)
        return false;
    return sa->keys.icv_good || ipsec_keyring_row(ring, sa->keys.row)->spec.spi_mask == UINT32_MAX;
}

bool ipsec_is_borne_out(const ipsec_peers *peers, const ipsec_keyring *ring, const ipsec_view *view, const ipsec_sa *sa)
{
    if ((sa && ipsec_is_borne_out_by_octets(sa)) || has_key(ring, sa))
        return true;
    return ipsec_peers_known(peers, view);
}
