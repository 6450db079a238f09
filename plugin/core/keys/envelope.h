/** @file
 * Where IV, body and ICV of a packet are, and trying a key on them. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_ENVELOPE_H
#define IPSEC_CORE_ENVELOPE_H

#include "keys/ah_icv.h"
#include "keys/crypto.h"
#include "packet/header.h"
#include "packet/view.h"
#include "packet/kind.h"

/** A packet as its algorithms divide it. */
typedef struct ipsec_envelope {
    const ipsec_view *view;
    const ipsec_encryption *encryption; /**< NULL for AH */
    const ipsec_integrity *integrity;
    uint8_t iv, icv;       /**< octets */
    uint32_t front;        /**< octets that must be there, besides the ICV, to compute it */
    int64_t body;          /**< ESP: octets between IV and ICV; negative if these do not fit */
    bool is_aligned;       /**< ESP: the body is a multiple of the block */
    const uint8_t *outer;  /**< AH: the headers in front as they enter the ICV */
    uint32_t outer_length; /**< AH: octets of outer; 0 if the headers are not available */
    bool is_guessed;       /**< AH: these have options, and others may be missing, so an ICV that fails says nothing */
    bool may_lack_options; /**< AH: these have no options, and the packet may have had some */
} ipsec_envelope;

/** What may enter the ICV besides the octets of the packet. */
typedef struct ipsec_attempt {
    bool esn;
    uint32_t high;
} ipsec_attempt;

/**
 * Divides the packet of the view.
 *
 * @param outer  AH: room for the headers in front, IPSEC_AH_OUTER_MOST octets; the envelope points to it. May be NULL
 *               for ESP.
 */
ipsec_envelope ipsec_envelope_of(const ipsec_view *view, const ipsec_encryption *encryption,
                                 const ipsec_integrity *integrity, uint8_t *outer);

/** Offset of an ICV of `icv` octets in the packet: in AH after the IV, in ESP at the end; 0 if there is no room for it.
 */
uint32_t ipsec_envelope_icv_at(const ipsec_envelope *envelope, uint8_t icv);

/** Whether the packet has room for an ICV that can be compared with a computed one. */
bool ipsec_envelope_is_verifiable(const ipsec_envelope *envelope);

/** Whether there is something to decrypt: at least a trailer, in whole blocks. */
bool ipsec_envelope_is_openable(const ipsec_envelope *envelope);

/** Computes the ICV of a separate integrity algorithm, untruncated, over all but `icv` octets of ICV. False if the
 * packet is too short for it. */
bool ipsec_envelope_digest(const ipsec_envelope *envelope, ipsec_crypto *crypto, uint8_t icv, ipsec_attempt attempt,
                           uint8_t digest[IPSEC_DIGEST_MOST]);

/**
 * Tries a key: verifies the ICV and, if there is something to decrypt, decrypts ESP.
 *
 * @param plaintext  gets the body, see ipsec_crypto_open(); room for view->length octets
 */
ipsec_icv_status ipsec_envelope_try(const ipsec_envelope *envelope, ipsec_crypto *crypto, ipsec_attempt attempt,
                                    uint8_t *plaintext);

#endif
