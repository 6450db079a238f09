/** @file
 * The catalogue: every finding that the core can make.
 *
 * Expert fields, the packet tree, the statistics, the reference page and the coverage test are all
 * made from this table. A check that has no row does not exist.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_CATALOGUE_H
#define IPSEC_CORE_CATALOGUE_H

#include <stdbool.h>
#include <stdint.h>

/** Index of a row; dense, from 0. The numbers may change from version to version, the ids do not. */
typedef enum {
#define FINDING(symbol, ...) IPSEC_FINDING_##symbol,
#include "base/catalogue.def"
#undef FINDING
    IPSEC_FINDING_COUNT
} ipsec_finding_id;

/** How severe a finding is; see catalogue.def. In ascending order. */
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

/** Why a packet is refused, in the classes of Microsoft's description of error 13914. The values are those of the
 * plugin's field `ipsec.cause`. */
typedef enum {
    IPSEC_CAUSE_CORRUPTED = 1,   /**< corrupted data */
    IPSEC_CAUSE_CONTEXT = 2,     /**< wrong operation context: not here, not now, not with this SA */
    IPSEC_CAUSE_UNSUPPORTED = 3, /**< unsupported operation */
    IPSEC_CAUSE_LIMIT = 4        /**< limit exceeded */
} ipsec_cause;

/** The facts that a finding needs; without them it is not reported. */
typedef enum {
    IPSEC_NEEDS_CAPTURED, /**< the octets that the rule reads */
    IPSEC_NEEDS_WHOLE     /**< the whole packet, see ipsec_view_is_whole() */
} ipsec_needs;

/** What a finding says about the SA rather than the packet; bits, so that an SA can remember a set. */
typedef enum {
    IPSEC_PROPERTY_NONE = 0,
    IPSEC_PROPERTY_SPI_RESERVED = 1 << 0,   /**< SPI 1-255 */
    IPSEC_PROPERTY_AH_EXTRA_PAD = 1 << 1,   /**< AH in IPv4 padded to 8 octets */
    IPSEC_PROPERTY_KEY_WRONG = 1 << 2,      /**< nothing has verified yet */
    IPSEC_PROPERTY_ICV_LENGTH = 1 << 3,     /**< its ICV has another length than its row says */
    IPSEC_PROPERTY_IV_UNCHECKED = 1 << 4,   /**< more IVs than are remembered */
    IPSEC_PROPERTY_IV_PREDICTABLE = 1 << 5, /**< its CBC IVs can be predicted */
    IPSEC_PROPERTY_IV_CHAINED = 1 << 6,     /**< likewise, in a way that is common with this cipher */
    IPSEC_PROPERTY_ABOVE_MTU = 1 << 7       /**< it keeps exceeding the reported path MTU */
} ipsec_property;

/** The step of the diagnosis that a finding belongs to, in the order of Microsoft's description of error 13914. See
 * catalogue.def. */
typedef enum {
    IPSEC_STEP_CONTEXT,    /**< operation context: whose SA, which mode and selector, whose turn */
    IPSEC_STEP_PARAMETERS, /**< what both ends must have alike: keys, algorithms, lengths, ESN */
    IPSEC_STEP_OBJECT,     /**< object type: no valid IPv4, IPv6, IPsec header or trailer */
    IPSEC_STEP_DATA,       /**< input data: ICV, IV, sequence number */
    IPSEC_STEP_LIMITS,     /**< lifetimes, windows, counters that end */
    IPSEC_STEP_COUNT
} ipsec_step;

/** Whether a retransmission can help, or what else must change. */
typedef enum {
    IPSEC_REMEDY_RETRANSMIT, /**< it can */
    IPSEC_REMEDY_EITHER,     /**< it can, unless the configuration is wrong */
    IPSEC_REMEDY_NEW_SA,     /**< it can, on a new SA */
    IPSEC_REMEDY_CONFIGURE,  /**< it cannot: settings must change */
    IPSEC_REMEDY_IF_REFUSED, /**< likewise, if a receiver objects at all */
    IPSEC_REMEDY_TABLE,      /**< likewise, unless only the analysis has the wrong keys */
    IPSEC_REMEDY_SENDER,     /**< it cannot: the software that builds the packets must change */
    IPSEC_REMEDY_ARRIVED,    /**< it need not, because the packet came before */
    IPSEC_REMEDY_CAPTURE,    /**< it need not: the capture falls short */
    IPSEC_REMEDY_NONE,       /**< nothing need be done */
    IPSEC_REMEDY_COUNT
} ipsec_remedy;

/** What rules out a finding on a packet that takes the quick path; see facts.def and brief.c. */
typedef enum {
    IPSEC_FACT_NONE, /**< nothing does */
#define FACT(symbol) IPSEC_FACT_##symbol,
#include "base/facts.def"
#undef FACT
    IPSEC_FACT_MOVED,    /**< moving the state shows it, which the quick path does like any other */
    IPSEC_FACT_ELSEWHERE /**< it is never on ESP or AH, but on an IKE or ICMP message */
} ipsec_fact;

/** What to do about a finding; ipsec_finding_advice() turns it into a sentence. */
typedef struct ipsec_advice {
    const char *next; /**< what to look at next, as a clause; constant, in UTF-8 and never NULL */
    ipsec_step step;
    ipsec_remedy remedy;
    bool attack; /**< somebody may have caused it on purpose */
} ipsec_advice;

/** One row. All strings are constant, in UTF-8 and never NULL. */
typedef struct ipsec_catalogue_row {
    const char *id;        /**< "family.fault", the public name */
    const char *summary;   /**< one line, without numbers */
    const char *reference; /**< sections, e.g. "RFC 4303 2.4" */
    ipsec_severity severity;
    ipsec_group group;
    ipsec_cause cause;
    ipsec_needs needs;
    ipsec_property property;
    ipsec_advice advice;
    bool is_neighbour; /**< it is about something else: it does not enter the verdict, and nobody refuses the packet
                        * for it */
    bool is_later;     /**< it may appear or disappear on a later pass; only with is_neighbour */
    bool is_outer;     /**< it is about the headers in front */
    ipsec_fact fact;   /**< what rules it out on the quick path */
} ipsec_catalogue_row;

/** The row of `id`, which must be below IPSEC_FINDING_COUNT. Static storage; never NULL. */
const ipsec_catalogue_row *ipsec_catalogue(ipsec_finding_id id);

/** "Error", "Warn", "Note" or "Chat"; "Unknown" for other values. */
const char *ipsec_severity_name(ipsec_severity severity);

/** "corrupted data" and so on; NULL for other values. */
const char *ipsec_cause_name(unsigned cause);

/** "Operation context" and so on; NULL for other values. */
const char *ipsec_step_name(unsigned step);

/** "a retransmission can help" and so on, a clause; NULL for other values. */
const char *ipsec_remedy_clause(unsigned remedy);

#endif
