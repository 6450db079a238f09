/* Why nothing verifies: whether the same key fits with other settings. SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/guess.h"

#include <stddef.h>

/* With a shorter ICV, a match by chance would be too likely. */
#define ICV_LEAST 8u

/* The truncations that RFCs and stacks use. */
static const uint8_t truncations[] = {8, 10, 12, 14, 16, 20, 24, 32, 48, 64};

static const ipsec_attempt settings[] = {{false, 0}, {true, 0}, {true, 1}};
#define SETTINGS (sizeof settings / sizeof settings[0])

typedef struct search {
    const ipsec_envelope *envelope;
    const ipsec_key_row *spec;
    uint8_t *scratch;
} search;

static ipsec_crypto *open_as(const search *s, const ipsec_encryption *encryption, const ipsec_integrity *integrity)
{
    return ipsec_crypto_new(&(ipsec_keys){.encryption = encryption,
                                          .encryption_key = s->spec->encryption_key,
                                          .encryption_key_length = s->spec->encryption_key_length,
                                          .integrity = integrity,
                                          .integrity_key = s->spec->integrity_key,
                                          .integrity_key_length = s->spec->integrity_key_length});
}

/* Whether the ICV of a separate algorithm verifies at that length. */
static bool verifies_at(const ipsec_envelope *envelope, ipsec_crypto *crypto, ipsec_attempt attempt, uint8_t length)
{
    uint8_t digest[IPSEC_DIGEST_MOST];

    return length >= ICV_LEAST && length <= envelope->integrity->digest &&
           ipsec_envelope_digest(envelope, crypto, length, attempt, digest) &&
           ipsec_crypto_equal(digest, envelope->view->data + ipsec_envelope_icv_at(envelope, length), length);
}

/* The length at which it verifies; 0 if there is none. */
static uint8_t find_length(const ipsec_envelope *envelope, ipsec_crypto *crypto, ipsec_attempt attempt)
{
    for (unsigned i = 0; i < sizeof truncations; i++)
        if (verifies_at(envelope, crypto, attempt, truncations[i]))
            return truncations[i];
    return 0;
}

/* Tries one separate algorithm with every setting: at its own ICV length, or at any. */
static bool try_integrity(const search *s, const ipsec_integrity *integrity, bool any_length, ipsec_attempt *attempt,
                          uint8_t *length)
{
    ipsec_envelope envelope = *s->envelope;
    ipsec_crypto *crypto = open_as(s, s->spec->encryption, integrity);

    envelope.integrity = integrity;
    *length = 0;
    for (unsigned i = 0; crypto && *length == 0 && i < SETTINGS; i++) {
        *attempt = settings[i];
        if (any_length)
            *length = find_length(&envelope, crypto, settings[i]);
        else if (verifies_at(&envelope, crypto, settings[i], integrity->icv))
            *length = integrity->icv;
    }
    ipsec_crypto_free(crypto);
    return *length != 0;
}

/* Tries one combined mode with every setting. */
static bool try_encryption(const search *s, const ipsec_encryption *encryption, ipsec_attempt *attempt)
{
    const ipsec_envelope envelope = ipsec_envelope_of(s->envelope->view, encryption, s->spec->integrity, NULL);
    ipsec_crypto *crypto = open_as(s, encryption, s->spec->integrity);
    bool good = false;

    for (unsigned i = 0; crypto && !good && i < SETTINGS; i++) {
        *attempt = settings[i];
        good = ipsec_envelope_try(&envelope, crypto, settings[i], s->scratch) == IPSEC_ICV_GOOD;
    }
    ipsec_crypto_free(crypto);
    return good;
}

static ipsec_advice_case esn_case(ipsec_attempt attempt)
{
    return attempt.esn ? IPSEC_CASE_ESN_ON : IPSEC_CASE_ESN_OFF;
}

static ipsec_advice_case length_case(const ipsec_integrity *integrity, uint8_t length)
{
    return integrity->digest == 32 && length == 12 ? IPSEC_CASE_SHA256_96 : IPSEC_CASE_ICV_LENGTH;
}

static ipsec_advice_case guess_integrity(const search *s, uint8_t *detail)
{
    const ipsec_integrity *own = s->spec->integrity, *row;
    ipsec_attempt attempt;
    uint8_t length;

    if (try_integrity(s, own, true, &attempt, &length)) {
        *detail = length;
        return length == own->icv ? esn_case(attempt) : length_case(own, length);
    }
    for (unsigned i = 0; (row = ipsec_integrity_row(i)); i++) {
        if (row == own || row->iv != own->iv || !ipsec_integrity_takes(row, s->spec->integrity_key_length))
            continue;
        if (try_integrity(s, row, false, &attempt, &length)) {
            *detail = (uint8_t)i;
            return IPSEC_CASE_INTEGRITY;
        }
    }
    return IPSEC_CASE_NONE;
}

static ipsec_advice_case guess_encryption(const search *s, uint8_t *detail)
{
    const ipsec_encryption *own = s->spec->encryption, *row;
    ipsec_attempt attempt;

    if (try_encryption(s, own, &attempt))
        return esn_case(attempt);
    for (unsigned i = 0; (row = ipsec_encryption_row(i)); i++) {
        if (row == own || !ipsec_encryption_is_combined(row) ||
            !ipsec_encryption_takes(row, s->spec->encryption_key_length) || !try_encryption(s, row, &attempt))
            continue;
        if (row->mode == own->mode && row->implicit_iv == own->implicit_iv) {
            *detail = row->icv;
            return IPSEC_CASE_ICV_LENGTH;
        }
        *detail = (uint8_t)i;
        return IPSEC_CASE_ENCRYPTION;
    }
    return IPSEC_CASE_NONE;
}

ipsec_advice_case ipsec_guess(const ipsec_envelope *envelope, const ipsec_key_row *spec, uint8_t *scratch,
                              uint8_t *detail)
{
    const search s = {.envelope = envelope, .spec = spec, .scratch = scratch};

    *detail = 0;
    if (!ipsec_envelope_is_verifiable(envelope))
        return IPSEC_CASE_NONE;
    if (spec->encryption && ipsec_encryption_is_combined(spec->encryption))
        return guess_encryption(&s, detail);
    return guess_integrity(&s, detail);
}
