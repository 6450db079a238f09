/* What other packets say about a header, as findings.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/note.h"
#include "packet/kind.h"
#include "packet/find.h"

#include <glib.h>

/* No two facts share a bit. */
G_STATIC_ASSERT(IPSEC_NOTE_OTHER_DSCP + IPSEC_NOTE_REPEATED + IPSEC_NOTE_FAR + IPSEC_NOTE_COPY +
                    IPSEC_NOTE_OTHER_OCTETS + IPSEC_NOTE_DOUBTFUL + IPSEC_NOTE_COALESCED + IPSEC_NOTE_SAID +
                    IPSEC_NOTE_SEEN_BY_OTHER + IPSEC_NOTE_ELSEWHERE + IPSEC_NOTE_MAY_LIVE + IPSEC_NOTE_PEER_LACKS ==
                (1 << 12) - 1);

/* The octets that a finding is about; for those not in the table, the header as a whole. */
typedef enum {
    AT_HEADER = 0,
    AT_SPI,
    AT_SEQUENCE,
    AT_IV
} place;

static const uint8_t places[IPSEC_FINDING_COUNT] = {
    [IPSEC_FINDING_ESP_SPI_UNKNOWN] = AT_SPI,
    [IPSEC_FINDING_AH_SPI_UNKNOWN] = AT_SPI,
    [IPSEC_FINDING_SA_OLD_SPI] = AT_SPI,
    [IPSEC_FINDING_SA_DELETED] = AT_SPI,
    [IPSEC_FINDING_SA_EARLY] = AT_SPI,
    [IPSEC_FINDING_SA_ONE_SIDED] = AT_SPI,
    [IPSEC_FINDING_ESN_WRONG_HIGH] = AT_SEQUENCE,
    [IPSEC_FINDING_REPLAY_DUPLICATE] = AT_SEQUENCE,
    [IPSEC_FINDING_REPLAY_CONFLICT] = AT_SEQUENCE,
    [IPSEC_FINDING_REPLAY_OLD] = AT_SEQUENCE,
    [IPSEC_FINDING_SEQ_REORDER] = AT_SEQUENCE,
    [IPSEC_FINDING_SEQ_GAP] = AT_SEQUENCE,
    [IPSEC_FINDING_SEQ_JUMP] = AT_SEQUENCE,
    [IPSEC_FINDING_SEQ_STRAY] = AT_SEQUENCE,
    [IPSEC_FINDING_SEQ_WRAP] = AT_SEQUENCE,
    [IPSEC_FINDING_SEQ_RESTART] = AT_SEQUENCE,
    [IPSEC_FINDING_SEQ_NEAR_END] = AT_SEQUENCE,
    [IPSEC_FINDING_SEQ_AT_END] = AT_SEQUENCE,
    [IPSEC_FINDING_IV_REUSE] = AT_IV,
    [IPSEC_FINDING_IV_PREDICTABLE] = AT_IV,
    [IPSEC_FINDING_IV_CHAINED] = AT_IV,
    [IPSEC_FINDING_IV_ZERO] = AT_IV,
    [IPSEC_FINDING_IV_UNCHECKED] = AT_IV,
};

/* The smallest window that would have accepted the number. A lag of 2^31 is saturated and may stand for more. */
static ipsec_advice_detail explain_window(const ipsec_note *note, ipsec_finding_id id, int32_t advance)
{
    const bool qos = note->facts & IPSEC_NOTE_OTHER_DSCP;
    uint32_t smallest;
    unsigned advice_case;

    if (note->window == 0 || ipsec_note_has(note, IPSEC_FINDING_SEQ_STRAY) || advance >= 0 || advance == INT32_MIN)
        return (ipsec_advice_detail){0};
    smallest = (uint32_t)-advance + 1;
    if (smallest <= note->window)
        return (ipsec_advice_detail){0}; /* it is not the window that refuses it */
    if (id == IPSEC_FINDING_REPLAY_OLD)
        advice_case = qos ? IPSEC_CASE_WINDOW_QOS : IPSEC_CASE_WINDOW;
    else
        advice_case = qos ? IPSEC_CASE_EPOCH_QOS : IPSEC_CASE_EPOCH;
    return (ipsec_advice_detail){
        .advice_case = (uint8_t)advice_case, .detail = smallest, .missed = smallest - note->window};
}

static ipsec_advice_detail detail_of(const ipsec_note *note, ipsec_finding_id id, int32_t advance)
{
    if (id == IPSEC_FINDING_SEQ_STRAY)
        return (ipsec_advice_detail){.advice_case = IPSEC_CASE_STRAY, .detail = note->window};
    if (id != IPSEC_FINDING_REPLAY_OLD && id != IPSEC_FINDING_ESN_WRONG_HIGH)
        return (ipsec_advice_detail){0};
    return explain_window(note, id, advance);
}

static void add(ipsec_findings *findings, ipsec_finding_id id, const ipsec_header_kind *kind,
                ipsec_advice_detail detail)
{
    switch (places[id]) {
    case AT_SPI:
        ipsec_findings_add(findings, id, kind->spi_at, 4);
        break;
    case AT_SEQUENCE:
        ipsec_findings_add_with(findings, id, kind->sequence_at, 4, detail);
        break;
    case AT_IV:
        ipsec_findings_add(findings, id, kind->fixed, 8);
        break;
    default:
        ipsec_findings_add(findings, id, 0, 0);
    }
}

/* Those of them that are in one word of the set. */
#define OLD_IN(word)                                                                                                   \
    (IPSEC_FINDING_BIT(word, IPSEC_FINDING_REPLAY_DUPLICATE) |                                                         \
     IPSEC_FINDING_BIT(word, IPSEC_FINDING_REPLAY_CONFLICT) | IPSEC_FINDING_BIT(word, IPSEC_FINDING_REPLAY_OLD) |      \
     IPSEC_FINDING_BIT(word, IPSEC_FINDING_CAPTURE_DUPLICATE) | IPSEC_FINDING_BIT(word, IPSEC_FINDING_ESN_WRONG_HIGH))

const ipsec_finding_set ipsec_findings_of_old_packets = {{OLD_IN(0), OLD_IN(1), OLD_IN(2)}};

#undef OLD_IN

void ipsec_note_report(const ipsec_note *note, const ipsec_header *header, const ipsec_number *number,
                       ipsec_findings *findings)
{
    const ipsec_header_kind *kind = ipsec_kind_of(header->protocol);
    const ipsec_finding_set *found = &note->found;

    for (unsigned id = 0; (id = ipsec_finding_set_next(found, id)) < IPSEC_FINDING_COUNT; id++) {
        findings->assuming = id == IPSEC_FINDING_SA_DELETED && note->facts & IPSEC_NOTE_MAY_LIVE;
        add(findings, (ipsec_finding_id)id, kind, detail_of(note, (ipsec_finding_id)id, number->advance));
    }
    findings->assuming = false;
}
