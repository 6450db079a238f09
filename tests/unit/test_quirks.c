/* Distinctions of a stack between packets with the same fault, one line each. SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "packet/find.h"
#include "packets.h"
#include "report/outcomes.h"
#include "report/quirks.h"

#include <glib.h>

/* Flags: what a report has besides the finding. */
enum {
    GOOD = 1 << 0,   /* the ICV is right; without it, it is wrong, unless: */
    NO_ICV = 1 << 1, /* there is none */
    UNDONE = 1 << 2, /* it was not verified */
    SURE = 1 << 3,   /* the row is certainly that of the SA */
    PORT = 1 << 4,   /* it names a port */
    SOURCE = 1 << 5, /* it names a source */
    V6 = 1 << 6,     /* the packet came in IPv6 */
    ESN = 1 << 7,    /* the number has a high half */
    PLACED = 1 << 8, /* a highest number is known */
    ROOM = 1 << 9,   /* there is room for IV and ICV */
    TAIL = 1 << 10,  /* the octets in place of the trailer are known */
    SEEN = 1 << 11,  /* an SA of the other protocol has seen the number */
    TOO_SHORT = 1 << 12,
    PLAIN = 1 << 13 /* the plaintext is known, and parses as IP */
};

#define ROW(name) IPSEC_FINDING_##name
#define AS(name)  IPSEC_FAULT_##name
#define NONE      IPSEC_FAULT_NONE

static const struct {
    ipsec_stack stack;
    ipsec_finding_id id;
    unsigned facts;
    uint32_t
        value; /* the highest number; or the next header, or the octet in its place; or the length of the finding */
    unsigned fault;
} cases[] = {
    /* AH after AH in IPv6 is not processed as a header of its own. */
    {IPSEC_STACK_FREEBSD, ROW(AH_NEXT_HEADER), GOOD | V6, 51, AS(AH_BEHIND_AH)},
    {IPSEC_STACK_FREEBSD, ROW(AH_NEXT_HEADER), GOOD | V6, 150, AS(AH_NEXT_HEADER)},
    {IPSEC_STACK_FREEBSD, ROW(AH_NEXT_HEADER), GOOD, 51, AS(AH_NEXT_HEADER)},
    {IPSEC_STACK_FREEBSD, ROW(AH_NEXT_HEADER), V6, 51, AS(AH_NEXT_HEADER)},
    {IPSEC_STACK_VPP, ROW(AH_NEXT_HEADER), GOOD | V6, 51, AS(AH_BEHIND_AH)},
    {IPSEC_STACK_VPP, ROW(AH_NEXT_HEADER), GOOD | V6, 50, AS(AH_NEXT_HEADER)},

    /* AH says that an IP packet follows, which is too short or missing. */
    {IPSEC_STACK_FREEBSD, ROW(AH_NEXT_HEADER_MODE), GOOD, 4, AS(AH_INNER_TRUNCATED)},
    {IPSEC_STACK_FREEBSD, ROW(AH_NEXT_HEADER_MODE), GOOD, 41, AS(AH_INNER_TRUNCATED)},
    {IPSEC_STACK_FREEBSD, ROW(AH_NEXT_HEADER_MODE), GOOD, 17, AS(AH_NEXT_HEADER_MODE)},
    {IPSEC_STACK_FREEBSD, ROW(AH_NEXT_HEADER_MODE), 0, 4, AS(AH_NEXT_HEADER_MODE)},
    {IPSEC_STACK_OPENBSD, ROW(AH_NEXT_HEADER_MODE), GOOD, 4, AS(AH_INNER_TRUNCATED)},
    {IPSEC_STACK_OPENBSD, ROW(AH_NEXT_HEADER_MODE), GOOD, 17, AS(AH_NEXT_HEADER_MODE)},
    {IPSEC_STACK_VPP, ROW(AH_NEXT_HEADER_MODE), GOOD, 4, NONE},
    {IPSEC_STACK_VPP, ROW(AH_NEXT_HEADER_MODE), GOOD, 17, AS(AH_NEXT_HEADER_MODE)},

    /* The number 0, as long as the highest is 0 too; OpenBSD with ESN, as long as it is 0 or 1. */
    {IPSEC_STACK_FREEBSD, ROW(SEQ_ZERO), 0, 0, AS(SEQ_ZERO)},
    {IPSEC_STACK_FREEBSD, ROW(SEQ_ZERO), PLACED, 0, AS(SEQ_ZERO)},
    {IPSEC_STACK_FREEBSD, ROW(SEQ_ZERO), PLACED, 1, NONE},
    {IPSEC_STACK_OPENBSD, ROW(SEQ_ZERO), PLACED, 2, AS(SEQ_ZERO)},
    {IPSEC_STACK_OPENBSD, ROW(SEQ_ZERO), PLACED | GOOD | ESN, 1, AS(SEQ_ZERO)},
    {IPSEC_STACK_OPENBSD, ROW(SEQ_ZERO), PLACED | GOOD | ESN, 2, NONE},
    {IPSEC_STACK_OPENBSD, ROW(SEQ_ZERO), GOOD | ESN, 2, AS(SEQ_ZERO)},

    /* The end of 32 bits; it is not checked if there is no ICV. */
    {IPSEC_STACK_FREEBSD, ROW(SEQ_WRAP), PLACED | GOOD, UINT32_MAX, AS(WRAP_AT_END)},
    {IPSEC_STACK_FREEBSD, ROW(SEQ_WRAP), PLACED | GOOD, UINT32_MAX - 1, AS(SEQ_WRAP)},
    {IPSEC_STACK_FREEBSD, ROW(SEQ_WRAP), PLACED | NO_ICV, UINT32_MAX, AS(SEQ_WRAP)},
    {IPSEC_STACK_FREEBSD, ROW(SEQ_WRAP), GOOD, UINT32_MAX, AS(SEQ_WRAP)},

    /* The BSDs compare the length of AH with that of the SA. */
    {IPSEC_STACK_FREEBSD, ROW(AH_ICV_LENGTH), SURE, 0, NONE},
    {IPSEC_STACK_FREEBSD, ROW(AH_V6_ALIGNMENT), SURE, 0, NONE},
    {IPSEC_STACK_FREEBSD, ROW(AH_V4_EXTRA_PAD), SURE, 0, NONE},
    {IPSEC_STACK_FREEBSD, ROW(AH_ICV_LENGTH), GOOD, 0, AS(AH_ICV_LENGTH)},
    {IPSEC_STACK_OPENBSD, ROW(AH_ICV_LENGTH), SURE, 0, NONE},
    {IPSEC_STACK_OPENBSD, ROW(AH_V4_EXTRA_PAD), SURE, 0, NONE},
    {IPSEC_STACK_OPENBSD, ROW(AH_V6_ALIGNMENT), SURE, 0, AS(AH_V6_ALIGNMENT)},
    {IPSEC_STACK_OPENBSD, ROW(AH_ICV_LENGTH), GOOD, 0, AS(AH_ICV_LENGTH)},

    /* Another source: FreeBSD compares ports, VPP the source in its row. */
    {IPSEC_STACK_FREEBSD, ROW(SA_ADDRESS_CHANGED), SURE | PORT, 0, NONE},
    {IPSEC_STACK_FREEBSD, ROW(SA_ADDRESS_CHANGED), SURE, 0, AS(SA_ADDRESS_CHANGED)},
    {IPSEC_STACK_FREEBSD, ROW(SA_ADDRESS_CHANGED), PORT, 0, AS(SA_ADDRESS_CHANGED)},
    {IPSEC_STACK_VPP, ROW(SA_ADDRESS_CHANGED), SURE | SOURCE, 0, NONE},
    {IPSEC_STACK_VPP, ROW(SA_ADDRESS_CHANGED), SURE, 0, AS(SA_ADDRESS_CHANGED)},
    {IPSEC_STACK_VPP, ROW(SA_ADDRESS_CHANGED), SOURCE, 0, AS(SA_ADDRESS_CHANGED)},

    /* VPP does not read the length of AH. */
    {IPSEC_STACK_VPP, ROW(AH_LENGTH_OVERRUN), SURE | UNDONE | TOO_SHORT, 0, AS(AH_CUT)},
    {IPSEC_STACK_VPP, ROW(AH_LENGTH_OVERRUN), SURE | UNDONE, 0, NONE},
    {IPSEC_STACK_VPP, ROW(AH_LENGTH_OVERRUN), SURE | TOO_SHORT | GOOD, 0, NONE},
    {IPSEC_STACK_VPP, ROW(AH_LENGTH_OVERRUN), UNDONE | TOO_SHORT, 0, AS(AH_LENGTH_OVERRUN)},
    {IPSEC_STACK_VPP, ROW(AH_SPI_UNKNOWN), SEEN, 0, NONE},
    {IPSEC_STACK_VPP, ROW(AH_SPI_UNKNOWN), 0, 0, AS(AH_SPI_UNKNOWN)},

    /* Nor does it check whether there is room for a trailer: it uses the octets in its place. */
    {IPSEC_STACK_VPP, ROW(ESP_RUNT_FOR_SA), SURE, 0, AS(ESP_RUNT_FOR_SA)},
    {IPSEC_STACK_VPP, ROW(ESP_BELOW_FLOOR), SURE, 0, AS(ESP_RUNT_FOR_SA)},
    {IPSEC_STACK_VPP, ROW(ESP_BELOW_FLOOR), ROOM, 0, AS(ESP_BELOW_FLOOR)},
    {IPSEC_STACK_VPP, ROW(ESP_NO_PAYLOAD), SURE, 0, AS(ESP_RUNT_FOR_SA)},
    {IPSEC_STACK_VPP, ROW(ESP_RUNT_FOR_SA), SURE | ROOM, 17, NONE},
    {IPSEC_STACK_VPP, ROW(ESP_RUNT_FOR_SA), SURE | ROOM | TAIL, 17, AS(RUNT_OF_TRAILER)},
    {IPSEC_STACK_VPP, ROW(ESP_RUNT_FOR_SA), SURE | ROOM | TAIL, 4, NONE},
    {IPSEC_STACK_VPP, ROW(ESP_RUNT_FOR_SA), SURE | ROOM | TAIL, 41, NONE},
    {IPSEC_STACK_VPP, ROW(ESP_RUNT_FOR_SA), SURE | ROOM | TAIL, 47, NONE},
    {IPSEC_STACK_VPP, ROW(ESP_RUNT_FOR_SA), SURE | ROOM | TAIL, 137, NONE},
    {IPSEC_STACK_VPP, ROW(ESP_RUNT_FOR_SA), SURE | ROOM | TAIL, 136, AS(RUNT_OF_TRAILER)},
    {IPSEC_STACK_VPP, ROW(ESP_NEXT_HEADER), TAIL, 47, NONE},
    {IPSEC_STACK_VPP, ROW(ESP_NEXT_HEADER), TAIL, 17, AS(ESP_NEXT_HEADER)},
    {IPSEC_STACK_VPP, ROW(ESP_NEXT_HEADER), 0, 47, AS(ESP_NEXT_HEADER)},
    {IPSEC_STACK_VPP, ROW(ESP_NEXT_HEADER_MODE), TAIL, 47, NONE},

    /* Packets that are too short for ESP in UDP, by length. */
    {IPSEC_STACK_VPP, ROW(NATT_ESP_TOO_SHORT), 0, 8, NONE},
    {IPSEC_STACK_VPP, ROW(NATT_ESP_TOO_SHORT), 0, 7, AS(NATT_ESP_TOO_SHORT)},
    {IPSEC_STACK_OPENBSD, ROW(NATT_ESP_TOO_SHORT), 0, 4, NONE},
    {IPSEC_STACK_OPENBSD, ROW(NATT_ESP_TOO_SHORT), 0, 5, AS(NATT_ESP_TOO_SHORT)},
    {IPSEC_STACK_OPENBSD, ROW(NATT_ESP_TOO_SHORT), 0, 8, NONE},
    {IPSEC_STACK_STRONGSWAN, ROW(NATT_ESP_TOO_SHORT), 0, 8, AS(ESP_NO_PAYLOAD)},
    {IPSEC_STACK_STRONGSWAN, ROW(NATT_ESP_TOO_SHORT), 0, 7, AS(NATT_ESP_TOO_SHORT)},
    {IPSEC_STACK_STRONGSWAN, ROW(NATT_KEEPALIVE), 0, 1, AS(NATT_KEEPALIVE)},
    {IPSEC_STACK_STRONGSWAN, ROW(NATT_KEEPALIVE), 0, 5, AS(BEHIND_MARKER)},

    /* libipsec parses the payload first, and checks Next Header afterwards. */
    {IPSEC_STACK_STRONGSWAN, ROW(ESP_NEXT_HEADER), GOOD | PLAIN, 0, AS(OTHER_INSIDE)},
    {IPSEC_STACK_STRONGSWAN, ROW(ESP_NEXT_HEADER), GOOD, 0, AS(ESP_NEXT_HEADER)},
};

static ipsec_report report_of(unsigned i)
{
    static const uint8_t plaintext[1];
    static ipsec_key_row row;
    const unsigned facts = cases[i].facts;
    const uint32_t value = cases[i].value;
    const bool is_ah = g_str_has_prefix(ipsec_catalogue(cases[i].id)->id, "ah.");
    ipsec_report report = {.header = {.protocol = is_ah ? IPSEC_PROTOCOL_AH : IPSEC_PROTOCOL_ESP},
                           .findings = {.whole = true},
                           .confirmed = true,
                           .ip_version = facts & V6 ? 6 : 4,
                           .oddities = facts & SEEN ? IPSEC_ODDITY_SEEN_BY_OTHER : 0};

    row = (ipsec_key_row){.source_port = facts & PORT ? 4500 : 0, .source = {.length = facts & SOURCE ? 4 : 0}};
    report.number.is_placed = report.number.has_highest = facts & PLACED;
    report.number.highest = value;
    report.opened =
        (ipsec_opened){.valid = facts != 0,
                       .spec = &row,
                       .like = &row,
                       .is_sure = facts & SURE,
                       .icv_status = facts & GOOD     ? IPSEC_ICV_GOOD
                                     : facts & NO_ICV ? IPSEC_ICV_NOT_PRESENT
                                     : facts & UNDONE ? IPSEC_ICV_UNVERIFIED
                                                      : IPSEC_ICV_BAD,
                       .unverified = facts & TOO_SHORT ? IPSEC_UNVERIFIED_TOO_SHORT : IPSEC_UNVERIFIED_NO_KEY,
                       .esn = facts & ESN,
                       .has_room = facts & ROOM,
                       .tail_known = facts & TAIL,
                       .tail_next = (uint8_t)value,
                       .next_header = (uint8_t)value,
                       .plaintext = facts & PLAIN ? plaintext : NULL,
                       .inside_parses = facts & PLAIN};
    ipsec_findings_add(&report.findings, cases[i].id, 0, value);
    return report;
}

static void test_faults(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        const ipsec_report report = report_of(i);
        const ipsec_reaction reaction = ipsec_reaction_to(cases[i].stack, &report, cases[i].id);

        if (reaction.fault != cases[i].fault) {
            g_test_message("line %u, %s: fault %u, not %u", i, ipsec_catalogue(cases[i].id)->id, reaction.fault,
                           cases[i].fault);
            g_test_fail();
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/quirks/faults", test_faults);
    return g_test_run();
}
