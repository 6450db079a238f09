/* Where IV, body and ICV of a packet are, and trying a key on them. SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys/envelope.h"
#include "base/octets.h"
#include "packet/ip.h"
#include "packet/kind.h"

#include <stddef.h>
#include <string.h>

#define IPSEC_PIECES_MOST 5u

/* Octets of an IPv4 header with all options that fit. */
#define V4_HEADER_MOST 60u

static bool is_combined(const ipsec_envelope *envelope)
{
    return envelope->encryption && ipsec_encryption_is_combined(envelope->encryption);
}

/* --- ESP --------------------------------------------------------------------------------------------- */

static void divide_esp(ipsec_envelope *envelope, uint8_t *outer)
{
    const ipsec_encryption *encryption = envelope->encryption;

    (void)outer;
    envelope->iv = encryption->iv;
    envelope->icv = is_combined(envelope) ? encryption->icv : envelope->integrity->icv;
    envelope->front = is_combined(envelope) ? IPSEC_ESP_HEADER + encryption->iv : IPSEC_ESP_HEADER;
    envelope->body = ipsec_esp_body(encryption, envelope->view->length, envelope->icv);
    envelope->is_aligned = ipsec_esp_is_aligned(encryption, envelope->body);
}

static uint32_t icv_at_end(const ipsec_envelope *envelope, uint8_t icv)
{
    return envelope->view->length > icv ? envelope->view->length - icv : 0;
}

/* RFC 4303 3.3.2.1: all but the ICV. */
static unsigned pieces_of_esp(const ipsec_envelope *envelope, uint8_t icv, ipsec_piece *pieces)
{
    pieces[0] = (ipsec_piece){envelope->view->data, envelope->view->length - icv};
    return 1;
}

/* --- AH ---------------------------------------------------------------------------------------------- */

static void divide_ah(ipsec_envelope *envelope, uint8_t *outer)
{
    const ipsec_view *view = envelope->view;

    envelope->iv = envelope->integrity->iv;
    envelope->icv = envelope->integrity->icv;
    envelope->front = IPSEC_AH_HEADER + envelope->iv;
    envelope->outer = outer;
    if (view->outer)
        envelope->outer_length = ipsec_ah_cover_outer(view->outer, view->outer_length, outer);
    envelope->is_guessed = view->flags & IPSEC_VIEW_OUTER_GUESSED && envelope->outer_length > IPSEC_IPV4_HEADER;
    envelope->may_lack_options = view->flags & IPSEC_VIEW_OUTER_GUESSED && envelope->outer_length == IPSEC_IPV4_HEADER;
}

static uint32_t icv_in_front(const ipsec_envelope *envelope, uint8_t icv)
{
    (void)icv;
    return envelope->front;
}

/* RFC 4302 3.3.3. The ICV itself is covered as zeros, its padding as it is, and so is the IV in front of it (RFC
 * 4543 3.4 and 4). */
static unsigned pieces_of_ah(const ipsec_envelope *envelope, uint8_t icv, ipsec_piece *pieces)
{
    static const uint8_t zeros[IPSEC_DIGEST_MOST];
    const ipsec_view *view = envelope->view;
    const uint32_t at = envelope->front, rest = at + icv;

    pieces[0] = (ipsec_piece){envelope->outer, envelope->outer_length};
    pieces[1] = (ipsec_piece){view->data, at};
    pieces[2] = (ipsec_piece){zeros, icv};
    pieces[3] = (ipsec_piece){view->data + rest, view->length - rest};
    return 4;
}

/* --- all kinds --------------------------------------------------------------------------------------- */

/* How a kind of header handles its ICV. */
typedef struct cover {
    /* Fills in the envelope from iv on; `outer` is as in ipsec_envelope_of(). */
    void (*divide)(ipsec_envelope *envelope, uint8_t *outer);
    /* See ipsec_envelope_icv_at(). */
    uint32_t (*icv_at)(const ipsec_envelope *envelope, uint8_t icv);
    /* Fills in the pieces that an ICV of `icv` octets is computed over, without the high half of the sequence number.
     * Returns how many there are, at most 4. The ICV fits. */
    unsigned (*pieces)(const ipsec_envelope *envelope, uint8_t icv, ipsec_piece *pieces);
} cover;

static const cover covers[IPSEC_HEADER_KINDS] = {
    [IPSEC_KIND_ESP] = {divide_esp, icv_at_end, pieces_of_esp},
    [IPSEC_KIND_AH] = {divide_ah, icv_in_front, pieces_of_ah},
};

static const cover *cover_of(const ipsec_view *view)
{
    return &covers[ipsec_kind_index(view->protocol)];
}

ipsec_envelope ipsec_envelope_of(const ipsec_view *view, const ipsec_encryption *encryption,
                                 const ipsec_integrity *integrity, uint8_t *outer)
{
    ipsec_envelope envelope = {.view = view, .encryption = encryption, .integrity = integrity};

    cover_of(view)->divide(&envelope, outer);
    return envelope;
}

uint32_t ipsec_envelope_icv_at(const ipsec_envelope *envelope, uint8_t icv)
{
    return cover_of(envelope->view)->icv_at(envelope, icv);
}

bool ipsec_envelope_is_verifiable(const ipsec_envelope *envelope)
{
    return envelope->view->length >= envelope->front + envelope->icv &&
           (!ipsec_covers_outer(envelope->view->protocol) || envelope->outer_length > 0);
}

bool ipsec_envelope_is_openable(const ipsec_envelope *envelope)
{
    return envelope->body >= 2 && envelope->is_aligned;
}

bool ipsec_envelope_digest(const ipsec_envelope *envelope, ipsec_crypto *crypto, uint8_t icv, ipsec_attempt attempt,
                           uint8_t digest[IPSEC_DIGEST_MOST])
{
    const ipsec_view *view = envelope->view;
    const uint8_t high[4] = {(uint8_t)(attempt.high >> 24), (uint8_t)(attempt.high >> 16), (uint8_t)(attempt.high >> 8),
                             (uint8_t)attempt.high};
    const uint8_t *iv = envelope->integrity->iv > 0 ? view->data + ipsec_kind_of(view->protocol)->fixed : NULL;
    ipsec_piece pieces[IPSEC_PIECES_MOST];
    unsigned count;

    if (view->length < envelope->front + icv)
        return false;
    count = cover_of(view)->pieces(envelope, icv, pieces);
    if (attempt.esn)
        pieces[count++] = (ipsec_piece){high, sizeof high};
    return ipsec_crypto_digest(crypto, pieces, count, iv, digest);
}

static ipsec_icv_status compare(const ipsec_envelope *envelope, ipsec_crypto *crypto, ipsec_attempt attempt)
{
    const ipsec_view *view = envelope->view;
    const uint32_t at = ipsec_envelope_icv_at(envelope, envelope->icv);
    uint8_t digest[IPSEC_DIGEST_MOST];

    if (envelope->icv == 0)
        return IPSEC_ICV_NOT_PRESENT;
    if (!ipsec_envelope_digest(envelope, crypto, envelope->icv, attempt, digest))
        return IPSEC_ICV_UNVERIFIED;
    return ipsec_crypto_equal(digest, view->data + at, envelope->icv) ? IPSEC_ICV_GOOD : IPSEC_ICV_BAD;
}

/* Options that only the first fragment has (route, timestamp and the like) are all covered as zeros. A NOP may align
 * the first of them. */
static IPSEC_COLD ipsec_icv_status compare_with_options(const ipsec_envelope *envelope, ipsec_crypto *crypto,
                                                        ipsec_attempt attempt)
{
    for (uint8_t first = 0; first <= 1; first++) {
        uint8_t header[V4_HEADER_MOST] = {0};
        ipsec_envelope longer = *envelope;

        memcpy(header, envelope->outer, IPSEC_IPV4_HEADER);
        header[IPSEC_IPV4_HEADER] = first;
        longer.outer = header;
        while (longer.outer_length < sizeof header) {
            const uint32_t total = ipsec_read_u16(header + 2) + 4u;

            header[0]++; /* its length in words */
            header[2] = (uint8_t)(total >> 8);
            header[3] = (uint8_t)total;
            longer.outer_length += 4;
            if (compare(&longer, crypto, attempt) == IPSEC_ICV_GOOD)
                return IPSEC_ICV_GOOD;
        }
    }
    return IPSEC_ICV_BAD;
}

ipsec_icv_status ipsec_envelope_try(const ipsec_envelope *envelope, ipsec_crypto *crypto, ipsec_attempt attempt,
                                    uint8_t *plaintext)
{
    const ipsec_sealed sealed = {.esp = envelope->view->data,
                                 .length = envelope->view->length,
                                 .esn = attempt.esn,
                                 .high = attempt.high,
                                 .icv = envelope->icv};
    ipsec_icv_status status;

    if (!ipsec_envelope_is_verifiable(envelope))
        return IPSEC_ICV_UNVERIFIED;
    if (ipsec_envelope_is_openable(envelope) || is_combined(envelope))
        return ipsec_crypto_open(crypto, &sealed, plaintext);
    status = compare(envelope, crypto, attempt);
    if (status == IPSEC_ICV_BAD && envelope->may_lack_options)
        return compare_with_options(envelope, crypto, attempt);
    return status;
}
