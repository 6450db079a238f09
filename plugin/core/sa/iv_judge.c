/* Which packets' initialization vectors are judged, and what is required of them. SPDX-License-Identifier:
 * GPL-2.0-or-later */
#include "sa/iv_judge.h"
#include "keys/crypto.h"
#include "keys/envelope.h"
#include "packet/checks.h"
#include "sa/standing.h"
#include "packet/kind.h"

#include <stddef.h>

/* Where the header has its IV: after SPI and sequence number; in AH, as part of what is otherwise its ICV field (RFC
 * 4543 4). */
static uint32_t iv_at(const ipsec_view *view)
{
    return ipsec_kind_of(view->protocol)->fixed;
}

/* With a key, the algorithm is known once a packet has verified; without one, the store must find out. A packet may be
 * whole and too short for its IV. */
static bool is_judged(const ipsec_view *view, const ipsec_key_row *spec, const ipsec_ruling *ruling, bool whole)
{
    if (!whole || view->length < IPSEC_ESP_FLOOR || !ipsec_is_genuine(ruling))
        return false;
    if (!spec)
        return !ruling->shape && !ruling->unknown;
    return ruling->trusted && ipsec_iv_length(spec) > 0 && ipsec_view_has(view, iv_at(view) + ipsec_iv_length(spec));
}

static ipsec_iv_demand demand_of(const ipsec_key_row *spec)
{
    if (!spec)
        return IPSEC_IV_UNKNOWN;
    return spec->encryption && spec->encryption->mode == IPSEC_CIPHER_CBC ? IPSEC_IV_UNPREDICTABLE : IPSEC_IV_UNIQUE;
}

/* The last block of ciphertext, in front of the ICV. */
static const uint8_t *last_block_of(const ipsec_view *view, uint32_t icv, uint32_t iv)
{
    const uint32_t length = ipsec_view_packet_length(view);

    return length >= IPSEC_ESP_HEADER + 2 * iv + icv ? view->data + (length - icv - iv) : NULL;
}

/* Block size up to which chained IVs are common practice: RFC 2405 3 and RFC 2451 3, not RFC 3602 3. */
#define CHAINED_BLOCK 8u

/* IPSEC_FINDING_COUNT: no finding. `length` is that of the IV, which for CBC is one block. */
static ipsec_finding_id finding_of(ipsec_iv_result result, ipsec_iv_demand demand, uint8_t length)
{
    switch (result) {
    case IPSEC_IV_REUSED:
        return demand == IPSEC_IV_UNPREDICTABLE ? IPSEC_FINDING_IV_PREDICTABLE : IPSEC_FINDING_IV_REUSE;
    case IPSEC_IV_PREDICTABLE:
        return IPSEC_FINDING_IV_PREDICTABLE;
    case IPSEC_IV_CHAINED:
        return length <= CHAINED_BLOCK ? IPSEC_FINDING_IV_CHAINED : IPSEC_FINDING_IV_PREDICTABLE;
    case IPSEC_IV_ZERO:
        return IPSEC_FINDING_IV_ZERO;
    case IPSEC_IV_FORGETFUL:
        return IPSEC_FINDING_IV_UNCHECKED;
    default:
        return IPSEC_FINDING_COUNT;
    }
}

void ipsec_iv_judge(ipsec_iv_store *store, const ipsec_view *view, ipsec_sa *sa, const ipsec_key_row *spec,
                    const ipsec_ruling *ruling, bool whole, uint32_t icv, ipsec_note *note)
{
    ipsec_iv_demand demand;
    ipsec_iv_packet packet;
    ipsec_finding_id found;
    uint32_t first = 0;

    if (!is_judged(view, spec, ruling, whole))
        return;
    demand = demand_of(spec);
    packet = (ipsec_iv_packet){.demand = demand,
                               .iv = view->data + iv_at(view),
                               .length = spec ? ipsec_iv_length(spec) : 8,
                               .sequence = ipsec_ruling_number(ruling),
                               .packets = ipsec_sa_numbered(sa),
                               .frame = view->frame};
    if (demand == IPSEC_IV_UNPREDICTABLE)
        packet.last_block = last_block_of(view, icv, packet.length);
    found = finding_of(ipsec_iv_learn(store, &sa->iv, &packet, &first), demand, packet.length);
    if (found != IPSEC_FINDING_COUNT)
        ipsec_note_add(note, found);
    if (first)
        note->first_seen = first;
}
