/** @file
 * The report: what the core says of one header. It lives in the caller's memory and owns nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_REPORT_H
#define IPSEC_CORE_REPORT_H

#include "base/catalogue.h"
#include "packet/view.h"

#include <stdbool.h>
#include <stdint.h>

/** The most findings that one header can have; tests hold every rule against it. */
#define IPSEC_REPORT_FINDINGS 12

/** Value of ipsec_report.sa where the header belongs to no SA that the database follows. */
#define IPSEC_SA_NONE UINT32_MAX

/** The judgement of one header. The values are those of the plugin's field `ipsec.verdict`; the worse, the
 * higher. */
typedef enum {
    IPSEC_VERDICT_UNCHECKED = 0,  /**< nothing could be judged: fragment, cut capture, ICMP quote, offload */
    IPSEC_VERDICT_PLAUSIBLE = 1,  /**< no fault; not verified */
    IPSEC_VERDICT_VERIFIED = 2,   /**< ICV verified with a key, trailer and the rest sound */
    IPSEC_VERDICT_SUSPICIOUS = 3, /**< a deviation that a receiver may let pass */
    IPSEC_VERDICT_DROP = 4        /**< the configured receiver discards it */
} ipsec_verdict;

/** What the octets turned out to be, and so which protocol item a report belongs to. */
typedef enum {
    IPSEC_SUBJECT_NOTHING, /**< nothing of IPsec's to judge: clean keepalive, empty or foreign payload */
    IPSEC_SUBJECT_IKE,     /**< a sound IKE header; nothing to judge */
    IPSEC_SUBJECT_ESP,     /**< an ESP header */
    IPSEC_SUBJECT_AH,      /**< an AH header */
    IPSEC_SUBJECT_UDP,     /**< a faulty payload of the UDP encapsulation that is not ESP */
    IPSEC_SUBJECT_IKE_PORT /**< a faulty payload on the IKE port */
} ipsec_subject;

/** One finding. */
typedef struct ipsec_finding {
    uint32_t offset; /**< first octet that it speaks of, from ipsec_view.data */
    uint32_t length; /**< number of octets, 0 for the header as a whole */
    uint32_t detail; /**< the number or the row that the hint speaks of */
    uint32_t missed; /**< by how many packets the window was missed, where the hint speaks of that */
    uint8_t id;      /**< ipsec_finding_id */
    uint8_t hint;    /**< ipsec_hint, for ipsec_finding_advice() */
    /** Raise an expert item: always for a fault of a packet, on the first packet only for a property of
     * the SA. */
    bool announce;
    /** It rests on a heuristic, which anybody's packets can lead astray: no stack is sure to see it. */
    bool assumed;
} ipsec_finding;

/** Why an ICV is IPSEC_ICV_UNVERIFIED. */
typedef enum {
    IPSEC_UNVERIFIED_NOT_WHOLE, /**< the packet was not captured whole */
    IPSEC_UNVERIFIED_NO_KEY,    /**< the row names the SA without keys, or the shape is only known by heuristics */
    IPSEC_UNVERIFIED_NO_OUTER,  /**< AH: the outer IP header is not at hand, or breaks the rules of IP */
    IPSEC_UNVERIFIED_TOO_SHORT, /**< there is no room for IV and ICV */
    IPSEC_UNVERIFIED_ALGORITHM, /**< the row tells the length of the ICV only, or libgcrypt lacks the algorithm */
    IPSEC_UNVERIFIED_COUNT
} ipsec_unverified;

/** What a key (or the heuristics for ESP-NULL) told of the packet. */
typedef struct ipsec_opened {
    /** The row whose key was used; the database's. NULL for the heuristics. */
    const struct ipsec_spec *spec;
    uint8_t terms;      /**< if spec is not NULL: which of its terms the packet fits, as far as it was looked into; see
                             terms.h */
    uint8_t icv_status; /**< ipsec_icv_status */
    uint8_t unverified; /**< ipsec_unverified, if that is the status */
    uint8_t iv_length;  /**< octets; likewise icv_length */
    uint8_t icv_length;
    bool has_room;            /**< ESP: there are octets enough for IV and ICV */
    bool lacks_trailer;       /**< IV and ICV fit, with whole blocks between them, but no trailer */
    bool has_trailer;         /**< pad_length and next_header are known */
    uint8_t pad_length;       /**< as the trailer says; may be too long */
    uint8_t next_header;      /**< IP protocol number */
    bool esn;                 /**< `high` counts */
    uint32_t high;            /**< high half of the sequence number that verified */
    bool has_inner;           /**< an inner IP packet of sound length: tfc_length is known */
    uint32_t tfc_length;      /**< octets of TFC padding behind the inner packet */
    const uint8_t *plaintext; /**< payload data, padding, pad length and next header; NULL if there is none. Valid until
                                 the next call with the same database */
    uint32_t plaintext_length;
    uint32_t clear_at; /**< where the plaintext stands in the packet, from ipsec_view.data; 0 if it was encrypted */
    uint32_t payload_length; /**< octets of it in front of the padding, if the trailer is sound; else 0 */
} ipsec_opened;

/** What is known of the anti-replay of the SA, from its key row or the user. */
typedef enum {
    IPSEC_ANTI_REPLAY_UNKNOWN,
    IPSEC_ANTI_REPLAY_OFF, /**< a window of 0 */
    IPSEC_ANTI_REPLAY_ON
} ipsec_anti_replay;

/** The report of one header. */
typedef struct ipsec_report {
    uint32_t spi;      /**< valid if has_spi */
    uint32_t sequence; /**< as found in the header; valid if has_sequence */
    uint32_t sa;       /**< index of the SA in this database, from 0; or IPSEC_SA_NONE */
    bool has_spi;
    bool has_sequence;
    bool flagged;          /**< has a finding of Note or above that is no mere property of the SA */
    uint8_t count;         /**< number of findings */
    bool confirmed;        /**< known to be IPsec: native, or in UDP with evidence besides the port */
    bool payload_lost;     /**< where the header ends is unknown; what seems to follow it must not be judged */
    uint8_t protocol;      /**< IPSEC_PROTOCOL_... */
    uint8_t encapsulation; /**< ipsec_encapsulation */
    bool whole;            /**< the packet was captured whole, so that lengths were judged */
    uint8_t verdict;       /**< ipsec_verdict */
    bool is_followed;      /**< `number` counts */
    bool is_placed;        /**< `advance` counts: there was a packet of the SA before */
    uint64_t number;       /**< the sequence number with its high half, if is_followed */
    bool has_highest;      /**< `highest` counts, if is_placed */
    uint64_t highest;      /**< the highest number before */
    int32_t advance;       /**< how far it is above the highest number before; negative: behind. Saturated */
    uint32_t first_seen;   /**< frame that carried the number first; 0: unknown, or none */
    uint8_t seen_by;       /**< stacks (bits by ipsec_stack) whose window has seen the number */
    uint8_t old_by;        /**< stacks to which the number is left of the window */
    uint8_t wrong_by;      /**< ESN: stacks that take it for a number with another high half */
    uint8_t zero_by;       /**< stacks that take it for the number 0, if is_followed */
    uint8_t refused_by;    /**< stacks that never see this header, see ipsec_view.refused_by */
    uint8_t anti_replay;   /**< ipsec_anti_replay */
    bool doubtful;         /**< what refuses the number may be wrong, or missing: no stack is sure to refuse it */
    bool unproven;      /**< it could not be verified, and others of its SA have been; or it is inside such a header */
    bool assuming;      /**< findings that are added now rest on a heuristic */
    bool combined_mode; /**< of ESP: the cipher is known to bring its own ICV */
    bool is_opened;     /**< `opened` counts */
    uint8_t subject;    /**< ipsec_subject; with _NOTHING and _IKE there are no findings and nothing to show */
    ipsec_finding findings[IPSEC_REPORT_FINDINGS]; /**< in the order of the catalogue; the first count are valid */
    ipsec_opened opened;                           /**< valid if is_opened */
} ipsec_report;

/** Starts a report on `view`; the findings are left as they are, for they need no clearing. */
static inline void ipsec_report_begin(ipsec_report *report, const ipsec_view *view, ipsec_subject subject)
{
    const bool whole = ipsec_view_is_whole(view);

    report->spi = 0;
    report->sequence = 0;
    report->has_spi = false;
    report->has_sequence = false;
    report->flagged = false;
    report->count = 0;
    report->confirmed = true;
    report->payload_lost = false;
    report->is_followed = false;
    report->is_placed = false;
    report->number = 0;
    report->first_seen = 0;
    report->seen_by = 0;
    report->old_by = 0;
    report->wrong_by = 0;
    report->zero_by = 0;
    report->refused_by = view->refused_by;
    report->anti_replay = IPSEC_ANTI_REPLAY_UNKNOWN;
    report->doubtful = false;
    report->unproven = false;
    report->assuming = false;
    report->combined_mode = false;
    report->is_opened = false;
    report->protocol = view->protocol;
    report->encapsulation = view->encapsulation;
    report->whole = whole;
    report->verdict = whole ? IPSEC_VERDICT_PLAUSIBLE : IPSEC_VERDICT_UNCHECKED;
    report->subject = (uint8_t)subject;
    report->sa = IPSEC_SA_NONE;
}

/**
 * Adds a finding, unless a fact that the catalogue says it needs is missing.
 *
 * @param offset first octet that the finding speaks of, from ipsec_view.data
 * @param length number of octets, 0 for the header as a whole
 */
void ipsec_report_add(ipsec_report *report, ipsec_finding_id id, uint32_t offset, uint32_t length);

/** What ipsec_finding_advice() needs; see ipsec_finding. All zero: the catalogue's advice stands. */
typedef struct ipsec_hinted {
    uint8_t hint;
    uint32_t detail, missed;
} ipsec_hinted;

/** The same with a hint, see hint.h. */
void ipsec_report_add_hint(ipsec_report *report, ipsec_finding_id id, uint32_t offset, uint32_t length,
                           ipsec_hinted hinted);

/** Takes back the findings that tell the property `property` of the SA. */
void ipsec_report_remove_property(ipsec_report *report, ipsec_property property);

/** Takes back the finding `id`, if the report has it. */
void ipsec_report_remove(ipsec_report *report, ipsec_finding_id id);

/** Whether the report has the finding `id`. */
bool ipsec_report_has(const ipsec_report *report, ipsec_finding_id id);

/** Why an ICV is unverified, as a phrase; NULL for values that are no reason. */
const char *ipsec_unverified_name(unsigned reason);

/** Name of a verdict, "unchecked" to "drop"; NULL for values that are none. */
const char *ipsec_verdict_name(unsigned verdict);

#endif
