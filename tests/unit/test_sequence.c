/* Sequence numbers: the basis of the advice on late packets. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "report/advice.h"
#include "packets.h"

#include <string.h>

/* Packets of one SA, and the report on the last one. */
typedef struct stream {
    ipsec_db *db;
    uint8_t ip_version;
    uint8_t outer[40];
    uint32_t spi;
    uint32_t frame;
    ipsec_report report;
} stream;

static stream open_stream(uint8_t ip_version)
{
    return (stream){.db = db_for(IPSEC_STACK_RFC), .ip_version = ip_version, .spi = 0x1000};
}

static void close_stream(stream *s)
{
    ipsec_db_free(s->db);
    guard_free_all();
}

static void expect_explained(const stream *s, const ipsec_view *view, const ipsec_record *record)
{
    const ipsec_finding *judged = s->report.findings.list;
    ipsec_report again;

    ipsec_explain(s->db, view, record, &again);
    g_assert_cmpuint(again.number.value, ==, s->report.number.value);
    g_assert_cmpint(again.number.advance, ==, s->report.number.advance);
    g_assert_cmpuint(again.number.first_seen, ==, s->report.number.first_seen);
    g_assert_cmpuint(again.number.seen_by, ==, s->report.number.seen_by);
    g_assert_cmpuint(again.number.old_by, ==, s->report.number.old_by);
    g_assert_cmpuint(again.findings.count, ==, s->report.findings.count);
    for (unsigned i = 0; i < again.findings.count; i++) {
        g_assert_cmpuint(again.findings.list[i].id, ==, judged[i].id);
        g_assert_cmpuint(again.findings.list[i].advice_case, ==, judged[i].advice_case);
        g_assert_cmpuint(again.findings.list[i].detail, ==, judged[i].detail);
        g_assert_cmpuint(again.findings.list[i].missed, ==, judged[i].missed);
    }
}

static void send(stream *s, uint32_t sequence, uint8_t dscp)
{
    ipsec_view view = esp_view(s->ip_version, s->spi, sequence, 84);
    ipsec_record record;

    memset(s->outer, 0, sizeof s->outer);
    if (s->ip_version == 4) {
        s->outer[0] = 0x45;
        s->outer[1] = (uint8_t)(dscp << 2 | 1); /* ECN is not part of it */
    } else {
        s->outer[0] = (uint8_t)(0x60 | dscp >> 2);
        s->outer[1] = (uint8_t)(dscp << 6 | 0x1f);
    }
    view.outer = s->outer;
    view.outer_length = s->ip_version == 4 ? 20 : 40;
    view.frame = ++s->frame;
    ipsec_judge(s->db, &view, &record, &s->report);
    expect_explained(s, &view, &record);
}

static void send_run(stream *s, uint32_t first, uint32_t last, uint8_t dscp)
{
    for (uint32_t sequence = first; sequence <= last; sequence++)
        send(s, sequence, dscp);
}

static void expect_old(const stream *s, ipsec_advice_case hint, uint32_t smallest, uint32_t missed)
{
    g_assert_cmpuint(s->report.findings.count, ==, 1);
    g_assert_cmpint(s->report.findings.list[0].id, ==, IPSEC_FINDING_REPLAY_OLD);
    g_assert_cmpint(s->report.findings.list[0].advice_case, ==, hint);
    g_assert_cmpuint(s->report.findings.list[0].detail, ==, smallest);
    g_assert_cmpuint(s->report.findings.list[0].missed, ==, missed);
}

/* Number 2 was overtaken by all later packets, whose classes may differ. */
static void test_classes(void)
{
    static const struct {
        uint8_t late, one, other;
        ipsec_advice_case advice_case;
    } cases[] = {{0, 0, 0, IPSEC_CASE_WINDOW},      {0, 46, 46, IPSEC_CASE_WINDOW_QOS},
                 {46, 0, 0, IPSEC_CASE_WINDOW_QOS}, {0, 46, 26, IPSEC_CASE_WINDOW_QOS},
                 {0, 46, 0, IPSEC_CASE_WINDOW},     {46, 46, 46, IPSEC_CASE_WINDOW},
                 {1, 2, 3, IPSEC_CASE_WINDOW_QOS},  {10, 12, 8, IPSEC_CASE_WINDOW_QOS}};

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++)
        for (uint8_t version = 4; version <= 6; version += 2) {
            stream s = open_stream(version);

            send(&s, 1, cases[i].late); /* did not overtake it */
            send_run(&s, 3, 50, cases[i].one);
            send_run(&s, 51, 66, cases[i].other);
            send(&s, 2, cases[i].late);
            expect_old(&s, cases[i].advice_case, 65, 1);
            close_stream(&s);
        }
}

/* Packets of another SA, and those that are forgotten by then, are evidence neither for nor against it. */
static void test_only_what_is_remembered_of_the_sa_counts(void)
{
    stream s = open_stream(4);

    send(&s, 1, 0);
    send_run(&s, 4, 100, 46);
    s.spi++;
    send_run(&s, 1000, 1100, 0);
    s.spi--;
    send(&s, 2, 0);
    expect_old(&s, IPSEC_CASE_WINDOW_QOS, 99, 35);
    s.spi++;
    send_run(&s, 1101, 1101 + 1024, 0);
    s.spi--;
    send(&s, 3, 0);
    expect_old(&s, IPSEC_CASE_WINDOW, 98, 34);
    close_stream(&s);
}

/* No window accepts a number that was seen, and none explains a counter that restarted. */
static void test_no_hint(void)
{
    stream s = open_stream(4);

    send_run(&s, 1, 100, 0);
    send(&s, 1, 0);
    expect_old(&s, IPSEC_CASE_NONE, 0, 0);
    send(&s, 36, 0);
    expect_old(&s, IPSEC_CASE_NONE, 0, 0);
    send_run(&s, 5000, 5002, 0);
    send_run(&s, 2000, 2014, 0);
    expect_old(&s, IPSEC_CASE_WINDOW, 2989, 2925);
    send(&s, 2015, 0);
    g_assert_true(ipsec_findings_have(&s.report.findings, IPSEC_FINDING_SEQ_RESTART));
    g_assert_cmpint(s.report.findings.list[0].advice_case, ==, IPSEC_CASE_NONE);
    g_assert_cmpint(s.report.findings.list[1].advice_case, ==, IPSEC_CASE_NONE);
    close_stream(&s);
}

static void test_without_ip_header_no_class_is_known(void)
{
    stream s = open_stream(4);
    ipsec_view late = esp_view(4, s.spi, 2, 84);
    ipsec_record record;

    send(&s, 1, 0);
    send_run(&s, 3, 100, 46);
    ipsec_judge(s.db, &late, &record, &s.report);
    expect_old(&s, IPSEC_CASE_WINDOW, 99, 35);
    close_stream(&s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sequence/advice/classes", test_classes);
    g_test_add_func("/sequence/advice/remembered", test_only_what_is_remembered_of_the_sa_counts);
    g_test_add_func("/sequence/advice/none", test_no_hint);
    g_test_add_func("/sequence/advice/no-header", test_without_ip_header_no_class_is_known);
    return g_test_run();
}
