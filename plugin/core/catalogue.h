/** @file
 * The catalogue: every finding that the core can make, once.
 *
 * Expert fields, the packet tree, the statistics, the reference page and the coverage test are all
 * made from this table. A check that has no row does not exist.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_CATALOGUE_H
#define IPSEC_CORE_CATALOGUE_H

#include <stdint.h>

/** Index of a row; dense, from 0. The numbers may change from version to version, the ids do not. */
typedef enum {
#define FINDING(symbol, ...) IPSEC_FINDING_##symbol,
#include "catalogue.def"
#undef FINDING
    IPSEC_FINDING_COUNT
} ipsec_finding_id;

/** How bad a finding is; see catalogue.def. Ordered, the worst last. */
typedef enum {
    IPSEC_SEVERITY_CHAT,
    IPSEC_SEVERITY_NOTE,
    IPSEC_SEVERITY_WARN,
    IPSEC_SEVERITY_ERROR
} ipsec_severity;

/** What kind of problem it is; the names are those of Wireshark's expert groups. */
typedef enum {
    IPSEC_GROUP_ASSUMPTION,
    IPSEC_GROUP_CHECKSUM,
    IPSEC_GROUP_DECRYPTION,
    IPSEC_GROUP_MALFORMED,
    IPSEC_GROUP_PROTOCOL,
    IPSEC_GROUP_REASSEMBLE,
    IPSEC_GROUP_SECURITY,
    IPSEC_GROUP_SEQUENCE
} ipsec_group;

/** Why a packet is refused, in the classes that Windows uses for its error 13914. The values are those
 * of the plugin's field `ipsec.cause`. */
typedef enum {
    IPSEC_CAUSE_CORRUPTED = 1,   /**< corrupted data */
    IPSEC_CAUSE_CONTEXT = 2,     /**< wrong operation context: not here, not now, not with this SA */
    IPSEC_CAUSE_UNSUPPORTED = 3, /**< unsupported operation */
    IPSEC_CAUSE_LIMIT = 4        /**< limit exceeded */
} ipsec_cause;

/** The facts that a finding rests on; without them it is not made. */
typedef enum {
    IPSEC_NEEDS_CAPTURED, /**< the octets that the rule reads */
    IPSEC_NEEDS_WHOLE     /**< the whole packet, see ipsec_view_is_whole() */
} ipsec_needs;

/** What a finding tells of the SA rather than of the packet; bits, so that an SA remembers a set. */
typedef enum {
    IPSEC_PROPERTY_NONE = 0,
    IPSEC_PROPERTY_SPI_RESERVED = 1 << 0, /**< SPI 1-255 */
    IPSEC_PROPERTY_AH_EXTRA_PAD = 1 << 1, /**< AH in IPv4 padded to 8 octets */
    IPSEC_PROPERTY_KEY_WRONG = 1 << 2,    /**< nothing has verified yet */
    IPSEC_PROPERTY_ICV_LENGTH = 1 << 3,   /**< its ICV has another length than its row says */
    IPSEC_PROPERTY_SENDERS = 1 << 4,      /**< several senders */
    IPSEC_PROPERTY_NO_REPLAY = 1 << 5,    /**< no anti-replay */
    IPSEC_PROPERTY_IV_UNCHECKED = 1 << 6  /**< more IVs than are remembered */
} ipsec_property;

/** One row. All strings are constant, in UTF-8 and never NULL. */
typedef struct ipsec_catalogue_row {
    const char *id;        /**< "family.fault", the public name */
    const char *summary;   /**< one line, without numbers */
    const char *reference; /**< clauses, e.g. "RFC 4303 2.4" */
    const char *advice;    /**< one sentence: what to look at next */
    ipsec_severity severity;
    ipsec_group group;
    ipsec_cause cause;
    ipsec_needs needs;
    ipsec_property property;
} ipsec_catalogue_row;

/** The row of `id`, which must be below IPSEC_FINDING_COUNT. Static storage; never NULL. */
const ipsec_catalogue_row *ipsec_catalogue(ipsec_finding_id id);

/** "Error", "Warn", "Note" or "Chat"; "Unknown" for other values. */
const char *ipsec_severity_name(ipsec_severity severity);

/** "corrupted data" and so on; NULL for values that are no cause. */
const char *ipsec_cause_name(unsigned cause);

#endif
