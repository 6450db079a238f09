/* Reports on a packet that was opened.
 *
 * A key row may be wrong, or from another time. So until a packet of the SA has verified, a mismatch counts against the
 * row, not against the packet.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/open_report.h"
#include "keys/terms.h"
#include "packet/checks.h"
#include "packet/ip.h"
#include "packet/ip_input.h"
#include "packet/protocol.h"
#include "sa/null_probe.h"
#include "sa/tail.h"
#include "sa/trailer.h"
#include "packet/kind.h"
#include "packet/find.h"

/* IKE may say what a row with keys leaves open. */
static const ipsec_key_row *row_that_counts(const ipsec_key_row *spec, const ipsec_key_row *negotiated)
{
    const bool is_silent = spec->mode == IPSEC_MODE_ANY && spec->encapsulation == IPSEC_ENCAP_ANY &&
                           !spec->selector.present && spec->other_count == 0;

    return negotiated && is_silent ? negotiated : spec;
}

void ipsec_opened_begin(const ipsec_envelope *envelope, const ipsec_key_row *spec, const ipsec_open_report *report)
{
    const ipsec_key_row *like = row_that_counts(spec, report->negotiated);
    ipsec_terms_set terms = ipsec_terms_of(like);
    const bool fits = ipsec_terms_fit_encapsulation(like, envelope->view->encapsulation, &terms);
    const ipsec_finding_id mismatch = ipsec_kind_of(envelope->view->protocol)->encap_mismatch;

    *report->opened =
        (ipsec_opened){.valid = true,
                       .spec = spec,
                       .like = like,
                       .terms = terms,
                       .icv_status = IPSEC_ICV_UNVERIFIED,
                       .unverified = report->findings->whole ? IPSEC_UNVERIFIED_TOO_SHORT : IPSEC_UNVERIFIED_NOT_WHOLE,
                       .iv_length = envelope->iv,
                       .icv_length = envelope->icv,
                       .combined_mode = envelope->encryption && ipsec_encryption_is_combined(envelope->encryption),
                       .is_sealed = envelope->encryption != NULL,
                       .has_room = envelope->encryption && envelope->body >= 0};
    if (!fits && mismatch != IPSEC_FINDING_COUNT)
        ipsec_findings_add(report->findings, mismatch, 0, 0);
}

/* --- the row --------------------------------------------------------------------------------------- */

static bool is_null(const ipsec_envelope *envelope)
{
    return envelope->encryption && envelope->encryption->mode == IPSEC_CIPHER_NULL;
}

/* Whether it was decrypted without an ICV that shows whether the key is right. */
static bool is_decrypted_only(const ipsec_envelope *envelope, const ipsec_key *row, const ipsec_ruling *ruling)
{
    if (!envelope->encryption || !row->crypto)
        return false;
    return ruling->icv == IPSEC_ICV_NOT_PRESENT ||
           (ruling->icv == IPSEC_ICV_UNVERIFIED && envelope->integrity->kind == IPSEC_MAC_ANY);
}

static ipsec_trailer trailer_of(const ipsec_envelope *envelope, const ipsec_key_row *spec, const uint8_t *plaintext)
{
    const uint32_t block = envelope->encryption->block;

    return (ipsec_trailer){.plaintext = plaintext,
                           .length = (uint32_t)envelope->body,
                           .at = IPSEC_ESP_HEADER + envelope->iv,
                           .block = block < 4 ? 4 : block,
                           .spec = spec};
}

static bool has_sound_trailer(const ipsec_envelope *envelope, const ipsec_key_row *spec, const uint8_t *plaintext)
{
    ipsec_trailer trailer;

    if (!plaintext || !ipsec_envelope_is_openable(envelope))
        return false;
    trailer = trailer_of(envelope, spec, plaintext);
    return ipsec_trailer_is_sound(&trailer);
}

bool ipsec_opened_bears_out(const ipsec_envelope *envelope, const ipsec_key *row, const ipsec_ruling *ruling,
                            const uint8_t *plaintext)
{
    if (!is_decrypted_only(envelope, row, ruling))
        return ruling->icv == IPSEC_ICV_GOOD;
    return has_sound_trailer(envelope, &row->spec, plaintext);
}

/* In UDP, a row for any SPI does not show that there is IPsec at all. */
static bool may_be_another_protocol(const ipsec_view *view, const ipsec_key_row *spec)
{
    return view->encapsulation == IPSEC_ENCAPSULATION_UDP && spec->spi_mask != UINT32_MAX;
}

/* Whether it is too short for what the row's algorithms add to a packet, whatever the key. */
static bool is_runt(const ipsec_envelope *envelope)
{
    return envelope->encryption && envelope->body < 2;
}

/* Whether there is an ICV that fails: a packet that is too short has none, unless it is known to verify with other
 * settings. */
static bool has_failed(const ipsec_envelope *envelope, const ipsec_ruling *ruling, const ipsec_note *note)
{
    return ruling->icv == IPSEC_ICV_BAD && (!is_runt(envelope) || note->advice_case != IPSEC_CASE_NONE);
}

/* --- ICV and lengths --------------------------------------------------------------------------------- */

static void add_icv(const ipsec_envelope *envelope, const ipsec_note *note, ipsec_finding_id id,
                    const ipsec_open_report *report)
{
    ipsec_findings_add_with(report->findings, id, ipsec_envelope_icv_at(envelope, envelope->icv), envelope->icv,
                            (ipsec_advice_detail){.advice_case = note->advice_case, .detail = note->detail});
}

static void report_icv(const ipsec_envelope *envelope, const ipsec_ruling *ruling, const ipsec_note *note,
                       bool right_row, const ipsec_open_report *report)
{
    if (ruling->icv == IPSEC_ICV_BAD && right_row)
        add_icv(envelope, note, ipsec_kind_of(envelope->view->protocol)->icv, report);
    if (ruling->icv == IPSEC_ICV_BAD && ipsec_ip_has_broken_options(envelope->view))
        report->opened->is_refused_by_ip = true;
    if (ruling->icv == IPSEC_ICV_BAD && envelope->encryption &&
        (note->advice_case == IPSEC_CASE_ICV_LENGTH || note->advice_case == IPSEC_CASE_SHA256_96))
        add_icv(envelope, note, IPSEC_FINDING_ESP_ICV_LENGTH, report);
}

static void report_esp_lengths(const ipsec_envelope *envelope, const ipsec_open_report *report)
{
    const uint32_t length = envelope->view->length;

    if (length < IPSEC_ESP_FLOOR)
        return; /* already reported */
    report->opened->lacks_trailer = envelope->body < 2 && envelope->is_aligned;
    if (is_runt(envelope))
        ipsec_findings_add(report->findings, IPSEC_FINDING_ESP_RUNT_FOR_SA, 0, length);
    else if (!envelope->is_aligned)
        ipsec_findings_add(report->findings, IPSEC_FINDING_ESP_BLOCK_ALIGNMENT, 0, length);
}

/* Reports lengths that the row rules out. Until the row has verified anything, it may be wrong. */
static void report_lengths(const ipsec_envelope *envelope, bool right_row, const ipsec_open_report *report)
{
    report->findings->assuming = !right_row;
    report_esp_lengths(envelope, report);
    report->findings->assuming = false;
}

static uint32_t round_up(uint32_t octets, uint32_t unit)
{
    return (octets + unit - 1) / unit * unit;
}

/* The lengths that receivers accept for the SA: its ICV truncated or full, padded to words or to 8 octets. A row from
 * Linux says which padding it must be. */
static bool fits_ah_length(const ipsec_envelope *envelope, const ipsec_key_row *spec)
{
    const uint32_t header = ipsec_kind_ah.length(envelope->view->data);
    const uint32_t truncated = IPSEC_AH_HEADER + envelope->iv + envelope->icv;
    const uint32_t full = IPSEC_AH_HEADER + envelope->iv + envelope->integrity->digest;
    const bool from_linux = spec->origin == IPSEC_ORIGIN_XFRM;
    const bool by_4 = !from_linux || (spec->align4 && envelope->view->ip_version == 4);
    const bool by_8 = !from_linux || !by_4;

    return (by_4 && (header == round_up(truncated, 4) || header == round_up(full, 4))) ||
           (by_8 && (header == round_up(truncated, 8) || header == round_up(full, 8)));
}

static void report_ah_length(const ipsec_envelope *envelope, const ipsec_key_row *spec, const ipsec_open_report *report)
{
    if (report->header->payload_lost || fits_ah_length(envelope, spec) ||
        ipsec_findings_have(report->findings, IPSEC_FINDING_AH_ICV_LENGTH))
        return;
    ipsec_findings_add(report->findings, IPSEC_FINDING_AH_ICV_LENGTH, 1, 1);
}

/* After AH, a tunnel SA must carry an IP packet, or at least its header. */
static void report_ah_mode(const ipsec_envelope *envelope, const ipsec_key_row *spec, const ipsec_open_report *report)
{
    const ipsec_view *view = envelope->view;
    const uint8_t next = view->data[0];
    const uint32_t header = ipsec_kind_ah.length(view->data);
    const uint32_t least = next == IPSEC_PROTOCOL_IPV6 ? IPSEC_IPV6_HEADER : IPSEC_IPV4_HEADER;

    report->opened->next_header = next;
    if (report->header->payload_lost || header > view->length ||
        ipsec_terms_mode(spec, report->opened->terms) != IPSEC_MODE_TUNNEL)
        return;
    if (!ipsec_mode_fits(next, IPSEC_MODE_TUNNEL) || view->length - header < least)
        ipsec_findings_add(report->findings, IPSEC_FINDING_AH_NEXT_HEADER_MODE, 0, 1);
}

static ipsec_unverified reason_of(const ipsec_envelope *envelope, const ipsec_key *row)
{
    if (!row->spec.has_keys)
        return IPSEC_UNVERIFIED_NO_KEY;
    if (!row->crypto || envelope->integrity->kind == IPSEC_MAC_ANY)
        return IPSEC_UNVERIFIED_ALGORITHM;
    if (!envelope->encryption && (envelope->outer_length == 0 || envelope->is_guessed))
        return IPSEC_UNVERIFIED_NO_OUTER;
    return IPSEC_UNVERIFIED_TOO_SHORT;
}

/* --- what was inside --------------------------------------------------------------------------------- */

static bool is_in_clear(const ipsec_envelope *envelope)
{
    return is_null(envelope) || envelope->encryption->mode == IPSEC_CIPHER_GMAC;
}

/* Whether the content is certainly what the sender wrote, because the ICV verifies, or because nothing was encrypted.
 */
static bool is_sure(const ipsec_envelope *envelope, const ipsec_ruling *ruling)
{
    return ruling->icv == IPSEC_ICV_GOOD || (ruling->icv == IPSEC_ICV_NOT_PRESENT && is_null(envelope));
}

/* A body that is not a whole number of blocks, or shorter than a trailer, was not decrypted. */
static void measure_tail(const ipsec_envelope *envelope, const ipsec_ruling *ruling, const uint8_t *plaintext,
                         const ipsec_open_report *report)
{
    const bool clear = is_in_clear(envelope);
    const uint8_t *const body = clear ? envelope->view->data + IPSEC_ESP_HEADER + envelope->iv : plaintext;

    if (!report->findings->any || envelope->body < 0 || !is_sure(envelope, ruling))
        return;
    if (envelope->body > 0 && !clear && (!plaintext || !ipsec_envelope_is_openable(envelope)))
        return;
    ipsec_measure_tail(&(ipsec_tail){.view = envelope->view,
                                     .plaintext = body,
                                     .body = (uint32_t)envelope->body,
                                     .iv = envelope->iv,
                                     .icv = envelope->icv},
                       report->opened);
}

/* Without an ICV, the trailer is certainly the sender's only with NULL encryption. Otherwise it is shown if it looks
 * like one, but not judged. */
static void report_inside(const ipsec_envelope *envelope, const ipsec_ruling *ruling, const uint8_t *plaintext,
                          const ipsec_open_report *report)
{
    const ipsec_trailer trailer = trailer_of(envelope, report->opened->like, plaintext);
    const bool sure = is_sure(envelope, ruling);

    if (!sure && !ipsec_trailer_is_sound(&trailer))
        return;
    report->opened->plaintext = plaintext;
    report->opened->plaintext_length = trailer.length;
    report->opened->clear_at = is_in_clear(envelope) ? trailer.at : 0;
    ipsec_read_trailer(&trailer, report->opened);
    if (sure)
        ipsec_check_trailer(envelope->view, &trailer, report->findings, report->opened);
}

void ipsec_opened_report(const ipsec_envelope *envelope, const ipsec_key *row, const ipsec_ruling *ruling,
                         const ipsec_note *note, bool sa_complete, const uint8_t *plaintext,
                         const ipsec_open_report *report)
{
    const bool right_row = ruling->trusted || sa_complete, failed = has_failed(envelope, ruling, note);
    const bool tells_of_row = !ruling->trusted && row->crypto && !may_be_another_protocol(envelope->view, &row->spec);

    report->opened->is_sure = right_row;
    report->opened->icv_status = ruling->icv;
    report->opened->unverified = (uint8_t)reason_of(envelope, row);
    report->opened->esn = ruling->esn;
    report->opened->high = ruling->high;
    if (failed && tells_of_row)
        add_icv(envelope, note, IPSEC_FINDING_KEY_WRONG, report);
    report_icv(envelope, ruling, note, right_row, report);
    if (envelope->encryption && (right_row || (tells_of_row && !failed)))
        report_lengths(envelope, right_row, report);
    if (right_row && !envelope->encryption)
        report_ah_length(envelope, &row->spec, report);
    if (ruling->icv == IPSEC_ICV_GOOD && !envelope->encryption)
        report_ah_mode(envelope, report->opened->like, report);
    if (row->crypto && plaintext && ruling->icv != IPSEC_ICV_BAD && ipsec_envelope_is_openable(envelope))
        report_inside(envelope, ruling, plaintext, report);
    if (envelope->encryption)
        measure_tail(envelope, ruling, plaintext, report);
}

void ipsec_opened_negotiated(const ipsec_view *view, uint8_t *outer, const ipsec_open_report *report)
{
    const ipsec_key_row *spec = report->negotiated;
    const ipsec_envelope envelope = ipsec_envelope_of(view, spec->encryption, spec->integrity, outer);

    ipsec_opened_begin(&envelope, spec, report);
    report->opened->is_sure = true;
    if (!report->findings->whole)
        return;
    report->opened->unverified = IPSEC_UNVERIFIED_NO_KEY;
    if (view->length > ipsec_kind_of(view->protocol)->fixed && spec->encryption)
        report_esp_lengths(&envelope, report);
    else if (view->length > ipsec_kind_of(view->protocol)->fixed)
        report_ah_length(&envelope, spec, report);
}

void ipsec_opened_offloaded(const ipsec_open_report *report)
{
    ipsec_findings_take_apart(report->findings);
    report->opened->icv_status = IPSEC_ICV_UNVERIFIED;
    report->opened->unverified = IPSEC_UNVERIFIED_OFFLOAD;
}

/* Shows what is in a packet of ESP-NULL, and fills in its trailer; false if there is nothing to show. */
static bool show_null(const ipsec_view *view, unsigned shape, const ipsec_open_report *report, ipsec_trailer *trailer)
{
    const ipsec_null_shape *lengths;
    uint32_t at;

    if (!report->findings->whole || shape >= IPSEC_NULL_SHAPES)
        return false;
    lengths = ipsec_null_shape_row(shape);
    at = IPSEC_ESP_HEADER + lengths->iv;
    if (view->length < at + lengths->icv + 2)
        return false;
    *trailer =
        (ipsec_trailer){.plaintext = view->data + at, .length = view->length - at - lengths->icv, .at = at, .block = 4};
    *report->opened = (ipsec_opened){.valid = true,
                                     .is_sealed = true,
                                     .icv_status = lengths->icv ? IPSEC_ICV_UNVERIFIED : IPSEC_ICV_NOT_PRESENT,
                                     .unverified = IPSEC_UNVERIFIED_NO_KEY,
                                     .iv_length = lengths->iv,
                                     .icv_length = lengths->icv,
                                     .plaintext = trailer->plaintext,
                                     .plaintext_length = trailer->length,
                                     .clear_at = at};
    ipsec_read_trailer(trailer, report->opened);
    return true;
}

void ipsec_opened_null(const ipsec_view *view, unsigned shape, const ipsec_open_report *report)
{
    ipsec_trailer trailer;

    if (!show_null(view, shape, report, &trailer))
        return;
    report->findings->assuming = true;
    ipsec_check_trailer(view, &trailer, report->findings, report->opened);
    report->findings->assuming = false;
}

void ipsec_opened_in_hindsight(const ipsec_view *view, unsigned shape, const ipsec_open_report *report)
{
    ipsec_trailer unused;

    if (report->findings->whole && shape < IPSEC_NULL_SHAPES && ipsec_null_shape_fits(shape, view))
        report->opened->in_hindsight = show_null(view, shape, report, &unused);
}

void ipsec_opened_unproven(const ipsec_open_report *report)
{
    if (report->opened->valid && report->opened->unverified == IPSEC_UNVERIFIED_NO_OUTER)
        ipsec_findings_add(report->findings, IPSEC_FINDING_AH_UNVERIFIABLE, 0, 0);
}

void ipsec_opened_unknown(const ipsec_note *note, const ipsec_open_report *report)
{
    const ipsec_header_kind *kind = ipsec_kind_of(report->header->protocol);

    ipsec_findings_add_with(report->findings, kind->spi_unknown, kind->spi_at, 4,
                            (ipsec_advice_detail){.advice_case = note->advice_case});
}
