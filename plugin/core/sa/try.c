/* Trying key rows on a packet.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/try.h"
#include "base/octets.h"
#include "sa/generation.h"
#include "sa/open_report.h"

#include <glib.h>

/* The most attempts: without ESN; the last two high halves, those of the row, and the neighbours of all these; 0 and 1.
 */
#define ATTEMPTS_MOST (1u + 2u * 3u + 3u * IPSEC_SPEC_HIGHS + 2u)

/* ipsec_ruling.alternative must hold any position in a chain. */
G_STATIC_ASSERT(IPSEC_KEYS_PER_SA <= 8);

typedef struct attempts {
    unsigned count;
    ipsec_attempt list[ATTEMPTS_MOST];
} attempts;

static void add_attempt(attempts *to, bool esn, uint32_t high)
{
    for (unsigned i = 0; i < to->count; i++)
        if (to->list[i].esn == esn && to->list[i].high == high)
            return;
    to->list[to->count++] = (ipsec_attempt){esn, high};
}

static void add_neighbours(attempts *to, uint32_t high)
{
    add_attempt(to, true, high);
    if (high < UINT32_MAX)
        add_attempt(to, true, high + 1);
    if (high > 0)
        add_attempt(to, true, high - 1);
}

/* The high halves that a receiver of this SA may assume. Never a free search, because a packet that must fail would
 * then pass. */
static void list_attempts(const ipsec_key_row *spec, const ipsec_sa *sa, attempts *to)
{
    const ipsec_sa_keys *keys = &sa->keys;
    const ipsec_window *window = &sa->numbers.window;
    const bool decided = spec->esn != IPSEC_ESN_AUTO || keys->row_confirmed;
    const bool esn = spec->esn == IPSEC_ESN_AUTO ? keys->esn : spec->esn == IPSEC_ESN_YES;

    to->count = 0;
    if (!decided || !esn)
        add_attempt(to, false, 0);
    if (decided && !esn)
        return;
    if (keys->row_confirmed && window->started)
        add_neighbours(to, (uint32_t)(window->top >> 32)); /* that of the last number that was accepted */
    if (keys->row_confirmed)
        add_neighbours(to, keys->high);
    for (unsigned i = 0; i < spec->high_count; i++)
        add_neighbours(to, spec->highs[i]);
    add_attempt(to, true, 0);
    add_attempt(to, true, 1);
}

void ipsec_try(ipsec_opener *opener, const ipsec_envelope *envelope, ipsec_key *row, const ipsec_sa *sa,
               ipsec_ruling *ruling)
{
    ipsec_crypto *crypto = ipsec_key_open(row);
    attempts tries;

    ruling->icv = IPSEC_ICV_UNVERIFIED;
    if (!crypto)
        return;
    list_attempts(&row->spec, sa, &tries);
    for (unsigned i = 0; i < tries.count; i++) {
        ruling->icv = (uint8_t)ipsec_envelope_try(envelope, crypto, tries.list[i], opener->plaintext) & 3;
        ruling->esn = tries.list[i].esn;
        ruling->high = tries.list[i].high;
        if (ruling->icv != IPSEC_ICV_BAD)
            return;
    }
    ruling->esn = false;
    ruling->high = 0;
}

const ipsec_sa *ipsec_sa_with_row(const ipsec_opener *opener, const ipsec_sa *sa, uint32_t row)
{
    static const ipsec_sa nothing;
    const ipsec_sa *then = ipsec_generation_of(opener->sas->generations, sa, row);

    return then ? then : &nothing;
}

static void try_row(ipsec_opener *opener, const ipsec_sa *sa, ipsec_key *row, ipsec_ruling *ruling,
                    ipsec_envelope *envelope, uint8_t *outer)
{
    *envelope = ipsec_envelope_of(envelope->view, row->spec.encryption, row->spec.integrity, outer);
    ipsec_try(opener, envelope, row, sa, ruling);
}

/* Tries each of the other rows that the SA may have, from earlier and later times. If the packet confirms none of them,
 * everything is left as it was with the SA's own row; or with the first whose ICV fails, if none can be computed with
 * the own row. */
static IPSEC_COLD ipsec_key *try_others(ipsec_opener *opener, const ipsec_sa *sa, ipsec_key *own, ipsec_ruling *ruling,
                                        ipsec_envelope *envelope, uint8_t *outer)
{
    /* If an ICV has verified, or if the own row may be right, a sound trailer is not enough. */
    const bool by_icv = sa->keys.icv_good || ipsec_opened_bears_out(envelope, own, ruling, opener->plaintext);
    const ipsec_keyring *ring = opener->ring;
    ipsec_key *left = own;
    bool settled = by_icv || ruling->icv == IPSEC_ICV_BAD;

    for (uint32_t i = ipsec_keyring_next(ring, own->index); i != own->index; i = ipsec_keyring_next(ring, i)) {
        ipsec_key *row = ipsec_keyring_row(ring, i);

        try_row(opener, ipsec_sa_with_row(opener, sa, i), row, ruling, envelope, outer);
        if (ruling->icv == IPSEC_ICV_GOOD ||
            (!by_icv && ipsec_opened_bears_out(envelope, row, ruling, opener->plaintext)))
            return row;
        if (!settled && ruling->icv == IPSEC_ICV_BAD)
            left = row;
        settled = settled || ruling->icv == IPSEC_ICV_BAD;
    }
    /* Again, for its plaintext. */
    try_row(opener, left == own ? sa : ipsec_sa_with_row(opener, sa, left->index), left, ruling, envelope, outer);
    return left;
}

ipsec_key *ipsec_try_rows(ipsec_opener *opener, const ipsec_sa *sa, ipsec_ruling *ruling, ipsec_envelope *envelope,
                          uint8_t *outer)
{
    ipsec_key *const own = ipsec_keyring_row(opener->ring, sa->keys.row);

    ipsec_try(opener, envelope, own, sa, ruling);
    if (ruling->icv == IPSEC_ICV_GOOD || !ipsec_has_other_row(opener->ring, own))
        return own;
    return try_others(opener, sa, own, ruling, envelope, outer);
}
