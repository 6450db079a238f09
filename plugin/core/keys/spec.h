/** @file
 * Key rows: what a table or a file says of one SA (or, with wildcards, of several).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_SPEC_H
#define IPSEC_CORE_SPEC_H

#include "base/stack.h"
#include "keys/algorithm.h"

#include <stdbool.h>
#include <stdint.h>

/** The addresses that a row is for: those that equal `octets` where `mask` has ones. */
typedef struct ipsec_address_range {
    uint8_t octets[16]; /**< network byte order; zero wherever the mask is zero */
    uint8_t mask[16];
    uint8_t length; /**< 4, 16, or 0 for any address of either version (then the mask is zero) */
} ipsec_address_range;

/** What a row says about Extended Sequence Numbers. */
typedef enum {
    IPSEC_ESN_NO,
    IPSEC_ESN_YES,
    IPSEC_ESN_AUTO /**< to be determined from the packets */
} ipsec_esn_mode;

/** How payloads are encapsulated (RFC 4301 4.1; BEET as in Linux; RFC 9347). */
typedef enum {
    IPSEC_MODE_ANY, /**< the row says nothing */
    IPSEC_MODE_TRANSPORT,
    IPSEC_MODE_TUNNEL,
    IPSEC_MODE_BEET,
    IPSEC_MODE_IPTFS
} ipsec_mode;

/** What a row says about the outer encapsulation. */
typedef enum {
    IPSEC_ENCAP_ANY,  /**< it does not say */
    IPSEC_ENCAP_NONE, /**< directly in IP */
    IPSEC_ENCAP_UDP,  /**< RFC 3948 */
    IPSEC_ENCAP_TCP   /**< RFC 9329 */
} ipsec_encap_mode;

/** Traffic that an SA is for (RFC 4301 4.4.1.1): the selector of the SA, not of a policy. */
typedef struct ipsec_selector {
    bool present; /**< the row has one; otherwise the rest is ignored */
    ipsec_address_range source, destination;
    bool any_protocol;                                /**< `protocol` is ignored */
    uint8_t protocol;                                 /**< IP protocol number */
    uint16_t source_port, source_port_mask;           /**< host byte order; mask 0: any */
    uint16_t destination_port, destination_port_mask; /**< likewise */
} ipsec_selector;

/** What the packets of an SA look like, according to one dump. */
typedef struct ipsec_terms {
    uint8_t mode;          /**< ipsec_mode */
    uint8_t encapsulation; /**< ipsec_encap_mode */
    ipsec_selector selector;
} ipsec_terms;

/** Number of terms that an SA may have: those of its row, and those of other dumps. */
#define IPSEC_TERMS_MOST 4u

/** The most rows with different keys that are tried for one SA. More would take too long. */
#define IPSEC_KEYS_PER_SA 8u

/** The most octets of a key, salt included. */
#define IPSEC_ENCRYPTION_KEY_MOST 64
#define IPSEC_INTEGRITY_KEY_MOST  128

/** High halves of Extended Sequence Numbers that a row may have. If more dumps name them, the row keeps the first and
 * the last: the neighbours of both are tried, and numbers are followed from the one that verifies. */
#define IPSEC_SPEC_HIGHS 2

/** One row. Holds keys: wipe it with ipsec_key_row_wipe() when it is no longer needed. */
typedef struct ipsec_key_row {
    uint8_t protocol;      /**< IPSEC_PROTOCOL_ESP or IPSEC_PROTOCOL_AH */
    uint8_t esn;           /**< ipsec_esn_mode */
    uint8_t mode;          /**< ipsec_mode */
    uint8_t encapsulation; /**< ipsec_encap_mode */
    bool match_source; /**< the source must match too; false for rows of a kernel dump, because the kernel never looks
                          at it */
    bool several_sources; /**< dumps disagree on the source, so it is not known which one the receiver uses */
    bool align4;          /**< AH in IPv4 is padded to 4 octets; Linux pads to 8 without this flag */
    bool offload;         /**< on the host of the dump, a network card does the cryptography */
    uint8_t high_count;   /**< number of valid `highs` */
    uint32_t highs[IPSEC_SPEC_HIGHS]; /**< high halves of the row: a start value, or those of a dump */
    uint32_t spi, spi_mask;           /**< host byte order; spi is zero wherever the mask is zero */
    ipsec_address_range source, destination;
    const ipsec_encryption *encryption; /**< NULL for AH */
    const ipsec_integrity *integrity;   /**< never NULL; kind IPSEC_MAC_NONE without integrity or in combined modes */
    uint16_t encryption_key_length;     /**< octets, salt included; fits the algorithm */
    uint16_t integrity_key_length;
    bool has_keys;          /**< false if the source has the SA, but not its keys (`ip xfrm state list nokeys`) */
    uint32_t replay_window; /**< of the receiver, in packets; 0: no anti-replay; or IPSEC_REPLAY_WINDOW_UNKNOWN */
    uint64_t hard_bytes, hard_packets; /**< lifetime; UINT64_MAX: no limit or unknown */
    ipsec_selector selector;
    uint16_t source_port, destination_port; /**< of the UDP encapsulation, in host byte order; 0: unknown */
    uint32_t line;  /**< number of the row in its table, or of its first line in its file, from 1 */
    uint8_t origin; /**< ipsec_origin */
    /** These come after all other members that are read, because rows are stored without the unused part. */
    uint8_t encryption_key[IPSEC_ENCRYPTION_KEY_MOST];
    uint8_t integrity_key[IPSEC_INTEGRITY_KEY_MOST];
    uint8_t other_count; /**< number of valid `others`; 0 in a row that was just read, see row_merge.h */
    ipsec_terms others[IPSEC_TERMS_MOST - 1]; /**< what other dumps say about mode, encapsulation and selector */
} ipsec_key_row;

/** Where a row came from, in order of preference. */
typedef enum {
    IPSEC_ORIGIN_TABLE,     /**< the program's own table */
    IPSEC_ORIGIN_XFRM,      /**< a saved `ip xfrm state` */
    IPSEC_ORIGIN_WIRESHARK, /**< Wireshark's table "ESP SAs" */
    IPSEC_ORIGIN_IKE,       /**< what IKE negotiated; `line` is the frame of the answer */
    IPSEC_ORIGIN_COUNT
} ipsec_origin;

/** The columns of a table, for messages. */
typedef enum {
    IPSEC_COLUMN_PROTOCOL,
    IPSEC_COLUMN_SOURCE,
    IPSEC_COLUMN_DESTINATION,
    IPSEC_COLUMN_SPI,
    IPSEC_COLUMN_ENCRYPTION,
    IPSEC_COLUMN_ENCRYPTION_KEY,
    IPSEC_COLUMN_INTEGRITY,
    IPSEC_COLUMN_INTEGRITY_KEY,
    IPSEC_COLUMN_ESN,
    IPSEC_COLUMN_MODE,
    IPSEC_COLUMN_COUNT
} ipsec_column;

/** A row as text, one string per column; NULL is an empty string. */
typedef struct ipsec_key_row_text {
    const char *columns[IPSEC_COLUMN_COUNT];
} ipsec_key_row_text;

/** What is wrong with a row. Never holds a part of a key. */
typedef struct ipsec_key_row_error {
    const char *column; /**< its name, static; NULL if the error is not about a single column */
    char reason[160];   /**< a sentence without full stop, as "16, 24 or 32 octets are needed, not 15" */
    bool usable;        /**< a warning only: the row works */
} ipsec_key_row_error;

/**
 * Compiles a row of the table `ipsec_sa`: algorithms by their IKEv2 names, keys in hex with or without 0x, addresses,
 * CIDR or "*", the SPI in decimal, hex or "*".
 *
 * @param spec   filled in if the row is usable, otherwise wiped; `line` and `origin` are left at 0
 * @param error  filled in if the result is false, or the row deserves a warning; otherwise reason is ""
 * @return whether the row is usable
 */
bool ipsec_key_row_compile(const ipsec_key_row_text *text, ipsec_key_row *spec, ipsec_key_row_error *error);

/**
 * Compiles a row of Wireshark's table "ESP SAs": IPSEC_COLUMN_PROTOCOL is its "IPv4", "IPv6" or "Any" column (the row
 * is for ESP), algorithms have Wireshark's names, keys are hex with 0x or else plain characters, and addresses and SPIs
 * may have "*" for single octets and digits. IPSEC_COLUMN_ESN is its `sn_length` ("32-bit", "64-bit", or empty if the
 * table has no such column), IPSEC_COLUMN_MODE its `sn_upper`, which Wireshark keeps in hex without 0x. Anything but 64
 * bits is IPSEC_ESN_AUTO, because Wireshark reads older rows as 32 bits.
 */
bool ipsec_key_row_compile_wireshark(const ipsec_key_row_text *text, ipsec_key_row *spec, ipsec_key_row_error *error);

/** Overwrites a row, keys and all. */
void ipsec_key_row_wipe(ipsec_key_row *spec);

/** Whether an address of `length` octets (4 or 16) lies in the range. */
bool ipsec_address_in_range(const ipsec_address_range *range, const uint8_t *address, unsigned length);

#endif
