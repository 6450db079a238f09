/* What a header's neighbours tell, as findings.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/note.h"
#include "report/hint.h"

/* The octets that a finding speaks of. */
typedef enum {
    AT_HEADER,
    AT_SPI,
    AT_SEQUENCE,
    AT_IV
} place;

static const struct {
    uint32_t mark;
    ipsec_finding_id esp, ah;
    place place;
} findings[] = {
#define BOTH(name) IPSEC_FINDING_##name, IPSEC_FINDING_##name
    {IPSEC_MARK_CAPTURED_TWICE, BOTH(CAPTURE_DUPLICATE), AT_HEADER},
    {IPSEC_MARK_IP_CHECKSUM, IPSEC_FINDING_ESP_IP_CHECKSUM, IPSEC_FINDING_AH_IP_CHECKSUM, AT_HEADER},
    {IPSEC_MARK_V4_OPTION, IPSEC_FINDING_ESP_V4_OPTION_BAD, IPSEC_FINDING_AH_V4_OPTION_BAD, AT_HEADER},
    {IPSEC_MARK_UDP_CHECKSUM, BOTH(NATT_UDP_CHECKSUM_BAD), AT_HEADER},
    {IPSEC_MARK_UDP_LENGTH, BOTH(NATT_UDP_LENGTH), AT_HEADER},
    {IPSEC_MARK_V6_ZERO_CHECKSUM, BOTH(NATT_V6_ZERO_CHECKSUM), AT_HEADER},
    {IPSEC_MARK_GONE, IPSEC_FINDING_ESP_SPI_UNKNOWN, IPSEC_FINDING_AH_SPI_UNKNOWN, AT_SPI},
    {IPSEC_MARK_WRONG_HIGH, BOTH(ESN_WRONG_HIGH), AT_SEQUENCE},
    {IPSEC_MARK_DUPLICATE, BOTH(REPLAY_DUPLICATE), AT_SEQUENCE},
    {IPSEC_MARK_CONFLICT, BOTH(REPLAY_CONFLICT), AT_SEQUENCE},
    {IPSEC_MARK_OLD, BOTH(REPLAY_OLD), AT_SEQUENCE},
    {IPSEC_MARK_REORDER, BOTH(SEQ_REORDER), AT_SEQUENCE},
    {IPSEC_MARK_GAP, BOTH(SEQ_GAP), AT_SEQUENCE},
    {IPSEC_MARK_JUMP, BOTH(SEQ_JUMP), AT_SEQUENCE},
    {IPSEC_MARK_STRAY, BOTH(SEQ_STRAY), AT_SEQUENCE},
    {IPSEC_MARK_WRAP, BOTH(SEQ_WRAP), AT_SEQUENCE},
    {IPSEC_MARK_RESTART, BOTH(SEQ_RESTART), AT_SEQUENCE},
    {IPSEC_MARK_SENDERS, BOTH(SA_SENDERS), AT_HEADER},
    {IPSEC_MARK_NO_REPLAY, BOTH(SA_NO_REPLAY), AT_HEADER},
    {IPSEC_MARK_OLD_SPI, BOTH(SA_OLD_SPI), AT_SPI},
    {IPSEC_MARK_ADDRESS_CHANGED, BOTH(SA_ADDRESS_CHANGED), AT_HEADER},
    {IPSEC_MARK_EXPIRED, BOTH(SA_EXPIRED), AT_HEADER},
    {IPSEC_MARK_FORGOTTEN, BOTH(SA_FORGOTTEN), AT_HEADER},
    {IPSEC_MARK_IV_REUSE, BOTH(IV_REUSE), AT_IV},
    {IPSEC_MARK_IV_PREDICTABLE, BOTH(IV_PREDICTABLE), AT_IV},
    {IPSEC_MARK_IV_ZERO, BOTH(IV_ZERO), AT_IV},
    {IPSEC_MARK_IV_UNCHECKED, BOTH(IV_UNCHECKED), AT_IV},
#undef BOTH
};

/* How large a window would have let the number in. A lag of 2^31 may be more. */
static ipsec_hinted hint_at_window(const ipsec_note *note, uint32_t mark, const ipsec_report *report)
{
    const bool qos = note->facts & IPSEC_NOTE_OTHER_DSCP;
    uint32_t smallest;
    unsigned hint;

    if (note->window == 0 || note->marks & IPSEC_MARK_STRAY || report->advance >= 0 || report->advance == INT32_MIN)
        return (ipsec_hinted){0};
    smallest = (uint32_t)-report->advance + 1;
    if (smallest <= note->window)
        return (ipsec_hinted){0}; /* what refuses it is no window */
    if (mark == IPSEC_MARK_OLD)
        hint = qos ? IPSEC_HINT_WINDOW_QOS : IPSEC_HINT_WINDOW;
    else
        hint = qos ? IPSEC_HINT_EPOCH_QOS : IPSEC_HINT_EPOCH;
    return (ipsec_hinted){.hint = (uint8_t)hint, .detail = smallest, .missed = smallest - note->window};
}

static ipsec_hinted hint_at(const ipsec_note *note, uint32_t mark, const ipsec_report *report)
{
    if (mark == IPSEC_MARK_STRAY)
        return (ipsec_hinted){.hint = IPSEC_HINT_STRAY, .detail = note->window};
    if (mark != IPSEC_MARK_OLD && mark != IPSEC_MARK_WRONG_HIGH)
        return (ipsec_hinted){0};
    return hint_at_window(note, mark, report);
}

static void add(ipsec_report *report, ipsec_finding_id id, place place, ipsec_hinted hinted)
{
    const uint32_t spi_at = report->protocol == IPSEC_PROTOCOL_AH ? 4 : 0;

    switch (place) {
    case AT_SPI:
        ipsec_report_add(report, id, spi_at, 4);
        break;
    case AT_SEQUENCE:
        ipsec_report_add_hint(report, id, spi_at + 4, 4, hinted);
        break;
    case AT_IV:
        ipsec_report_add(report, id, spi_at + 8, 8);
        break;
    default:
        ipsec_report_add(report, id, 0, 0);
    }
}

void ipsec_note_report(const ipsec_note *note, uint32_t marks, ipsec_report *report)
{
    const bool ah = report->protocol == IPSEC_PROTOCOL_AH;

    for (unsigned i = 0; marks && i < sizeof findings / sizeof findings[0]; i++)
        if (marks & findings[i].mark)
            add(report, ah ? findings[i].ah : findings[i].esp, findings[i].place,
                hint_at(note, findings[i].mark, report));
}
