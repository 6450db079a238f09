/* Opening packets: which key an SA has, whether the ICV verifies, and what is inside.
 *
 * What is found out by trying goes into the record; what the report says follows from packet and record alone, so that
 * later passes say the same.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "open.h"
#include "checks.h"
#include "envelope.h"
#include "guess.h"
#include "hint.h"
#include "trailer.h"

#include <glib.h>
#include <string.h>

/* As long as IP can be. Nothing longer is opened. */
#define LONGEST 65535u

/* How often the reason for a wrong key is looked for: per SA and in all. */
#define GUESSES_PER_SA 3u
#define GUESSES_IN_ALL 2048u

/* High halves that may be tried: the last and its neighbours, those of the row and theirs, 0 and 1. */
#define ATTEMPTS_MOST (1u + 3u + 3u * IPSEC_SPEC_HIGHS + 2u)

/* --- which key ------------------------------------------------------------------------------------- */

static bool is_resolved(const ipsec_opener *opener, const ipsec_view *view, const ipsec_sa_keys *keys)
{
    return keys->resolved &&
           (!ipsec_keyring_needs_source(opener->ring) || memcmp(keys->source, view->source, view->address_length) == 0);
}

static IPSEC_RARE void resolve(const ipsec_opener *opener, const ipsec_view *view, uint32_t spi, ipsec_sa_keys *keys)
{
    const uint32_t row = view->address_length ? ipsec_keyring_find(opener->ring, view, spi) : IPSEC_KEY_NONE;

    if (keys->resolved && row != keys->row)
        *keys = (ipsec_sa_keys){.null = keys->null};
    keys->resolved = true;
    keys->row = row;
    memcpy(keys->source, view->source, view->address_length);
}

/* Where else the tables have the SPI. */
static uint8_t look_around(const ipsec_keyring *ring, const ipsec_view *view, uint32_t spi)
{
    const uint8_t length = view->address_length;
    const uint8_t other = view->protocol == IPSEC_PROTOCOL_ESP ? IPSEC_PROTOCOL_AH : IPSEC_PROTOCOL_ESP;

    if (ipsec_keyring_has(ring, spi, other, view->destination, length))
        return IPSEC_HINT_SPI_OTHER_PROTOCOL;
    if (ipsec_keyring_has(ring, spi, view->protocol, view->source, length))
        return IPSEC_HINT_SPI_REVERSE;
    if (ipsec_keyring_has(ring, GUINT32_SWAP_LE_BE(spi), view->protocol, view->destination, length))
        return IPSEC_HINT_SPI_SWAPPED;
    if (ipsec_keyring_has(ring, spi, view->protocol, NULL, 0))
        return IPSEC_HINT_SPI_ELSEWHERE;
    return IPSEC_HINT_NONE;
}

/* --- what the report says, from packet and record alone ----------------------------------------------- */

static void begin(const ipsec_envelope *envelope, const ipsec_spec *spec, ipsec_report *report)
{
    report->is_opened = true;
    report->opened = (ipsec_opened){.spec = spec,
                                    .icv_status = IPSEC_ICV_UNVERIFIED,
                                    .unverified = IPSEC_UNVERIFIED_NO_KEY,
                                    .iv_length = envelope->iv,
                                    .icv_length = envelope->icv};
    report->combined_mode = envelope->encryption && ipsec_encryption_is_combined(envelope->encryption);
}

static ipsec_trailer trailer_of(const ipsec_envelope *envelope, const ipsec_spec *spec, const uint8_t *plaintext)
{
    const uint32_t block = envelope->encryption->block;

    return (ipsec_trailer){.plaintext = plaintext,
                           .length = (uint32_t)envelope->body,
                           .at = IPSEC_ESP_HEADER + envelope->iv,
                           .block = block < 4 ? 4 : block,
                           .mode = spec->mode,
                           .selector = &spec->selector};
}

/* Without an ICV only NULL encryption makes sure that this is what the sender wrote. */
static bool is_trustworthy(const ipsec_envelope *envelope, ipsec_icv_status status)
{
    return status == IPSEC_ICV_GOOD ||
           (status == IPSEC_ICV_NOT_PRESENT && envelope->encryption->mode == IPSEC_CIPHER_NULL);
}

static void report_plaintext(const ipsec_envelope *envelope, const ipsec_spec *spec, const uint8_t *plaintext,
                             ipsec_report *report)
{
    const ipsec_trailer trailer = trailer_of(envelope, spec, plaintext);

    if (!is_trustworthy(envelope, (ipsec_icv_status)report->opened.icv_status) && !ipsec_trailer_is_sound(&trailer))
        return;
    report->opened.plaintext = plaintext;
    report->opened.plaintext_length = trailer.length;
    if (envelope->encryption->mode == IPSEC_CIPHER_NULL || envelope->encryption->mode == IPSEC_CIPHER_GMAC)
        report->opened.clear_at = trailer.at;
    ipsec_check_trailer(envelope->view, &trailer, report);
}

static void report_bad(const ipsec_envelope *envelope, const ipsec_record *record, bool sa_complete,
                       ipsec_report *report)
{
    const bool ah = envelope->view->protocol == IPSEC_PROTOCOL_AH;
    const uint32_t at = ah ? IPSEC_AH_HEADER + envelope->iv : envelope->view->length - envelope->icv;

    if (!record->trusted)
        ipsec_report_add_hint(report, IPSEC_FINDING_KEY_WRONG, at, envelope->icv, record->hint, record->detail);
    if (record->trusted || sa_complete)
        ipsec_report_add_hint(report, ah ? IPSEC_FINDING_AH_ICV : IPSEC_FINDING_ESP_ICV, at, envelope->icv,
                              record->hint, record->detail);
    if (record->hint == IPSEC_HINT_ICV_LENGTH && !ah)
        ipsec_report_add_hint(report, IPSEC_FINDING_ESP_ICV_LENGTH, at, envelope->icv, record->hint, record->detail);
}

static void report_lengths(const ipsec_envelope *envelope, ipsec_report *report)
{
    const uint32_t length = envelope->view->length;

    if (length < IPSEC_ESP_FLOOR)
        return; /* said already */
    if (envelope->body < 2)
        ipsec_report_add(report, IPSEC_FINDING_ESP_RUNT_FOR_SA, 0, length);
    else if (!envelope->is_aligned)
        ipsec_report_add(report, IPSEC_FINDING_ESP_BLOCK_ALIGNMENT, 0, length);
}

static uint32_t round_up(uint32_t octets, uint32_t unit)
{
    return (octets + unit - 1) / unit * unit;
}

/* The lengths of ICV field that receivers know for the SA: truncated or full, padded to words or to 8 octets. */
static void report_ah_length(const ipsec_envelope *envelope, ipsec_report *report)
{
    const ipsec_view *view = envelope->view;
    const uint32_t header = (view->data[1] + 2u) * 4;
    const uint32_t truncated = IPSEC_AH_HEADER + envelope->iv + envelope->icv;
    const uint32_t full = IPSEC_AH_HEADER + envelope->iv + envelope->integrity->digest;

    if (header == truncated || header == round_up(truncated, 8) || header == full || header == round_up(full, 8))
        return;
    if (!report->payload_lost && !ipsec_report_has(report, IPSEC_FINDING_AH_ICV_LENGTH))
        ipsec_report_add(report, IPSEC_FINDING_AH_ICV_LENGTH, 1, 1);
}

static void report_encapsulation(const ipsec_view *view, const ipsec_spec *spec, ipsec_report *report)
{
    const bool udp = view->encapsulation == IPSEC_ENCAPSULATION_UDP;

    if ((spec->encapsulation == IPSEC_ENCAP_NONE && udp) || (spec->encapsulation == IPSEC_ENCAP_UDP && !udp))
        ipsec_report_add(report, IPSEC_FINDING_ESP_ENCAP_MISMATCH, 0, 0);
}

static ipsec_unverified reason_of(const ipsec_envelope *envelope, const ipsec_key_row *row)
{
    const bool ah = envelope->view->protocol == IPSEC_PROTOCOL_AH;

    if (!row->spec.has_keys)
        return IPSEC_UNVERIFIED_NO_KEY;
    if (row->refused || envelope->integrity->kind == IPSEC_MAC_ANY)
        return IPSEC_UNVERIFIED_ALGORITHM;
    return ah && envelope->outer_length == 0 ? IPSEC_UNVERIFIED_NO_OUTER : IPSEC_UNVERIFIED_TOO_SHORT;
}

/* All that is said of a packet with a key row. */
static void report_row(const ipsec_envelope *envelope, const ipsec_key_row *row, const ipsec_record *record,
                       bool sa_complete, const uint8_t *plaintext, ipsec_report *report)
{
    const ipsec_spec *spec = &row->spec;

    report->opened.icv_status = record->icv;
    report->opened.unverified = (uint8_t)reason_of(envelope, row);
    report->opened.esn = record->esn;
    report->opened.high = record->high;
    if (spec->protocol == IPSEC_PROTOCOL_AH)
        report_ah_length(envelope, report);
    else
        report_lengths(envelope, report);
    if (record->icv == IPSEC_ICV_BAD)
        report_bad(envelope, record, sa_complete, report);
    else if (record->icv == IPSEC_ICV_NOT_PRESENT && !record->trusted)
        ipsec_report_add(report, IPSEC_FINDING_KEY_WRONG, 0, 0);
    if (record->icv == IPSEC_ICV_GOOD && report->verdict == IPSEC_VERDICT_PLAUSIBLE)
        report->verdict = IPSEC_VERDICT_VERIFIED;
    if (plaintext && record->icv != IPSEC_ICV_BAD && ipsec_envelope_is_openable(envelope))
        report_plaintext(envelope, spec, plaintext, report);
}

static bool can_be_opened(const ipsec_view *view, const ipsec_report *report)
{
    const uint32_t fixed = view->protocol == IPSEC_PROTOCOL_AH ? IPSEC_AH_HEADER : IPSEC_ESP_HEADER;

    return report->whole && view->length >= fixed && view->length <= LONGEST;
}

/* --- trying ---------------------------------------------------------------------------------------- */

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

/* What a receiver of this SA may take the high half for; never a free search, or a packet that must fail would pass. */
static void list_attempts(const ipsec_spec *spec, const ipsec_sa_keys *keys, attempts *to)
{
    const bool decided = spec->esn != IPSEC_ESN_AUTO || keys->verified;
    const bool esn = spec->esn == IPSEC_ESN_AUTO ? keys->esn : spec->esn == IPSEC_ESN_YES;

    to->count = 0;
    if (!decided || !esn)
        add_attempt(to, false, 0);
    if (decided && !esn)
        return;
    if (keys->verified)
        add_neighbours(to, keys->high);
    for (unsigned i = 0; i < spec->high_count; i++)
        add_neighbours(to, spec->highs[i]);
    add_attempt(to, true, 0);
    add_attempt(to, true, 1);
}

/* Tries what may be, until the ICV is good. */
static void try_all(ipsec_opener *opener, const ipsec_envelope *envelope, ipsec_key_row *row, const ipsec_sa_keys *keys,
                    ipsec_record *record)
{
    ipsec_crypto *crypto = ipsec_key_row_open(row);
    attempts tries;

    record->icv = IPSEC_ICV_UNVERIFIED;
    if (!crypto)
        return;
    list_attempts(&row->spec, keys, &tries);
    for (unsigned i = 0; i < tries.count; i++) {
        record->icv = (uint8_t)ipsec_envelope_try(envelope, crypto, tries.list[i], opener->plaintext) & 3;
        record->esn = tries.list[i].esn;
        record->high = tries.list[i].high;
        if (record->icv != IPSEC_ICV_BAD)
            return;
    }
    record->esn = false;
    record->high = 0;
}

static IPSEC_RARE void look_into_failure(ipsec_opener *opener, const ipsec_envelope *envelope, ipsec_key_row *row,
                                         ipsec_sa_keys *keys, ipsec_record *record)
{
    /* Once it is known why nothing verifies, it is known; a damaged packet of a good SA is another matter each time. */
    const bool again = keys->verified || keys->hint == IPSEC_HINT_NONE;

    if (again && keys->guesses < GUESSES_PER_SA && opener->guesses < GUESSES_IN_ALL) {
        keys->guesses++;
        opener->guesses++;
        keys->hint = (uint8_t)ipsec_guess(envelope, &row->spec, opener->plaintext, &keys->detail);
    } else if (again) {
        keys->hint = IPSEC_HINT_NONE;
    }
    record->hint = keys->hint;
    record->detail = keys->detail;
}

/* Whether the packet speaks for its key. Without an ICV the trailer must do. */
static bool bears_out(const ipsec_envelope *envelope, const ipsec_spec *spec, const ipsec_record *record,
                      const uint8_t *plaintext)
{
    ipsec_trailer trailer;

    if (record->icv != IPSEC_ICV_NOT_PRESENT)
        return record->icv == IPSEC_ICV_GOOD;
    if (!ipsec_envelope_is_openable(envelope))
        return false;
    trailer = trailer_of(envelope, spec, plaintext);
    return ipsec_trailer_is_sound(&trailer);
}

static void learn(const ipsec_record *record, ipsec_sa_keys *keys)
{
    keys->verified = true;
    keys->esn = record->esn;
    keys->high = record->high;
}

static void make_room(ipsec_opener *opener)
{
    if (!opener->plaintext)
        opener->plaintext = g_malloc(LONGEST);
}

static void open_with_row(ipsec_opener *opener, const ipsec_view *view, ipsec_sa_keys *keys, ipsec_record *record,
                          ipsec_report *report)
{
    ipsec_key_row *row = ipsec_keyring_row(opener->ring, keys->row);
    uint8_t outer[IPSEC_AH_OUTER_MOST];
    const ipsec_envelope envelope = ipsec_envelope_of(view, row->spec.encryption, row->spec.integrity, outer);

    begin(&envelope, &row->spec, report);
    report_encapsulation(view, &row->spec, report);
    record->icv = IPSEC_ICV_UNVERIFIED;
    if (!can_be_opened(view, report)) {
        report->opened.unverified = report->whole ? IPSEC_UNVERIFIED_TOO_SHORT : IPSEC_UNVERIFIED_NOT_WHOLE;
        return;
    }
    make_room(opener);
    try_all(opener, &envelope, row, keys, record);
    if (record->icv == IPSEC_ICV_BAD)
        look_into_failure(opener, &envelope, row, keys, record);
    else if (bears_out(&envelope, &row->spec, record, opener->plaintext))
        learn(record, keys);
    record->trusted = keys->verified;
    report_row(&envelope, row, record, opener->config->sa_complete, row->crypto ? opener->plaintext : NULL, report);
}

/* --- without a key ----------------------------------------------------------------------------------- */

static void report_null(const ipsec_view *view, unsigned shape_index, ipsec_report *report)
{
    const ipsec_null_shape *shape = ipsec_null_shape_row(shape_index);
    const uint32_t at = IPSEC_ESP_HEADER + shape->iv;
    ipsec_trailer trailer = {.at = at, .block = 4, .mode = IPSEC_MODE_ANY};

    if (view->length < at + shape->icv + 2)
        return;
    report->is_opened = true;
    report->opened = (ipsec_opened){.icv_status = shape->icv ? IPSEC_ICV_UNVERIFIED : IPSEC_ICV_NOT_PRESENT,
                                    .unverified = IPSEC_UNVERIFIED_NO_KEY,
                                    .iv_length = shape->iv,
                                    .icv_length = shape->icv};
    trailer.plaintext = view->data + at;
    trailer.length = view->length - at - shape->icv;
    report->opened.plaintext = trailer.plaintext;
    report->opened.plaintext_length = trailer.length;
    report->opened.clear_at = at;
    ipsec_check_trailer(view, &trailer, report);
}

static void open_without_key(const ipsec_opener *opener, const ipsec_view *view, ipsec_sa_keys *keys,
                             ipsec_record *record, ipsec_report *report)
{
    const bool probe = opener->config->null_heuristic && view->protocol == IPSEC_PROTOCOL_ESP;

    if (!probe || !ipsec_null_probe_is_open(&keys->null)) {
        keys->idle = !ipsec_keyring_needs_source(opener->ring) && !opener->config->sa_complete;
        return;
    }
    if (!report->whole || view->length < IPSEC_ESP_FLOOR || !ipsec_null_probe_learn(&keys->null, view))
        return;
    record->key = IPSEC_KEY_NONE - keys->null.shape;
    report_null(view, keys->null.shape - 1u, report);
}

static void report_unknown(const ipsec_record *record, ipsec_report *report)
{
    const bool ah = report->protocol == IPSEC_PROTOCOL_AH;

    ipsec_report_add_hint(report, ah ? IPSEC_FINDING_AH_SPI_UNKNOWN : IPSEC_FINDING_ESP_SPI_UNKNOWN, ah ? 4 : 0, 4,
                          record->hint, 0);
}

static bool is_unknown(const ipsec_opener *opener, const ipsec_view *view)
{
    return opener->config->sa_complete && view->address_length > 0 &&
           ipsec_keyring_knows_destination(opener->ring, view);
}

/* --- calls ----------------------------------------------------------------------------------------- */

void ipsec_open_next(ipsec_opener *opener, const ipsec_view *view, ipsec_sa *sa, ipsec_record *record,
                     ipsec_report *report)
{
    ipsec_sa_keys *keys = &sa->keys;

    if (!is_resolved(opener, view, keys))
        resolve(opener, view, report->spi, keys);
    if (keys->row != IPSEC_KEY_NONE) {
        record->key = keys->row;
        open_with_row(opener, view, keys, record, report);
    } else if (is_unknown(opener, view)) {
        record->unknown = true;
        record->hint = look_around(opener->ring, view, report->spi);
        report_unknown(record, report);
    } else {
        open_without_key(opener, view, keys, record, report);
    }
}

static void open_row_again(ipsec_opener *opener, const ipsec_view *view, const ipsec_record *record,
                           ipsec_report *report)
{
    ipsec_key_row *row = ipsec_keyring_row(opener->ring, record->key);
    uint8_t outer[IPSEC_AH_OUTER_MOST];
    const ipsec_envelope envelope = ipsec_envelope_of(view, row->spec.encryption, row->spec.integrity, outer);
    ipsec_crypto *crypto = ipsec_key_row_open(row);
    const ipsec_attempt attempt = {.esn = record->esn, .high = record->high};

    begin(&envelope, &row->spec, report);
    report_encapsulation(view, &row->spec, report);
    if (!can_be_opened(view, report)) {
        report->opened.unverified = report->whole ? IPSEC_UNVERIFIED_TOO_SHORT : IPSEC_UNVERIFIED_NOT_WHOLE;
        return;
    }
    make_room(opener);
    if (crypto && record->icv != IPSEC_ICV_BAD)
        ipsec_envelope_try(&envelope, crypto, attempt, opener->plaintext);
    report_row(&envelope, row, record, opener->config->sa_complete, crypto ? opener->plaintext : NULL, report);
}

void ipsec_open_again(ipsec_opener *opener, const ipsec_view *view, const ipsec_record *record, ipsec_report *report)
{
    if (record->unknown)
        report_unknown(record, report);
    else if (IPSEC_KEY_IS_NULL(record->key))
        report_null(view, IPSEC_KEY_NONE - record->key - 1, report);
    else if (record->key != IPSEC_KEY_NONE)
        open_row_again(opener, view, record, report);
}
