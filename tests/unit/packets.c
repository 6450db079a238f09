/* Views and expectations for the unit tests.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "packets.h"
#include "guard.h"
#include "packet/kind.h"
#include "packet/find.h"

#include <string.h>

static const uint8_t source4[4] = {192, 0, 2, 1}, destination4[4] = {192, 0, 2, 2};
static const uint8_t source6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
static const uint8_t destination6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 2};

static void put_u32(uint8_t *to, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

ipsec_view view_of(uint8_t protocol, uint8_t ip_version, const uint8_t *octets, size_t captured)
{
    return (ipsec_view){
        .data = guard_copy(octets, captured),
        .captured = (uint32_t)captured,
        .length = (uint32_t)captured,
        .source = ip_version == 4 ? source4 : source6,
        .destination = ip_version == 4 ? destination4 : destination6,
        .address_length = ip_version == 4 ? 4 : 16,
        .ip_version = ip_version,
        .protocol = protocol,
    };
}

ipsec_view esp_view(uint8_t ip_version, uint32_t spi, uint32_t sequence, size_t length)
{
    uint8_t octets[512];

    g_assert_cmpuint(length, <=, sizeof octets);
    memset(octets, 0xa5, sizeof octets);
    put_u32(octets, spi);
    put_u32(octets + 4, sequence);
    return view_of(IPSEC_PROTOCOL_ESP, ip_version, octets, length);
}

ipsec_view esp_in_udp_view(uint8_t ip_version, uint32_t spi, uint32_t sequence, size_t length)
{
    ipsec_view view = esp_view(ip_version, spi, sequence, length);

    view.encapsulation = IPSEC_ENCAPSULATION_UDP;
    return view;
}

ipsec_view ah_view(uint8_t ip_version, uint8_t next, uint8_t words, uint32_t spi, uint32_t sequence, size_t length)
{
    uint8_t octets[2048];

    g_assert_cmpuint(length, <=, sizeof octets);
    memset(octets, 0xa5, sizeof octets);
    octets[0] = next;
    octets[1] = words;
    octets[2] = octets[3] = 0;
    put_u32(octets + 4, spi);
    put_u32(octets + 8, sequence);
    return view_of(IPSEC_PROTOCOL_AH, ip_version, octets, length);
}

static void compare(const ipsec_report *report, const expectation *wanted, const char *what, const char *pass)
{
    GString *found = g_string_new(NULL), *expected = g_string_new(NULL);

    g_string_append(found, ipsec_verdict_name(report->verdict));
    for (unsigned i = 0; i < report->findings.count; i++)
        g_string_append_printf(found, " %s", ipsec_catalogue(report->findings.list[i].id)->id);
    g_string_append(expected, ipsec_verdict_name(wanted->verdict));
    for (unsigned i = 0; i < wanted->count; i++)
        g_string_append_printf(expected, " %s", ipsec_catalogue(wanted->findings[i])->id);
    if (!g_string_equal(found, expected)) {
        g_test_message("%s, %s: expected \"%s\", found \"%s\"", what, pass, expected->str, found->str);
        g_test_fail();
    }
    g_string_free(found, TRUE);
    g_string_free(expected, TRUE);
}

ipsec_report report_on(const ipsec_view *view)
{
    ipsec_report report = {.confirmed = true, .sa = IPSEC_SA_NONE, .ip_version = view->ip_version};

    ipsec_header_begin(&report.header, view);
    ipsec_findings_begin(&report.findings, ipsec_view_is_whole(view));
    return report;
}

ipsec_db *db_for(ipsec_stack receiver)
{
    ipsec_config config = ipsec_config_default();

    config.receiver = receiver;
    return ipsec_db_new(&config);
}

ipsec_report expect(ipsec_db *db, const ipsec_view *view, const expectation *wanted, const char *what)
{
    ipsec_db *own = db ? NULL : db_for(IPSEC_STACK_RFC);
    ipsec_record record;
    ipsec_report judged, explained;

    ipsec_judge(db ? db : own, view, &record, &judged);
    compare(&judged, wanted, what, "judged");
    ipsec_explain(db ? db : own, view, &record, &explained);
    compare(&explained, wanted, what, "explained");
    g_assert_cmpuint(judged.sa, ==, explained.sa);
    g_assert_cmpuint(judged.confirmed, ==, explained.confirmed);
    g_assert_cmpuint(judged.unproven, ==, explained.unproven);
    g_assert_cmpuint(judged.refused_by, ==, explained.refused_by);
    g_assert_cmpuint(judged.fragment, ==, explained.fragment);
    for (unsigned i = 0; i < judged.findings.count; i++)
        g_assert_cmpint(judged.findings.list[i].announce, ==, explained.findings.list[i].announce);
    ipsec_db_free(own);
    return judged;
}
