/* Merges what several dumps say of one SA. SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys/row_merge.h"

#include <glib.h>
#include <string.h>

/* --- the same SA ------------------------------------------------------------------------------------- */

static bool has_same_keys(const ipsec_key_row *a, const ipsec_key_row *b)
{
    return a->encryption_key_length == b->encryption_key_length && a->integrity_key_length == b->integrity_key_length &&
           memcmp(a->encryption_key, b->encryption_key, a->encryption_key_length) == 0 &&
           memcmp(a->integrity_key, b->integrity_key, a->integrity_key_length) == 0;
}

bool ipsec_row_is_same(const ipsec_key_row *a, const ipsec_key_row *b)
{
    return a->encryption == b->encryption && a->integrity == b->integrity &&
           (!a->has_keys || !b->has_keys || has_same_keys(a, b));
}

/* --- terms ------------------------------------------------------------------------------------------- */

static bool is_same_range(const ipsec_address_range *a, const ipsec_address_range *b)
{
    return a->length == b->length && memcmp(a->octets, b->octets, sizeof a->octets) == 0 &&
           memcmp(a->mask, b->mask, sizeof a->mask) == 0;
}

static bool is_same_selector(const ipsec_selector *a, const ipsec_selector *b)
{
    return a->present == b->present && is_same_range(&a->source, &b->source) &&
           is_same_range(&a->destination, &b->destination) && a->any_protocol == b->any_protocol &&
           a->protocol == b->protocol && a->source_port == b->source_port &&
           a->source_port_mask == b->source_port_mask && a->destination_port == b->destination_port &&
           a->destination_port_mask == b->destination_port_mask;
}

static ipsec_terms terms_at(const ipsec_key_row *spec, unsigned i)
{
    if (i > 0)
        return spec->others[i - 1];
    return (ipsec_terms){.mode = spec->mode, .encapsulation = spec->encapsulation, .selector = spec->selector};
}

static void set_terms(ipsec_key_row *spec, unsigned i, const ipsec_terms *terms)
{
    if (i > 0) {
        spec->others[i - 1] = *terms;
        return;
    }
    spec->mode = terms->mode;
    spec->encapsulation = terms->encapsulation;
    spec->selector = terms->selector;
}

/* A row that says nothing contradicts none that does. */
static bool is_agreed(const ipsec_terms *a, const ipsec_terms *b)
{
    return (a->mode == b->mode || a->mode == IPSEC_MODE_ANY || b->mode == IPSEC_MODE_ANY) &&
           (a->encapsulation == b->encapsulation || a->encapsulation == IPSEC_ENCAP_ANY ||
            b->encapsulation == IPSEC_ENCAP_ANY) &&
           (!a->selector.present || !b->selector.present || is_same_selector(&a->selector, &b->selector));
}

static void fill_in(ipsec_terms *known, const ipsec_terms *said)
{
    if (known->mode == IPSEC_MODE_ANY)
        known->mode = said->mode;
    if (known->encapsulation == IPSEC_ENCAP_ANY)
        known->encapsulation = said->encapsulation;
    if (!known->selector.present)
        known->selector = said->selector;
}

static void add_terms(ipsec_key_row *spec, const ipsec_terms *said)
{
    static const ipsec_terms anything = {.mode = IPSEC_MODE_ANY, .encapsulation = IPSEC_ENCAP_ANY};
    const unsigned count = spec->other_count + 1u;

    for (unsigned i = 0; i < count; i++) {
        ipsec_terms known = terms_at(spec, i);

        if (!is_agreed(&known, said))
            continue;
        if (count < IPSEC_TERMS_MOST) /* the last one may stand for anything, and must not be taken for unknown */
            fill_in(&known, said);
        set_terms(spec, i, &known);
        return;
    }
    if (count < IPSEC_TERMS_MOST)
        set_terms(spec, ++spec->other_count, said);
    else
        set_terms(spec, count - 1, &anything);
}

/* --- the rest ---------------------------------------------------------------------------------------- */

static void add_high(ipsec_key_row *spec, uint32_t high)
{
    for (unsigned i = 0; i < spec->high_count; i++)
        if (spec->highs[i] == high)
            return;
    if (spec->high_count < IPSEC_SPEC_HIGHS)
        spec->highs[spec->high_count++] = high;
    else
        spec->highs[IPSEC_SPEC_HIGHS - 1] = high;
}

static uint32_t larger_window(uint32_t a, uint32_t b)
{
    if (a == IPSEC_REPLAY_WINDOW_UNKNOWN || b == IPSEC_REPLAY_WINDOW_UNKNOWN)
        return MIN(a, b);
    return MAX(a, b);
}

static uint64_t higher_limit(uint64_t a, uint64_t b)
{
    return a == UINT64_MAX || b == UINT64_MAX ? MIN(a, b) : MAX(a, b);
}

/* If a NAT has changed the port, it is not known which one the receiver has at a given time. */
static uint16_t agreed_port(uint16_t a, uint16_t b)
{
    return a == b ? a : 0;
}

bool ipsec_row_adds(const ipsec_key_row *first, const ipsec_key_row *later)
{
    return later->high_count > 0 || later->other_count > 0 || first->offload != later->offload ||
           first->encapsulation != later->encapsulation || first->mode != later->mode ||
           first->replay_window != later->replay_window || first->source_port != later->source_port ||
           first->destination_port != later->destination_port || !is_same_range(&first->source, &later->source) ||
           first->hard_bytes != later->hard_bytes || first->hard_packets != later->hard_packets ||
           !is_same_selector(&first->selector, &later->selector);
}

void ipsec_row_merge(ipsec_key_row *first, const ipsec_key_row *later)
{
    for (unsigned i = 0; i < later->high_count; i++)
        add_high(first, later->highs[i]);
    for (unsigned i = 0; i <= later->other_count; i++) {
        const ipsec_terms terms = terms_at(later, i);

        add_terms(first, &terms);
    }
    first->several_sources =
        first->several_sources || later->several_sources || !is_same_range(&first->source, &later->source);
    first->source_port = agreed_port(first->source_port, later->source_port);
    first->destination_port = agreed_port(first->destination_port, later->destination_port);
    first->replay_window = larger_window(first->replay_window, later->replay_window);
    first->hard_bytes = higher_limit(first->hard_bytes, later->hard_bytes);
    first->hard_packets = higher_limit(first->hard_packets, later->hard_packets);
    first->offload = first->offload || later->offload;
}
