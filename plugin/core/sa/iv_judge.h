/** @file
 * Which packets' initialization vectors are judged, and what is required of them. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IV_JUDGE_H
#define IPSEC_CORE_IV_JUDGE_H

#include "packet/kind.h"
#include "sa/note.h"
#include "sa/sa.h"

/** Octets of IV in packets with the key row; in AH the IV belongs to the integrity algorithm (RFC 4543 4). */
static inline uint8_t ipsec_iv_length(const ipsec_key_row *spec)
{
    return spec->encryption ? spec->encryption->iv : spec->integrity->iv;
}

/** Whether the IV of the packet may show anything: without a key the store soon gives up on most SAs, and looks again
 * at doubling distances. */
static inline bool ipsec_iv_is_of_use(const ipsec_view *view, const ipsec_sa *sa, const ipsec_key_row *spec)
{
    if (spec)
        return ipsec_iv_length(spec) > 0;
    return ipsec_encrypts(view->protocol) && !ipsec_iv_is_idle(&sa->iv, sa->numbers.packets);
}

/**
 * Learns from the IV of a packet that the receiver takes for a new one and for which ipsec_iv_is_of_use(), and adds
 * findings to the note.
 *
 * @param spec   the key row of the SA, or NULL
 * @param whole  the packet was captured whole
 * @param icv    octets of ICV at its end, if a key tells; else 0
 */
void ipsec_iv_judge(ipsec_iv_store *store, const ipsec_view *view, ipsec_sa *sa, const ipsec_key_row *spec,
                    const ipsec_ruling *ruling, bool whole, uint32_t icv, ipsec_note *note);

#endif
