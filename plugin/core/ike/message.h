/** @file
 * The header of an IKE message, and what follows it in the clear (RFC 7296 3.1, RFC 2408 3.1).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IKE_MESSAGE_H
#define IPSEC_CORE_IKE_MESSAGE_H

#include "ike/contents.h"

#include <stdbool.h>
#include <stdint.h>

/** Exchange types (IANA "IKEv2 Exchange Types", and those of RFC 2408 3.1 and RFC 2409). */
enum {
    IPSEC_IKE_MAIN_MODE = 2,
    IPSEC_IKE_AGGRESSIVE_MODE = 4,
    IPSEC_IKE_V1_INFORMATIONAL = 5,
    IPSEC_IKE_QUICK_MODE = 32,
    IPSEC_IKE_SA_INIT = 34,
    IPSEC_IKE_AUTH = 35,
    IPSEC_IKE_CREATE_CHILD_SA = 36,
    IPSEC_IKE_INFORMATIONAL = 37,
    IPSEC_IKE_SESSION_RESUME = 38,
    IPSEC_IKE_INTERMEDIATE = 43
};

/** Payload types of IKEv2 (IANA). Those of IKEv1 are below 33. */
enum {
    IPSEC_IKE_PAYLOAD_SA = 33,
    IPSEC_IKE_PAYLOAD_KE = 34,
    IPSEC_IKE_PAYLOAD_IDI = 35,
    IPSEC_IKE_PAYLOAD_IDR = 36,
    IPSEC_IKE_PAYLOAD_AUTH = 39,
    IPSEC_IKE_PAYLOAD_NONCE = 40,
    IPSEC_IKE_PAYLOAD_NOTIFY = 41,
    IPSEC_IKE_PAYLOAD_DELETE = 42,
    IPSEC_IKE_PAYLOAD_TSI = 44,
    IPSEC_IKE_PAYLOAD_TSR = 45,
    IPSEC_IKE_PAYLOAD_SK = 46,
    IPSEC_IKE_PAYLOAD_EAP = 48,
    IPSEC_IKE_PAYLOAD_SKF = 53
};

enum {
    IPSEC_IKE_HEADER = 28 /**< octets of the header */
};

/** The header. Numbers are in host byte order. */
typedef struct ipsec_ike_message {
    uint64_t initiator_spi; /**< with IKEv1, the initiator's cookie; likewise the next */
    uint64_t responder_spi; /**< 0: not known yet */
    uint32_t id;            /**< message id */
    uint32_t length;        /**< octets of the message, header included, according to the header */
    uint8_t first_payload;
    uint8_t version; /**< major version */
    uint8_t exchange;
    uint8_t flags;
    bool is_response;      /**< IKEv2: the R flag; false for IKEv1 */
    bool from_initiator;   /**< IKEv2: sent by the initiator of the IKE SA; false for IKEv1 */
    bool is_encrypted;     /**< IKEv2: it has an SK or SKF payload; IKEv1: the E flag */
    bool is_all_encrypted; /**< and it has nothing else, as in everything that peers send; so the ICV of IKEv2 covers
                              all of it */
    bool is_fragment;      /**< IKEv2: it is a fragment of a message: it has an SKF payload */
    uint8_t inner_payload; /**< if it is encrypted, the type of the first payload inside; 0: there is none, or it is in
                              another fragment */
    uint16_t fragment;     /**< number of the fragment, from 1 (RFC 7383 2.5); 0: there is no valid number */
    uint16_t fragments;    /**< how many there are */
} ipsec_ike_message;

/**
 * Reads the header.
 *
 * @param octets    from the header on, after a non-ESP marker
 * @param captured  number of octets
 * @return false, and *message is unchanged, if these are too few for a header, if the version is neither 1 nor 2, or if
 *         the length is less than that of a header
 */
bool ipsec_ike_read(const uint8_t *octets, uint32_t captured, ipsec_ike_message *message);

/**
 * Reads the payloads that are in the clear: all in IKE_SA_INIT and in unprotected messages; in an encrypted message
 * those in front of SK or SKF. Sets *contents; what the octets do not hold is left out. For IKEv1, SA payloads,
 * notifies and Deletes are read, and the types of all payloads.
 */
void ipsec_ike_read_clear(const ipsec_ike_message *message, const uint8_t *octets, uint32_t captured,
                          ipsec_ike_contents *contents);

#endif
