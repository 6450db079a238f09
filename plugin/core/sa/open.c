/* Opening packets: which key row an SA uses, whether the ICV verifies, and what is inside.
 *
 * The results of trying go into the ruling; the report follows from packet and ruling alone (see open_report.c), so
 * that later passes report the same.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/open.h"
#include "base/hash.h"
#include "base/octets.h"
#include "sa/generation.h"
#include "packet/checks.h"
#include "sa/coalesced.h"
#include "sa/guess.h"
#include "sa/in_clear.h"
#include "sa/life.h"
#include "sa/negotiated.h"
#include "sa/open_report.h"
#include "sa/outer_reason.h"
#include "sa/sequence.h"
#include "sa/stack_windows.h"
#include "sa/try.h"
#include "packet/ip.h"
#include "packet/kind.h"

#include <glib.h>
#include <string.h>

/* When to look for the reason of a wrong key: at the first failures of an SA, and then whenever their count has
 * doubled, because the first packets may have been forged. The count has 16 bits: 3 + 14 guesses in 65,536 failures. */
#define GUESSES_AT_FIRST 3u

/* How much is tried in all, in octets of packets. Each row has a share, so that forged SPIs that match a wildcard row
 * leave something for the others. The same amount again is reserved for the first guess of each row. All of it takes a
 * second. */
#define GUESSED_IN_ALL  (2u << 20)
#define GUESSED_PER_ROW (GUESSED_IN_ALL / 8)
#define GUESS_OVERHEAD  512u /* the cost of opening contexts, in octets */

/* --- which key ------------------------------------------------------------------------------------- */

static uint32_t hash_source(const ipsec_opener *opener, const ipsec_view *view)
{
    uint64_t words[2];

    return (uint32_t)ipsec_hash_address(opener->sas->seed, view->source, view->address_length, words);
}

static bool is_resolved(const ipsec_opener *opener, const ipsec_view *view, const ipsec_sa_keys *keys)
{
    if (!keys->resolved || !ipsec_keyring_needs_source(opener->ring))
        return keys->resolved;
    return view->address_length == 0 || keys->source == hash_source(opener, view);
}

/* Resets sequence numbers and IVs, because they are different with another key. */
static void begin_numbers(const ipsec_opener *opener, ipsec_sa *sa)
{
    const ipsec_key_row *spec = &ipsec_keyring_row(opener->ring, sa->keys.row)->spec;

    ipsec_sequence_begin(&sa->numbers, spec->replay_window, (ipsec_esn_mode)spec->esn);
    ipsec_iv_forget(opener->sas->ivs, &sa->iv);
}

static uint32_t find_row(const ipsec_opener *opener, const ipsec_view *view, uint32_t spi)
{
    return view->address_length ? ipsec_keyring_find(opener->ring, view, spi) : IPSEC_KEY_NONE;
}

/* Whether the row that was found is the one that the SA has, or the head of the chain that has that one. */
static bool is_row_of(const ipsec_keyring *ring, const ipsec_sa_keys *keys, uint32_t row)
{
    if (!keys->resolved)
        return false;
    for (unsigned i = 0; i < keys->position && row != IPSEC_KEY_NONE; i++)
        row = ipsec_keyring_next(ring, row);
    return row == keys->row;
}

/* Gives the SA the row that was found for its packet, and returns whether there is one. A packet from another source
 * without a row does not make the SA forget its row; nor does another source with the same row. */
static IPSEC_COLD bool resolve(const ipsec_opener *opener, const ipsec_view *view, uint32_t row, ipsec_sa *sa)
{
    ipsec_sa_keys *keys = &sa->keys;
    const bool same = is_row_of(opener->ring, keys, row);

    if (keys->resolved && row == IPSEC_KEY_NONE)
        return false;
    if (!same)
        *keys = (ipsec_sa_keys){.null = keys->null, .row = row};
    keys->resolved = true;
    if (view->address_length)
        keys->source = hash_source(opener, view);
    if (row == IPSEC_KEY_NONE)
        return false;
    if (!same)
        begin_numbers(opener, sa);
    return true;
}

/* Where else the tables have the SPI, as an ipsec_advice_case. */
static uint8_t look_around(ipsec_keyring *ring, const ipsec_view *view, uint32_t spi)
{
    const uint8_t length = view->address_length;

    for (unsigned i = 0; i < IPSEC_HEADER_KINDS; i++) {
        const uint8_t protocol = ipsec_header_kinds[i]->protocol;

        if (protocol != view->protocol && ipsec_keyring_has(ring, spi, protocol, view->destination, length))
            return IPSEC_CASE_SPI_OTHER_PROTOCOL;
    }
    if (ipsec_keyring_has(ring, spi, view->protocol, view->source, length))
        return IPSEC_CASE_SPI_REVERSE;
    if (ipsec_keyring_has(ring, GUINT32_SWAP_LE_BE(spi), view->protocol, view->destination, length))
        return IPSEC_CASE_SPI_SWAPPED;
    if (ipsec_keyring_has(ring, spi, view->protocol, NULL, 0))
        return IPSEC_CASE_SPI_ELSEWHERE;
    return IPSEC_CASE_NONE;
}

/* --- why it fails ------------------------------------------------------------------------------------ */

static bool is_turn(unsigned failures)
{
    return failures <= GUESSES_AT_FIRST || (failures & (failures - 1)) == 0;
}

static bool is_affordable(const ipsec_opener *opener, const ipsec_key *row)
{
    const uint32_t most = row->guessed == 0 ? 2 * GUESSED_IN_ALL : GUESSED_IN_ALL;

    if (row->guessed < GUESSED_PER_ROW && opener->guessed < most)
        return true;
    ipsec_limit_reached(opener->limits, IPSEC_LIMIT_WRONG_KEYS);
    return false;
}

static IPSEC_COLD void look_into_failure(ipsec_opener *opener, const ipsec_envelope *envelope, ipsec_key *row,
                                         ipsec_sa_keys *keys, ipsec_note *note)
{
    /* The reason why nothing verifies is looked for until it is found; the damage to packets of a good SA may differ
     * each time. */
    const bool again = keys->row_confirmed || keys->advice_case == IPSEC_CASE_NONE;
    const uint32_t cost = envelope->view->length + GUESS_OVERHEAD;

    if (again && is_turn(++keys->failures) && is_affordable(opener, row)) {
        row->guessed += cost;
        opener->guessed += cost;
        keys->advice_case = (uint8_t)ipsec_guess(envelope, &row->spec, opener->plaintext, &keys->detail);
    } else if (again) {
        keys->advice_case = IPSEC_CASE_NONE;
    }
    note->advice_case = keys->advice_case;
    note->detail = keys->detail;
}

/* Remembers the source of AH that verified, to recognise later what a NAT changes. */
static void remember_sender(ipsec_opener *opener, const ipsec_view *view, const ipsec_sa *sa)
{
    ipsec_sender *sender;

    if (!ipsec_covers_outer(view->protocol) || view->address_length == 0)
        return;
    if (!opener->senders)
        opener->senders = g_new0(ipsec_sender, IPSEC_SENDERS_KEPT);
    sender = &opener->senders[sa->index % IPSEC_SENDERS_KEPT];
    *sender = (ipsec_sender){.sa = sa->index + 1};
    memcpy(sender->address, view->source, view->address_length);
}

static const uint8_t *sender_of(const ipsec_opener *opener, const ipsec_sa *sa)
{
    const ipsec_sender *sender = opener->senders ? &opener->senders[sa->index % IPSEC_SENDERS_KEPT] : NULL;

    if (!sender || sender->sa == sa->index + 1)
        return sender ? sender->address : NULL;
    if (sender->sa > 0)
        ipsec_limit_reached(opener->limits, IPSEC_LIMIT_AH_SENDERS);
    return NULL;
}

/* Looks for what in front of AH makes its ICV fail, for each packet, because it may differ each time. Finding it
 * confirms the key for this packet, and moves nothing. */
static IPSEC_COLD bool find_ah_reason(ipsec_opener *opener, const ipsec_envelope *envelope, const ipsec_key *row,
                                      const ipsec_sa *sa, ipsec_note *note)
{
    const ipsec_key_row *spec = &row->spec;
    ipsec_attempt attempt = {.esn = spec->esn == IPSEC_ESN_YES, .high = spec->high_count ? spec->highs[0] : 0};

    /* This takes some 30 digests, so it is not done for packets that no link carries. */
    if (envelope->encryption || !row->crypto || envelope->view->length > IPSEC_LARGEST_ON_WIRE)
        return false;
    if (sa->keys.row_confirmed)
        attempt = (ipsec_attempt){.esn = sa->keys.esn, .high = sa->keys.high};
    note->advice_case =
        (uint8_t)ipsec_ah_reason(envelope, row->crypto, attempt, spec, sender_of(opener, sa), &note->detail);
    return note->advice_case != IPSEC_CASE_NONE;
}

/* What was known of numbers and senders before the first ICV verified was guesswork. */
static void learn(const ipsec_ruling *ruling, ipsec_sa *sa)
{
    ipsec_sa_keys *keys = &sa->keys;

    if (ruling->icv == IPSEC_ICV_GOOD && !keys->icv_good) {
        ipsec_sequence_distrust(&sa->numbers);
        ipsec_life_begin(sa);
    }
    keys->row_confirmed = true;
    keys->icv_good = keys->icv_good || ruling->icv == IPSEC_ICV_GOOD;
    keys->esn = ruling->esn;
    keys->high = ruling->high;
}

static void make_room(ipsec_opener *opener)
{
    if (!opener->plaintext)
        opener->plaintext = g_malloc(IPSEC_OPENED_MOST);
}

/* A buffer for the headers in front that an ICV covers, for ipsec_envelope_of(). */
static uint8_t *room_for_outer(ipsec_opener *opener, const ipsec_view *view)
{
    if (ipsec_covers_outer(view->protocol) && !opener->outer)
        opener->outer = g_malloc(IPSEC_AH_OUTER_MOST);
    return opener->outer;
}

static bool can_be_opened(const ipsec_view *view, const ipsec_open_report *report)
{
    return report->findings->whole && view->length >= ipsec_kind_of(view->protocol)->fixed &&
           view->length <= IPSEC_OPENED_MOST;
}

/* The receiver starts from exactly the high half in the row. A packet with a neighbouring one verifies here, but fails
 * there. Not with the high half in a dump, which is from another time. */
static bool has_start(const ipsec_key_row *spec)
{
    return spec->origin != IPSEC_ORIGIN_XFRM && spec->high_count == 1;
}

/* Until the receiver has accepted a packet, it keeps its initial high half. */
static bool is_wrong_start(const ipsec_key_row *spec, ipsec_sa_keys *keys, const ipsec_ruling *ruling)
{
    if (ruling->icv != IPSEC_ICV_GOOD || !ruling->esn || keys->start_seen || !has_start(spec))
        return false;
    keys->start_seen = ruling->high == spec->highs[0];
    return !keys->start_seen;
}

/* Gives the SA another row, with what it knew when it had that row; the first time, it starts with nothing. */
static IPSEC_COLD void change_row(const ipsec_opener *opener, ipsec_sa *sa, const ipsec_key *row)
{
    const ipsec_sa_keys before = sa->keys;

    if (ipsec_generation_take(opener->sas->generations, sa, row->index))
        return;
    sa->keys = (ipsec_sa_keys){
        .null = before.null, .row = row->index, .position = row->position, .resolved = true, .source = before.source};
    begin_numbers(opener, sa);
    ipsec_life_begin(sa);
}

static void take_row(const ipsec_opener *opener, ipsec_sa *sa, const ipsec_key *row, ipsec_ruling *ruling)
{
    if (row->index != sa->keys.row && ruling->icv == IPSEC_ICV_GOOD)
        change_row(opener, sa, row);
    ruling->alternative = row->position;
}

static void learn_row(ipsec_opener *opener, const ipsec_envelope *envelope, ipsec_key *row, ipsec_sa *sa,
                      ipsec_ruling *ruling, ipsec_note *note)
{
    ipsec_sa_keys *keys = &sa->keys;
    bool proved = false;

    take_row(opener, sa, row, ruling);
    if (is_wrong_start(&row->spec, keys, ruling)) {
        ipsec_note_add(note, IPSEC_FINDING_ESN_WRONG_HIGH);
        note->wrong_by = IPSEC_STACKS_ALL; /* for any window */
    }
    if (ruling->icv == IPSEC_ICV_BAD)
        proved = find_ah_reason(opener, envelope, row, sa, note);
    if (ruling->icv == IPSEC_ICV_GOOD && !keys->icv_good)
        remember_sender(opener, envelope->view, sa);
    if (ruling->icv == IPSEC_ICV_BAD && !proved)
        look_into_failure(opener, envelope, row, keys, note);
    else if (ipsec_opened_bears_out(envelope, row, ruling, opener->plaintext))
        learn(ruling, sa);
    ruling->trusted = keys->row_confirmed || proved;
    if (keys->row_confirmed && row->spec.esn == IPSEC_ESN_AUTO)
        ipsec_sequence_learn_esn(&sa->numbers, keys->esn);
}

/* --- in the clear ------------------------------------------------------------------------------------ */

static bool is_encrypted(const ipsec_encryption *encryption)
{
    return encryption->mode != IPSEC_CIPHER_NULL && encryption->mode != IPSEC_CIPHER_GMAC;
}

/* Whether the packet is in the clear although its row encrypts, because it was captured on the host side of a network
 * card that does the cryptography. Anybody can send a packet that looks like this; but once a packet has confirmed the
 * row, no card is involved. */
static IPSEC_COLD bool is_offloaded(const ipsec_opener *opener, const ipsec_envelope *envelope, const ipsec_key *row,
                                    const ipsec_sa *sa, const ipsec_ruling *ruling, const uint8_t *plaintext)
{
    const ipsec_view *view = envelope->view;
    const unsigned no_packet = IPSEC_VIEW_QUOTED | IPSEC_VIEW_FRAGMENT;

    if (!envelope->encryption || sa->keys.row_confirmed || view->flags & no_packet ||
        view->length == IPSEC_LENGTH_UNKNOWN)
        return false;
    if (!ipsec_keyring_may_offload(opener->ring, &row->spec) ||
        !(row->spec.offload || is_encrypted(envelope->encryption)) ||
        ipsec_opened_bears_out(envelope, row, ruling, plaintext))
        return false;
    return ipsec_is_in_clear(envelope, &row->spec);
}

/* Such a packet counts like a truncated one: it moves state only until the first ICV verifies. */
static IPSEC_COLD void leave_in_clear(const ipsec_key *row, ipsec_ruling *ruling, ipsec_note *note,
                                      const ipsec_open_report *report)
{
    ruling->icv = IPSEC_ICV_UNVERIFIED;
    ruling->esn = false;
    ruling->high = 0;
    ruling->alternative = row->position;
    ipsec_note_add(note, IPSEC_FINDING_CAPTURE_CRYPTO_OFFLOAD);
    ipsec_findings_foresee(report->findings, &note->found);
    ipsec_opened_offloaded(report);
}

/* --- with a row ---------------------------------------------------------------------------------------- */

static void open_with_row(ipsec_opener *opener, const ipsec_view *view, ipsec_sa *sa, ipsec_ruling *ruling,
                          ipsec_note *note, const ipsec_open_report *report)
{
    ipsec_key *row = ipsec_keyring_row(opener->ring, sa->keys.row);
    uint8_t *const outer = room_for_outer(opener, view);
    ipsec_view plain;
    const bool offload = ipsec_looks_like_offload(view, report, &plain);
    const ipsec_view *const seen = offload ? &plain : view;
    ipsec_envelope envelope = ipsec_envelope_of(seen, row->spec.encryption, row->spec.integrity, outer);

    opener->part_count = 0;
    ruling->has_row = true;
    ruling->alternative = 0;
    ruling->icv = IPSEC_ICV_UNVERIFIED;
    if (!offload && !can_be_opened(view, report)) {
        ruling->alternative = sa->keys.position;
        ipsec_opened_begin(&envelope, &row->spec, report);
        if (!report->findings->whole && is_offloaded(opener, &envelope, row, sa, ruling, NULL))
            leave_in_clear(row, ruling, note, report);
        return;
    }
    make_room(opener);
    row = ipsec_try_rows(opener, sa, ruling, &envelope, outer);
    if (ruling->icv != IPSEC_ICV_GOOD && is_offloaded(opener, &envelope, row, sa, ruling, opener->plaintext)) {
        ipsec_opened_begin(&envelope, &row->spec, report);
        leave_in_clear(row, ruling, note, report);
        return;
    }
    if (ruling->icv == IPSEC_ICV_BAD && envelope.is_guessed)
        ruling->icv = IPSEC_ICV_UNVERIFIED;
    if (offload && ruling->icv == IPSEC_ICV_BAD)
        ruling->icv = ipsec_try_parts(opener, seen, row, sa, ruling) & 3;
    if (offload && ruling->icv == IPSEC_ICV_BAD && opener->part_count == 0 && ipsec_has_other_row(opener->ring, row))
        row = ipsec_try_parts_of_others(opener, sa, row, ruling, &envelope);
    if (offload && !ipsec_settle_offload(opener, sa, ruling, report)) {
        ruling->alternative = row->position;
        ipsec_opened_begin(&envelope, &row->spec, report);
        return;
    }
    learn_row(opener, &envelope, row, sa, ruling, note);
    ipsec_opened_begin(&envelope, &row->spec, report);
    if (ruling->icv == IPSEC_ICV_GOOD && opener->part_count > 0)
        report->opened->icv_status = IPSEC_ICV_GOOD;
    else
        ipsec_opened_report(&envelope, row, ruling, note, opener->config->sa_complete, opener->plaintext, report);
}

/* --- without a key ----------------------------------------------------------------------------------- */

bool ipsec_open_probe(const ipsec_opener *opener, const ipsec_view *view, ipsec_null_probe *probe, bool whole)
{
    if (!opener->config->null_heuristic || !ipsec_encrypts(view->protocol)) {
        ipsec_null_probe_rest(probe);
        return false;
    }
    return whole && view->length >= IPSEC_ESP_FLOOR && ipsec_null_probe_learn(probe, view);
}

void ipsec_open_probed(const ipsec_view *view, const ipsec_null_probe *probe, ipsec_ruling *ruling,
                       const ipsec_open_report *report)
{
    ruling->shape = probe->shape;
    ipsec_opened_null(view, probe->shape - 1u, report);
}

void ipsec_open_without_key(const ipsec_opener *opener, const ipsec_view *view, ipsec_null_probe *probe,
                            ipsec_ruling *ruling, const ipsec_open_report *report)
{
    if (ipsec_open_probe(opener, view, probe, report->findings->whole))
        ipsec_open_probed(view, probe, ruling, report);
}

/* Whether the payload is encrypted, and so cannot be read without a key. */
static bool is_opaque(const ipsec_key_row *negotiated)
{
    return negotiated->encryption && is_encrypted(negotiated->encryption);
}

void ipsec_open_negotiated(ipsec_opener *opener, const ipsec_view *view, const ipsec_open_report *report)
{
    if (!report->opened->valid)
        ipsec_opened_negotiated(view, room_for_outer(opener, view), report);
}

/* IKE negotiated the SA, but its keys are not known. */
static IPSEC_COLD void open_negotiated(ipsec_opener *opener, const ipsec_view *view, ipsec_sa *sa, ipsec_ruling *ruling,
                                       const ipsec_open_report *report)
{
    if (!is_opaque(report->negotiated))
        ipsec_open_without_key(opener, view, &sa->keys.null, ruling, report);
    ipsec_open_negotiated(opener, view, report);
}

/* What IKE says of an SPI that the receiver does not have, as an ipsec_advice_case. */
static uint8_t ask_ike(const ipsec_opener *opener, const ipsec_view *view, uint32_t spi)
{
    const ipsec_negotiated *of = ipsec_negotiated_at(opener->sas, view, spi);

    if (!of)
        return ipsec_negotiated_knows(opener->sas, view) ? IPSEC_CASE_SPI_NEVER : IPSEC_CASE_NONE;
    if (!ipsec_negotiated_is_over(of, view))
        return IPSEC_CASE_NONE;
    return of->has_restarted ? IPSEC_CASE_SPI_RESTARTED : IPSEC_CASE_SPI_DELETED;
}

static bool is_unknown(const ipsec_opener *opener, const ipsec_view *view)
{
    return opener->config->sa_complete && view->address_length > 0 &&
           ipsec_keyring_knows_destination(opener->ring, view);
}

/* --- calls ----------------------------------------------------------------------------------------- */

/* Whether a row that is not the SA's, or one of its chain, opens the packet. */
static bool opens_with(ipsec_opener *opener, const ipsec_view *view, const ipsec_open_report *report, uint32_t row,
                       const ipsec_sa *sa)
{
    const ipsec_sa fresh = {.index = sa->index, .keys = {.row = row}};
    const ipsec_sa *then = ipsec_generation_of(opener->sas->generations, sa, row);
    const ipsec_key_row *spec = &ipsec_keyring_row(opener->ring, row)->spec;
    uint8_t *const outer = room_for_outer(opener, view);
    ipsec_ruling ruling = {0};
    ipsec_envelope envelope;

    if (!can_be_opened(view, report))
        return false;
    make_room(opener);
    envelope = ipsec_envelope_of(view, spec->encryption, spec->integrity, outer);
    ipsec_try_rows(opener, then ? then : &fresh, &ruling, &envelope, outer);
    return ruling.icv == IPSEC_ICV_GOOD;
}

/* Opens a packet from a source that has another row than the one that verified for the SA, or none. If the other row
 * opens it, the SA continues with that. Else it counts as the SA's own, because receivers find an SA without looking at
 * the source. */
static IPSEC_COLD void open_as_stranger(ipsec_opener *opener, const ipsec_view *view, uint32_t row, ipsec_sa *sa,
                                        ipsec_ruling *ruling, ipsec_note *note, const ipsec_open_report *report)
{
    const bool changes = row != IPSEC_KEY_NONE && opens_with(opener, view, report, row, sa);

    if (changes) {
        change_row(opener, sa, ipsec_keyring_row(opener->ring, row));
        sa->keys.source = hash_source(opener, view);
    }
    open_with_row(opener, view, sa, ruling, note, report);
    if (!changes)
        ipsec_note_row(note, sa->keys.row);
}

/* VPP's protected tunnels accept only ESP; all other SAs come by policy. */
static bool is_by_policy(const ipsec_opener *opener, const ipsec_sa *sa, uint8_t protocol)
{
    const ipsec_key_row *spec = &ipsec_keyring_row(opener->ring, sa->keys.row)->spec;

    return !ipsec_encrypts(protocol) || spec->mode == IPSEC_MODE_TRANSPORT;
}

/* Whether a policy of VPP, which does not tell ESP SAs from AH SAs, leads to an SA that has seen the number. */
static bool is_seen_by_other(const ipsec_opener *opener, const ipsec_view *view, const ipsec_header *header)
{
    for (unsigned i = 0; i < IPSEC_HEADER_KINDS; i++) {
        ipsec_view other = *view;
        const ipsec_sa *sa;

        other.protocol = ipsec_header_kinds[i]->protocol;
        sa = other.protocol == view->protocol ? NULL : ipsec_sa_find(opener->sas, &other, header->spi);
        if (sa && sa->keys.icv_good && is_by_policy(opener, sa, other.protocol) &&
            ipsec_sa_has_seen(opener->config, sa, header->sequence, IPSEC_STACK_VPP))
            return true;
    }
    return false;
}

/* Opens a packet for which the SA has no row. */
static void open_without_row(ipsec_opener *opener, const ipsec_view *view, ipsec_sa *sa, ipsec_ruling *ruling,
                             ipsec_note *note, const ipsec_open_report *report)
{
    if (report->negotiated && !(report->deleted_by && is_unknown(opener, view))) {
        open_negotiated(opener, view, sa, ruling, report);
        return;
    }
    if (!is_unknown(opener, view)) {
        sa->keys.nothing_to_try =
            !ipsec_keyring_needs_source(opener->ring) && !opener->config->sa_complete && !sa->is_negotiated;
        ipsec_open_without_key(opener, view, &sa->keys.null, ruling, report);
        return;
    }
    ruling->unknown = true;
    note->advice_case = look_around(opener->ring, view, report->header->spi);
    if (note->advice_case == IPSEC_CASE_NONE)
        note->advice_case = ask_ike(opener, view, report->header->spi);
    if (note->advice_case == IPSEC_CASE_SPI_OTHER_PROTOCOL && is_seen_by_other(opener, view, report->header))
        note->facts |= IPSEC_NOTE_SEEN_BY_OTHER;
    ipsec_opened_unknown(note, report);
}

void ipsec_open_next(ipsec_opener *opener, const ipsec_view *view, ipsec_sa *sa, ipsec_ruling *ruling, ipsec_note *note,
                     const ipsec_open_report *report)
{
    const ipsec_sa_keys *keys = &sa->keys;
    bool has_row = keys->row != IPSEC_KEY_NONE;

    if (!is_resolved(opener, view, keys)) {
        const uint32_t row = find_row(opener, view, report->header->spi);

        if (keys->icv_good && !is_row_of(opener->ring, keys, row)) {
            open_as_stranger(opener, view, row, sa, ruling, note, report);
            return;
        }
        has_row = resolve(opener, view, row, sa);
    }
    if (has_row)
        open_with_row(opener, view, sa, ruling, note, report);
    else
        open_without_row(opener, view, sa, ruling, note, report);
}

/* The row that the packet was opened with: that of the note, or else the one that is found, or one of its chain. NULL
 * if none is found, because then the ruling belongs to another packet. */
static ipsec_key *row_of(const ipsec_keyring *ring, const ipsec_view *view, uint32_t spi, unsigned alternative,
                         const ipsec_note *note)
{
    const uint32_t first = ipsec_keyring_find(ring, view, spi);
    ipsec_key *row = first == IPSEC_KEY_NONE ? NULL : ipsec_keyring_row(ring, first);

    if (note->row)
        return ipsec_keyring_row(ring, note->row - 1);
    while (row && alternative-- > 0 && ipsec_has_other_row(ring, row))
        row = ipsec_keyring_row(ring, ipsec_keyring_next(ring, row->index));
    return row;
}

/* The status of the ruling, if the row confirms it, so that nothing is reported as good that is not. */
static ipsec_icv_status verify_again(ipsec_opener *opener, const ipsec_envelope *envelope, ipsec_key *row,
                                     const ipsec_ruling *ruling)
{
    const ipsec_attempt attempt = {.esn = ruling->esn, .high = ruling->high};
    const ipsec_icv_status expected = (ipsec_icv_status)ruling->icv;

    if (expected == IPSEC_ICV_BAD || !ipsec_key_open(row))
        return expected == IPSEC_ICV_BAD ? expected : IPSEC_ICV_UNVERIFIED;
    make_room(opener);
    return ipsec_envelope_try(envelope, row->crypto, attempt, opener->plaintext) == expected ? expected
                                                                                             : IPSEC_ICV_UNVERIFIED;
}

static void open_row_again(ipsec_opener *opener, const ipsec_view *view, const ipsec_ruling *ruling,
                           const ipsec_note *note, const ipsec_open_report *report)
{
    ipsec_key *row = row_of(opener->ring, view, report->header->spi, ruling->alternative, note);
    uint8_t *const outer = room_for_outer(opener, view);
    ipsec_ruling again = *ruling;
    ipsec_envelope envelope;
    ipsec_view plain;
    const bool offload = ipsec_looks_like_offload(view, report, &plain);

    if (!row)
        return;
    envelope = ipsec_envelope_of(offload ? &plain : view, row->spec.encryption, row->spec.integrity, outer);
    ipsec_opened_begin(&envelope, &row->spec, report);
    if (ipsec_note_has(note, IPSEC_FINDING_CAPTURE_CRYPTO_OFFLOAD)) {
        ipsec_opened_offloaded(report);
        return;
    }
    if (offload ? ruling->icv == IPSEC_ICV_UNVERIFIED : !can_be_opened(view, report))
        return;
    again.icv = verify_again(opener, &envelope, row, ruling) & 3;
    if (offload && ruling->icv == IPSEC_ICV_GOOD && again.icv != IPSEC_ICV_GOOD) {
        report->opened->icv_status = IPSEC_ICV_GOOD; /* its parts are good */
        return;
    }
    if (offload)
        ipsec_take_for_packet(report);
    ipsec_opened_report(&envelope, row, &again, note, opener->config->sa_complete,
                        again.icv == ruling->icv && again.icv != IPSEC_ICV_BAD ? opener->plaintext : NULL, report);
}

void ipsec_open_again(ipsec_opener *opener, const ipsec_view *view, const ipsec_ruling *ruling, const ipsec_note *note,
                      const ipsec_open_report *report)
{
    if (ruling->unknown)
        ipsec_opened_unknown(note, report);
    else if (ruling->shape)
        ipsec_opened_null(view, ruling->shape - 1u, report);
    else if (ruling->has_row)
        open_row_again(opener, view, ruling, note, report);
}

ipsec_oddities ipsec_open_ask(const ipsec_opener *opener, const ipsec_view *view, uint32_t spi)
{
    if (find_row(opener, view, spi) != IPSEC_KEY_NONE)
        return IPSEC_ODDITY_SHORT_KNOWN;
    return is_unknown(opener, view) ? IPSEC_ODDITY_SHORT_UNKNOWN : 0;
}

void ipsec_open_in_hindsight(const ipsec_opener *opener, const ipsec_view *view, const ipsec_ruling *ruling,
                             const ipsec_open_report *report)
{
    const ipsec_sa *sa;
    uint8_t shape;

    if (!ipsec_encrypts(view->protocol) || ruling->standing != IPSEC_BELIEVED || view->length < IPSEC_ESP_FLOOR)
        return;
    sa = ipsec_sa_find(opener->sas, view, report->header->spi);
    shape = sa && sa->index == ruling->sa ? ipsec_null_probe_shape(&sa->keys.null) : 0;
    if (shape)
        ipsec_opened_in_hindsight(view, shape - 1u, report);
}
