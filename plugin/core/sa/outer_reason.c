/* Why the ICV of AH fails. An ICV of 96 bits or more does not verify by chance with anything tried here.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/outer_reason.h"

#include <glib.h>
#include <string.h>

/* Longer headers are skipped: copying them would cost too much. */
#define OUTER_MOST 512u

/* Addresses that are tried for each end, including the packet's own. */
#define ADDRESSES_MOST 5u

/* A field that RFC 4302 3.3.3.1 zeroes: the bits of `mask`, from octet `at` on. */
typedef struct field {
    uint8_t name; /* ipsec_outer_field */
    uint8_t at;
    uint8_t mask[3];
    uint8_t usual[3]; /* values of its first octet that senders usually set; 0 after the last */
} field;

static const field v4_fields[] = {
    {IPSEC_FIELD_TYPE_OF_SERVICE, 1, {0xff}, {0}},
    {IPSEC_FIELD_FLAGS,
     6,
     {0xe0},
     {0x40, 0x20}}, /* Don't Fragment may have been cleared; More Fragments disappears with reassembly */
    {IPSEC_FIELD_TIME_TO_LIVE, 8, {0xff}, {64, 128, 255}},
    {IPSEC_FIELD_HEADER_CHECKSUM, 10, {0xff, 0xff}, {0}},
};
static const field v6_fields[] = {
    {IPSEC_FIELD_TRAFFIC_CLASS, 0, {0x0f, 0xf0}, {0}},
    {IPSEC_FIELD_FLOW_LABEL, 1, {0x0f, 0xff, 0xff}, {0}},
    {IPSEC_FIELD_HOP_LIMIT, 7, {0xff}, {64, 128, 255}},
};

typedef struct search {
    ipsec_envelope envelope; /* its headers in front are `outer` */
    ipsec_crypto *crypto;
    ipsec_attempt attempt;
    bool v6;
    uint8_t address_length;
    uint8_t outer[OUTER_MOST];
} search;

static bool verifies(const search *s)
{
    const uint8_t *icv = s->envelope.view->data + ipsec_envelope_icv_at(&s->envelope, s->envelope.icv);
    uint8_t digest[IPSEC_DIGEST_MOST];

    return ipsec_envelope_digest(&s->envelope, s->crypto, s->envelope.icv, s->attempt, digest) &&
           ipsec_crypto_equal(digest, icv, s->envelope.icv);
}

/* --- fields that should be zeroed */

/* Whether the ICV verifies with these octets in the field; zeros are known to fail. */
static bool verifies_with(search *s, const field *f, const uint8_t *octets)
{
    uint8_t before[sizeof f->mask];
    uint8_t *at = s->outer + f->at;
    bool good, differs = false;

    memcpy(before, at, sizeof before);
    for (unsigned i = 0; i < sizeof before; i++) {
        at[i] |= octets[i] & f->mask[i];
        differs = differs || at[i] != before[i];
    }
    good = differs && verifies(s);
    memcpy(at, before, sizeof before);
    return good;
}

static bool is_reason(search *s, const field *f)
{
    if (verifies_with(s, f, s->envelope.view->outer + f->at))
        return true;
    for (unsigned i = 0; i < sizeof f->usual && f->usual[i]; i++)
        if (verifies_with(s, f, (uint8_t[]){f->usual[i], 0, 0}))
            return true;
    return false;
}

static bool find_field(search *s, uint8_t *name)
{
    const field *fields = s->v6 ? v6_fields : v4_fields;
    const unsigned count = s->v6 ? G_N_ELEMENTS(v6_fields) : G_N_ELEMENTS(v4_fields);

    for (unsigned i = 0; i < count; i++)
        if (is_reason(s, &fields[i])) {
            *name = fields[i].name;
            return true;
        }
    return false;
}

/* --- addresses */

/* The addresses that an end may have had before a change; the first one is the present one. */
typedef struct candidates {
    unsigned count;
    uint8_t list[ADDRESSES_MOST][16];
} candidates;

static void add_candidate(candidates *to, const uint8_t *address, uint8_t length)
{
    for (unsigned i = 0; i < to->count; i++)
        if (memcmp(to->list[i], address, length) == 0)
            return;
    if (to->count < ADDRESSES_MOST)
        memcpy(to->list[to->count++], address, length);
}

/* Adds the address of a range that consists of a single address. */
static void add_range(candidates *to, const ipsec_address_range *range, uint8_t length)
{
    static const uint8_t ones[16] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

    if (range->length == length && memcmp(range->mask, ones, length) == 0)
        add_candidate(to, range->octets, length);
}

static void add_of_row(const ipsec_key_row *spec, uint8_t length, candidates *sources, candidates *destinations)
{
    add_range(sources, &spec->source, length);
    add_range(destinations, &spec->destination, length);
    if (spec->selector.present) {
        add_range(sources, &spec->selector.source, length);
        add_range(destinations, &spec->selector.destination, length);
    }
}

static uint8_t name_of_change(bool source, bool destination)
{
    if (source && destination)
        return IPSEC_FIELD_BOTH_ADDRESSES;
    return source ? IPSEC_FIELD_SOURCE_ADDRESS : IPSEC_FIELD_DESTINATION_ADDRESS;
}

static bool find_addresses(search *s, const ipsec_key_row *spec, const uint8_t *sender, uint8_t *name)
{
    const uint8_t length = s->address_length;
    uint8_t *const source = s->outer + (s->v6 ? 8 : 12), *const destination = source + length;
    candidates sources = {0}, destinations = {0};

    add_candidate(&sources, source, length);
    add_candidate(&destinations, destination, length);
    if (sender)
        add_candidate(&sources, sender, length);
    add_of_row(spec, length, &sources, &destinations);
    for (unsigned i = 0; i < sources.count; i++)
        for (unsigned j = i == 0; j < destinations.count; j++) {
            memcpy(source, sources.list[i], length);
            memcpy(destination, destinations.list[j], length);
            *name = name_of_change(i > 0, j > 0);
            if (verifies(s))
                return true;
        }
    return false;
}

ipsec_advice_case ipsec_ah_reason(const ipsec_envelope *envelope, ipsec_crypto *crypto, ipsec_attempt attempt,
                                  const ipsec_key_row *spec, const uint8_t *sender, uint8_t *detail)
{
    search s = {.envelope = *envelope, .crypto = crypto, .attempt = attempt};

    if (!envelope->view->outer || envelope->outer_length == 0 || envelope->outer_length > OUTER_MOST)
        return IPSEC_CASE_NONE;
    memcpy(s.outer, envelope->outer, envelope->outer_length);
    s.envelope.outer = s.outer;
    s.v6 = s.outer[0] >> 4 == 6;
    s.address_length = s.v6 ? 16 : 4;
    if (find_field(&s, detail))
        return IPSEC_CASE_FIELD_KEPT;
    return find_addresses(&s, spec, sender, detail) ? IPSEC_CASE_ADDRESS : IPSEC_CASE_NONE;
}
