/* Judging IKE messages, one after the other. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "ike/exchange.h"
#include "ike/lengths.h"
#include "ike/nat.h"
#include "ike/notify.h"
#include "ike_packets.h"
#include "packets.h"

#include <string.h>

enum {
    NONE = IPSEC_FINDING_COUNT,
    NO_PROPOSAL = 14,
    MESSAGES_MOST = 32
};

/* A capture of two hosts, and the state for later passes. */
typedef struct session {
    ipsec_db *db;
    ipsec_ike_message head;
    uint32_t frames;
    unsigned now;
    ike_octets messages[MESSAGES_MOST];
    ipsec_view views[MESSAGES_MOST];
} session;

static session begin(void)
{
    return (session){.db = db_for(IPSEC_STACK_RFC), .head = {.initiator_spi = 0x1111, .version = 2}};
}

static void end(session *s)
{
    ipsec_db_free(s->db);
    guard_free_all();
}

static unsigned only_finding(const ipsec_ike_report *report)
{
    g_assert_cmpuint(report->count, ==, report->findings.count);
    g_assert_cmpuint(report->count, <=, 1);
    return report->count ? report->said[0].finding : (unsigned)NONE;
}

/* Judges a message with these contents (NULL: none) 100 ms after the last one, and checks that both passes agree. */
static ipsec_ike_report judge(session *s, const ike_octets *m, bool back, const ipsec_ike_contents *contents)
{
    ipsec_ike_report report, again;
    ipsec_view *view = &s->views[s->frames];

    g_assert_cmpuint(s->frames, <, MESSAGES_MOST);
    s->messages[s->frames] = *m;
    *view = ike_view(m, s->frames + 1, s->now, back);
    s->frames++;
    s->now += 100;
    ipsec_judge_ike(s->db, view, contents, &report);
    ipsec_explain_ike(s->db, view, &again);
    g_assert_cmpuint(only_finding(&report), ==, only_finding(&again));
    return report;
}

/* The same for a message of the initiator without contents; returns the finding. */
static unsigned judged(session *s, const ike_octets *m)
{
    const ipsec_ike_report report = judge(s, m, false, NULL);

    return only_finding(&report);
}

static unsigned later(const session *s, uint32_t frame)
{
    ipsec_ike_report report;

    ipsec_explain_ike(s->db, &s->views[frame - 1], &report);
    return only_finding(&report);
}

/* An encrypted message of the initiator or, if `back`, of the responder; `response` says whether it is an answer. */
static ike_octets sealed(const session *s, uint8_t exchange, uint32_t id, uint32_t length, bool response, bool back)
{
    ipsec_ike_message head = s->head;

    head.exchange = exchange;
    head.id = id;
    head.is_response = response;
    head.from_initiator = !back;
    head.is_encrypted = true;
    head.responder_spi = 0x2222;
    return ike_sealed(&head, length);
}

static unsigned ask(session *s, uint8_t exchange, uint32_t id, uint32_t length)
{
    const ike_octets m = sealed(s, exchange, id, length, false, false);
    const ipsec_ike_report report = judge(s, &m, false, NULL);

    return only_finding(&report);
}

static unsigned answer(session *s, uint8_t exchange, uint32_t id, uint32_t length)
{
    const ike_octets m = sealed(s, exchange, id, length, true, true);
    const ipsec_ike_report report = judge(s, &m, true, NULL);

    return only_finding(&report);
}

/* An IKE_SA_INIT message: with AES-GCM-16, or with the notify that refuses it. */
static ike_octets init(const session *s, bool response, unsigned notify)
{
    static const uint8_t offer[] = {0, 0, 0, 20, 1, 1, 0, 1, 0, 0, 0, 12, 1, 0, 0, 20, 0x80, 0x0e, 0, 128};
    const uint8_t refusal[] = {0, 0, (uint8_t)(notify >> 8), (uint8_t)notify};
    const ike_payload payload = notify ? (ike_payload){IPSEC_IKE_PAYLOAD_NOTIFY, refusal, sizeof refusal}
                                       : (ike_payload){IPSEC_IKE_PAYLOAD_SA, offer, sizeof offer};
    ipsec_ike_message head = s->head;

    head.exchange = IPSEC_IKE_SA_INIT;
    head.is_response = response;
    head.from_initiator = !response;
    head.responder_spi = response && !notify ? 0x2222 : 0;
    return ike_message(&head, &payload, 1);
}

static void set_up(session *s)
{
    ike_octets m = init(s, false, 0);

    judge(s, &m, false, NULL);
    m = init(s, true, 0);
    judge(s, &m, true, NULL);
}

static unsigned refuse(session *s, unsigned notify)
{
    const ike_octets m = init(s, true, notify);
    const ipsec_ike_report report = judge(s, &m, true, NULL);

    return only_finding(&report);
}

/* --- lengths ------------------------------------------------------------------------------------------------------ */

static void test_content_by_algorithm(void)
{
    static const struct {
        uint16_t encryption, integrity;
        uint32_t length, most;
    } cases[] = {{20, 0, 65, 8},   /* AES-GCM-16: one notify */
                 {28, 0, 65, 8},   /* ChaCha20-Poly1305 */
                 {12, 12, 80, 15}, /* AES-CBC, SHA-256: one notify with its padding */
                 {3, 2, 68, 15},   /* 3DES, SHA-1 */
                 {12, 14, 96, 15}, /* AES-CBC, SHA-512 */
                 {0, 0, 57, 8},    /* unknown algorithms: the shortest of all */
                 {20, 0, 30, 0}};

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        const ipsec_ike_sa sa = {.encryption = cases[i].encryption, .integrity = cases[i].integrity};

        g_assert_cmpuint(ipsec_ike_content_most(&sa, cases[i].length), ==, cases[i].most);
    }
}

static void test_answers_by_length(void)
{
    static const struct {
        uint8_t exchange;
        uint32_t length;
        unsigned finding;
    } cases[] = {{IPSEC_IKE_AUTH, 65, IPSEC_FINDING_IKE_AUTH_FAILED},
                 {IPSEC_IKE_AUTH, 74, IPSEC_FINDING_IKE_AUTH_FAILED},
                 {IPSEC_IKE_AUTH, 75, IPSEC_FINDING_IKE_CHILD_REFUSED},
                 {IPSEC_IKE_AUTH, 169, IPSEC_FINDING_IKE_CHILD_REFUSED},
                 {IPSEC_IKE_AUTH, 170, NONE},
                 {IPSEC_IKE_CREATE_CHILD_SA, 65, IPSEC_FINDING_IKE_CHILD_REFUSED},
                 {IPSEC_IKE_CREATE_CHILD_SA, 127, IPSEC_FINDING_IKE_CHILD_REFUSED},
                 {IPSEC_IKE_CREATE_CHILD_SA, 128, NONE},
                 {IPSEC_IKE_INFORMATIONAL, 57, NONE}};

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        session s = begin();

        set_up(&s);
        g_assert_cmpuint(ask(&s, cases[i].exchange, 1, 250), ==, NONE);
        g_assert_cmpuint(answer(&s, cases[i].exchange, 1, cases[i].length), ==, cases[i].finding);
        end(&s);
    }
}

/* EAP continues after the first answer, and its messages may be of any length. */
static void test_eap(void)
{
    session s = begin();

    set_up(&s);
    ask(&s, IPSEC_IKE_AUTH, 1, 250);
    g_assert_cmpuint(answer(&s, IPSEC_IKE_AUTH, 1, 120), ==, IPSEC_FINDING_IKE_CHILD_REFUSED);
    g_assert_cmpuint(ask(&s, IPSEC_IKE_AUTH, 2, 73), ==, NONE);
    g_assert_cmpuint(later(&s, 4), ==, NONE);
    g_assert_cmpuint(answer(&s, IPSEC_IKE_AUTH, 2, 65), ==, NONE);
    end(&s);
}

/* After IKE_INTERMEDIATE, the first IKE_AUTH has another message id. */
static void test_intermediate(void)
{
    session s = begin();

    set_up(&s);
    ask(&s, IPSEC_IKE_INTERMEDIATE, 1, 900);
    g_assert_cmpuint(answer(&s, IPSEC_IKE_INTERMEDIATE, 1, 60), ==, NONE);
    ask(&s, IPSEC_IKE_AUTH, 2, 250);
    g_assert_cmpuint(answer(&s, IPSEC_IKE_AUTH, 2, 65), ==, IPSEC_FINDING_IKE_AUTH_FAILED);
    end(&s);
}

/* A childless IKE_AUTH (RFC 6023), followed by a child: nothing was refused. */
static void test_a_later_exchange_succeeds(void)
{
    session s = begin();

    set_up(&s);
    ask(&s, IPSEC_IKE_AUTH, 1, 160);
    g_assert_cmpuint(answer(&s, IPSEC_IKE_AUTH, 1, 120), ==, IPSEC_FINDING_IKE_CHILD_REFUSED);
    ask(&s, IPSEC_IKE_CREATE_CHILD_SA, 2, 200);
    g_assert_cmpuint(later(&s, 4), ==, IPSEC_FINDING_IKE_CHILD_REFUSED);
    answer(&s, IPSEC_IKE_CREATE_CHILD_SA, 2, 200);
    g_assert_cmpuint(later(&s, 4), ==, NONE);
    end(&s);
}

static void send_esp(session *s, uint32_t spi, uint32_t number)
{
    ipsec_view view = esp_view(4, spi, number, 100);
    ipsec_record record;
    ipsec_report report;

    view.frame = s->frames + 1;
    ipsec_judge(s->db, &view, &record, &report);
}

/* One SA is known to exist; packets of a second one show that the answer was short, but not a refusal. */
static void test_an_spi_carries_traffic(void)
{
    session s = begin();

    set_up(&s);
    ask(&s, IPSEC_IKE_AUTH, 1, 250);
    answer(&s, IPSEC_IKE_AUTH, 1, 200);
    ask(&s, IPSEC_IKE_CREATE_CHILD_SA, 2, 200);
    g_assert_cmpuint(answer(&s, IPSEC_IKE_CREATE_CHILD_SA, 2, 100), ==, IPSEC_FINDING_IKE_CHILD_REFUSED);
    send_esp(&s, 0xc0000001, 1);
    g_assert_cmpuint(later(&s, 6), ==, IPSEC_FINDING_IKE_CHILD_REFUSED);
    send_esp(&s, 0xc0000002, 1);
    g_assert_cmpuint(later(&s, 6), ==, NONE);
    end(&s);
}

/* The capture began during the lifetime of an SA, so its first packet there proves nothing. */
static void test_an_older_sa_carries_traffic(void)
{
    session s = begin();

    ask(&s, IPSEC_IKE_CREATE_CHILD_SA, 2, 200);
    g_assert_cmpuint(answer(&s, IPSEC_IKE_CREATE_CHILD_SA, 2, 65), ==, IPSEC_FINDING_IKE_CHILD_REFUSED);
    send_esp(&s, 0xc0000001, 5001);
    g_assert_cmpuint(later(&s, 2), ==, IPSEC_FINDING_IKE_CHILD_REFUSED);
    end(&s);
}

/* Checks the outcome of the IKE SA of that frame. */
static void check_outcome(const session *s, uint32_t frame, const char *wanted)
{
    char buffer[IPSEC_IKE_OUTCOME_SIZE];
    ipsec_ike_report report;

    ipsec_explain_ike(s->db, &s->views[frame - 1], &report);
    g_assert_true(report.has_progress);
    g_assert_cmpstr(ipsec_ike_outcome(&report.progress, buffer), ==, wanted);
}

/* The first answer with EAP is as long as one that creates an SA; the last one shows whether the login succeeds. */
static void test_a_login_goes_on(void)
{
    session s = begin();

    set_up(&s);
    check_outcome(&s, 1, "only IKE_SA_INIT was seen");
    ask(&s, IPSEC_IKE_AUTH, 1, 250);
    check_outcome(&s, 1, "IKE_AUTH did not finish");
    answer(&s, IPSEC_IKE_AUTH, 1, 400);
    check_outcome(&s, 1, "established (judging by message lengths)");
    ask(&s, IPSEC_IKE_AUTH, 2, 90);
    answer(&s, IPSEC_IKE_AUTH, 2, 65); /* EAP-Failure */
    check_outcome(&s, 1, "IKE_AUTH did not finish");
    ask(&s, IPSEC_IKE_AUTH, 3, 90);
    answer(&s, IPSEC_IKE_AUTH, 3, 200);
    check_outcome(&s, 1, "established (judging by message lengths)");
    ask(&s, IPSEC_IKE_CREATE_CHILD_SA, 4, 200);
    answer(&s, IPSEC_IKE_CREATE_CHILD_SA, 4, 65);
    check_outcome(&s, 1, "established, consistent with a refused child SA");
    end(&s);
}

/* The first answer with EAP only seemed to create an SA: a single SA with traffic is not more than were created. */
static void test_a_login_takes_back_its_sa(void)
{
    session s = begin();

    set_up(&s);
    ask(&s, IPSEC_IKE_AUTH, 1, 250);
    answer(&s, IPSEC_IKE_AUTH, 1, 400);
    ask(&s, IPSEC_IKE_AUTH, 2, 90);
    answer(&s, IPSEC_IKE_AUTH, 2, 65);
    ask(&s, IPSEC_IKE_CREATE_CHILD_SA, 3, 200);
    g_assert_cmpuint(answer(&s, IPSEC_IKE_CREATE_CHILD_SA, 3, 65), ==, IPSEC_FINDING_IKE_CHILD_REFUSED);
    send_esp(&s, 0xc0000001, 1);
    g_assert_cmpuint(later(&s, 8), ==, NONE);
    end(&s);
}

/* --- what is decrypted -------------------------------------------------------------------------------------------- */

static ipsec_ike_contents contents_of(uint64_t payloads, unsigned notify)
{
    ipsec_ike_contents contents = {.decrypted = true, .verified = true, .payloads = payloads};

    if (notify) {
        contents.notify_count = 1;
        contents.notifies[0].type = (uint16_t)notify;
    }
    return contents;
}

#define HAS(type) (UINT64_C(1) << IPSEC_IKE_PAYLOAD_##type)

static ipsec_ike_report judge_auth(session *s, const ipsec_ike_contents *request, const ipsec_ike_contents *response,
                                   uint32_t length)
{
    ike_octets m = sealed(s, IPSEC_IKE_AUTH, 1, 250, false, false);

    set_up(s);
    judge(s, &m, false, request);
    m = sealed(s, IPSEC_IKE_AUTH, 1, length, true, true);
    return judge(s, &m, true, response);
}

static void test_decrypted(void)
{
    const ipsec_ike_contents request = contents_of(HAS(SA) | HAS(AUTH), 0);
    static const struct {
        uint64_t payloads;
        unsigned notify, finding;
        bool inferred;
    } cases[] = {
        {HAS(AUTH) | HAS(SA), 0, NONE, false},
        {HAS(AUTH), 0, IPSEC_FINDING_IKE_CHILD_REFUSED, false}, /* neither an SA nor a reason for its absence */
        {HAS(AUTH) | HAS(EAP), 0, NONE, false},
        {HAS(AUTH), 38, IPSEC_FINDING_IKE_TS_UNACCEPTABLE, false},
        {0, 24, IPSEC_FINDING_IKE_AUTH_FAILED, false},
        {HAS(AUTH) | HAS(SA), 14, IPSEC_FINDING_IKE_NO_PROPOSAL,
         false}, /* together with an SA: the error takes precedence */
        {HAS(AUTH), 39, IPSEC_FINDING_IKE_INVALID_SELECTORS, false},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        const ipsec_ike_contents response = contents_of(cases[i].payloads, cases[i].notify);
        session s = begin();
        const ipsec_ike_report report = judge_auth(&s, &request, &response, 100);

        g_assert_cmpuint(only_finding(&report), ==, cases[i].finding);
        if (report.count)
            g_assert_cmpint(report.said[0].inferred, ==, cases[i].inferred);
        g_assert_false(report.count && report.said[0].windows_given);
        end(&s);
    }
}

/* With keys, the table has the same outcome as without, and the reason. */
static void test_decrypted_outcomes(void)
{
    const ipsec_ike_contents request = contents_of(HAS(SA) | HAS(AUTH), 0);
    static const struct {
        uint64_t payloads;
        unsigned notify;
        const char *outcome;
    } cases[] = {{HAS(AUTH) | HAS(SA), 0, "established, 0 child SAs"},
                 {HAS(AUTH), 14, "established, child SA refused: NO_PROPOSAL_CHOSEN"},
                 {HAS(AUTH), 38, "established, child SA refused: TS_UNACCEPTABLE"},
                 {HAS(AUTH), 0, "established, child SA refused"},
                 {0, 24, "AUTHENTICATION_FAILED"},
                 {HAS(AUTH) | HAS(EAP), 0, "IKE_AUTH did not finish"}};

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        const ipsec_ike_contents response = contents_of(cases[i].payloads, cases[i].notify);
        session s = begin();

        judge_auth(&s, &request, &response, 200);
        check_outcome(&s, 1, cases[i].outcome);
        end(&s);
    }
}

static void test_deleted(void)
{
    const ipsec_ike_contents request = contents_of(HAS(SA) | HAS(AUTH), 0), made = contents_of(HAS(SA) | HAS(AUTH), 0);
    ipsec_ike_contents gone = contents_of(HAS(DELETE), 0);
    session s = begin();
    ike_octets m;

    gone.deletes_ike = true;
    judge_auth(&s, &request, &made, 200);
    m = sealed(&s, IPSEC_IKE_INFORMATIONAL, 2, 65, false, false);
    judge(&s, &m, false, &gone);
    check_outcome(&s, 1, "established, 0 child SAs, deleted (frame 5)");
    end(&s);
}

/* More findings than there is room for: the gravest are kept. */
static void test_many_findings(void)
{
    static const uint16_t told[] = {43, 44, 39, 24, 38};
    ipsec_ike_contents contents = contents_of(0, 43);
    session s = begin();
    ike_octets m = sealed(&s, IPSEC_IKE_AUTH, 1, 250, false, false);
    ipsec_ike_report report;
    ipsec_view view;

    set_up(&s);
    judge(&s, &m, false, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(told); i++)
        contents.notifies[i].type = told[i];
    contents.notify_count = G_N_ELEMENTS(told);
    m = sealed(&s, IPSEC_IKE_AUTH, 1, 200, true, true);
    view = ike_view(&m, 4, s.now, true);
    ipsec_judge_ike(s.db, &view, &contents, &report);
    g_assert_cmpuint(report.count, ==, 3);
    g_assert_cmpuint(report.said[0].finding, ==, IPSEC_FINDING_IKE_AUTH_FAILED);
    g_assert_cmpuint(report.said[1].finding, ==, IPSEC_FINDING_IKE_TS_UNACCEPTABLE);
    g_assert_cmpuint(report.said[2].finding, ==, IPSEC_FINDING_IKE_INVALID_SELECTORS);
    end(&s);
}

/* A dissector may offer a frame with two messages twice. */
static void test_offered_twice(void)
{
    ipsec_ike_contents made = contents_of(HAS(SA) | HAS(AUTH), 0);
    session s = begin();
    const ike_octets request = sealed(&s, IPSEC_IKE_AUTH, 1, 250, false, false);
    const ike_octets response = sealed(&s, IPSEC_IKE_AUTH, 1, 200, true, true);

    made.proposal_count = 1;
    made.proposals[0].protocol = IPSEC_IKE_PROTOCOL_ESP;
    for (unsigned turn = 0; turn < 2; turn++) {
        ipsec_view asked = ike_view(&request, 1, 0, false), answered = ike_view(&response, 1, 0, true);
        ipsec_ike_report report;

        answered.offset = 600;
        ipsec_judge_ike(s.db, &asked, NULL, &report);
        ipsec_judge_ike(s.db, &answered, &made, &report);
        g_assert_true(report.has_progress);
        g_assert_cmpuint(report.progress.children, ==, 1);
    }
    end(&s);
}

/* Each rekey is asked for another group, and then succeeds. */
static void test_group_of_each_rekey(void)
{
    const ipsec_ike_contents other_group = contents_of(0, IPSEC_IKE_INVALID_KE_PAYLOAD), made = contents_of(HAS(SA), 0);
    session s = begin();

    set_up(&s);
    for (uint32_t id = 2; id < 12; id++) {
        const ike_octets m = sealed(&s, IPSEC_IKE_CREATE_CHILD_SA, id, id % 2 ? 200 : 67, true, true);
        ipsec_ike_report report;

        ask(&s, IPSEC_IKE_CREATE_CHILD_SA, id, 200);
        report = judge(&s, &m, true, id % 2 ? &made : &other_group);
        g_assert_cmpuint(only_finding(&report), ==, id % 2 ? (unsigned)NONE : (unsigned)IPSEC_FINDING_IKE_INVALID_KE);
    }
    end(&s);
}

/* A request without a child is not refused if the answer has none. */
static void test_childless(void)
{
    const ipsec_ike_contents request = contents_of(HAS(AUTH), 0), response = contents_of(HAS(AUTH), 0);
    session s = begin();
    const ipsec_ike_report report = judge_auth(&s, &request, &response, 120);

    g_assert_cmpuint(only_finding(&report), ==, NONE);
    g_assert_cmpuint(report.progress.stage, ==, IPSEC_IKE_ESTABLISHED);
    g_assert_false(report.progress.is_guessed);
    end(&s);
}

/* --- forged messages -----------------------------------------------------------------------------------------------
 */

static void test_forged_answers(void)
{
    session s = begin();
    ike_octets m = init(&s, false, 0);

    judge(&s, &m, false, NULL);
    g_assert_cmpuint(refuse(&s, NO_PROPOSAL), ==, IPSEC_FINDING_IKE_NO_PROPOSAL); /* nothing contradicts it yet */
    g_assert_cmpuint(refuse(&s, 0), ==, NONE);                                    /* the genuine exchange continues */
    g_assert_cmpuint(refuse(&s, NO_PROPOSAL), ==, IPSEC_FINDING_IKE_STRAY_NOTIFY);
    ask(&s, IPSEC_IKE_AUTH, 1, 250);
    g_assert_cmpuint(answer(&s, IPSEC_IKE_AUTH, 1, 65), ==,
                     IPSEC_FINDING_IKE_AUTH_FAILED); /* its algorithms are known */
    end(&s);
}

/* A short encrypted answer may be forged; a later one that is long enough for what was requested supersedes it. */
static void test_forged_short_answer(void)
{
    session s = begin();

    set_up(&s);
    ask(&s, IPSEC_IKE_AUTH, 1, 250);
    g_assert_cmpuint(answer(&s, IPSEC_IKE_AUTH, 1, 65), ==, IPSEC_FINDING_IKE_AUTH_FAILED);
    check_outcome(&s, 1, "consistent with a failed authentication");
    g_assert_cmpuint(answer(&s, IPSEC_IKE_AUTH, 1, 200), ==, NONE);
    g_assert_cmpuint(later(&s, 4), ==, NONE);
    check_outcome(&s, 1, "established (judging by message lengths)");
    g_assert_cmpuint(answer(&s, IPSEC_IKE_AUTH, 1, 66), ==, NONE); /* in the reverse order it has no effect */
    check_outcome(&s, 1, "established (judging by message lengths)");
    end(&s);
}

/* A fragment without valid numbers says nothing: they may be cut off, or impossible. */
static void test_fragment_without_numbers(void)
{
    static const uint8_t bodies[][40] = {{0, 1, 0, 2}, {0, 0, 0, 2}, {0, 3, 0, 2}};

    for (unsigned i = 0; i < G_N_ELEMENTS(bodies); i++) {
        const ike_payload part = {IPSEC_IKE_PAYLOAD_SKF, bodies[i], sizeof bodies[i]};
        session s = begin();
        ipsec_ike_report report;
        ike_octets m;
        ipsec_view view;

        set_up(&s);
        ask(&s, IPSEC_IKE_AUTH, 1, 250);
        m = ike_message(&(ipsec_ike_message){.initiator_spi = 0x1111,
                                             .responder_spi = 0x2222,
                                             .version = 2,
                                             .exchange = IPSEC_IKE_AUTH,
                                             .id = 1,
                                             .is_response = true},
                        &part, 1);
        view = ike_view(&m, 4, s.now, true);
        if (i == 0)
            view.captured = IPSEC_IKE_HEADER + 4 + 3;
        ipsec_judge_ike(s.db, &view, NULL, &report);
        g_assert_true(report.is_ike && report.message.is_fragment);
        g_assert_cmpuint(only_finding(&report), ==, NONE);
        end(&s);
    }
}

/* The decrypted message is the answer, whatever came before. */
static void test_decrypted_beats_forged(void)
{
    const ipsec_ike_contents contents = contents_of(HAS(AUTH) | HAS(SA), 0);
    session s = begin();
    ike_octets m;
    ipsec_ike_report report;

    set_up(&s);
    ask(&s, IPSEC_IKE_AUTH, 1, 250);
    m = sealed(&s, IPSEC_IKE_AUTH, 1, 400, true, true);
    m.octets[200] ^= 1;
    judge(&s, &m, true, NULL);
    m = sealed(&s, IPSEC_IKE_AUTH, 1, 198, true, true);
    report = judge(&s, &m, true, &contents);
    g_assert_true(report.progress.counts);
    end(&s);
}

static void test_quoted(void)
{
    session s = begin();
    const ike_octets m = init(&s, true, NO_PROPOSAL);
    ipsec_view view = ike_view(&m, 1, 0, true);
    ipsec_ike_report report;

    view.flags |= IPSEC_VIEW_QUOTED;
    ipsec_judge_ike(s.db, &view, NULL, &report);
    g_assert_false(report.is_ike);
    g_assert_cmpuint(report.findings.count, ==, 0);
    end(&s);
}

/* --- silence ------------------------------------------------------------------------------------------------------ */

static void test_repeats(void)
{
    session s = begin();
    const ike_octets m = init(&s, false, 0);
    const unsigned wanted[] = {NONE, NONE, IPSEC_FINDING_IKE_NO_ANSWER, IPSEC_FINDING_IKE_NO_ANSWER};

    for (unsigned i = 0; i < G_N_ELEMENTS(wanted); i++) {
        g_assert_cmpuint(judged(&s, &m), ==, wanted[i]);
        s.now -= 98; /* the same message, captured twice */
        g_assert_cmpuint(judged(&s, &m), ==, NONE);
    }
    end(&s);
}

/* Captured at several points of the path and merged: nobody repeats a request so soon. */
static void test_several_places(void)
{
    session s = begin();
    const ike_octets m = init(&s, false, 0);

    for (unsigned i = 0; i < 4; i++) {
        g_assert_cmpuint(judged(&s, &m), ==, NONE);
        s.now -= 80;
    }
    end(&s);
}

/* Copies from several interfaces whose clocks differ. */
static void test_copies_back_in_time(void)
{
    session s = begin();
    const ike_octets m = init(&s, false, 0);

    for (unsigned i = 0; i < 4; i++) {
        s.now = 1004 - i;
        g_assert_cmpuint(judged(&s, &m), ==, NONE);
    }
    end(&s);
}

/* A late answer revokes the silence; but on the first pass the finding has already been reported. */
static void test_a_late_answer(void)
{
    session s = begin();
    const ike_octets m = init(&s, false, 0);

    for (unsigned i = 0; i < 3; i++)
        judged(&s, &m);
    g_assert_cmpuint(later(&s, 3), ==, IPSEC_FINDING_IKE_NO_ANSWER);
    check_outcome(&s, 1, "no response");
    refuse(&s, 0);
    g_assert_cmpuint(later(&s, 3), ==, NONE);
    check_outcome(&s, 1, "only IKE_SA_INIT was seen");
    end(&s);
}

/* IKEv1: anybody can send an unencrypted error. It may be the reason, but it is not an answer. */
static void test_a_clear_notify_silences_nothing(void)
{
    static const uint8_t sa[48] = {1}, error[] = {0, 0, 0, 1, 1, 0, 0, NO_PROPOSAL};
    const ike_payload offer = {1, sa, sizeof sa}, notify = {11, error, sizeof error};
    session s = begin();
    ike_octets asked, told;
    ipsec_ike_report report;

    s.head = (ipsec_ike_message){.initiator_spi = 0x1111, .version = 1, .exchange = IPSEC_IKE_MAIN_MODE};
    asked = ike_message(&s.head, &offer, 1);
    s.head.exchange = IPSEC_IKE_V1_INFORMATIONAL;
    told = ike_message(&s.head, &notify, 1);
    judge(&s, &asked, false, NULL);
    report = judge(&s, &told, true, NULL);
    g_assert_cmpuint(only_finding(&report), ==, IPSEC_FINDING_IKE_NO_PROPOSAL);
    judge(&s, &asked, false, NULL);
    g_assert_cmpuint(judged(&s, &asked), ==, IPSEC_FINDING_IKE_NO_ANSWER);
    check_outcome(&s, 1, "NO-PROPOSAL-CHOSEN");
    end(&s);
}

/* An answer is linked to the earlier request. */
static void test_links(void)
{
    session s = begin();
    const ike_octets m = init(&s, false, 0);
    ipsec_ike_report report;

    for (unsigned i = 0; i < 3; i++)
        report = judge(&s, &m, false, NULL);
    g_assert_cmpuint(report.request, ==, 1);
    g_assert_cmpuint(report.response, ==, 0);
    refuse(&s, NO_PROPOSAL);
    ipsec_explain_ike(s.db, &s.views[3], &report);
    g_assert_cmpuint(report.request, ==, 1);
    ipsec_explain_ike(s.db, &s.views[2], &report);
    g_assert_cmpuint(report.response, ==, 4);
    end(&s);
}

/* Scanners use one SPI for all targets. */
static void test_one_spi_for_all(void)
{
    session s = begin();
    const ike_octets m = init(&s, false, 0);

    for (unsigned i = 0; i < 5; i++) {
        const uint8_t host[] = {198, 51, 100, (uint8_t)i};
        ipsec_view view = ike_view(&m, i + 1, i * 1000, false);
        ipsec_ike_report report;

        view.destination = host;
        ipsec_judge_ike(s.db, &view, NULL, &report);
        g_assert_cmpuint(only_finding(&report), ==, NONE);
    }
    end(&s);
}

/* More IKE SAs than there is room for: those that have been answered are kept. */
static void test_flood(void)
{
    session s = begin();
    ipsec_ike_report report;

    set_up(&s);
    for (unsigned i = 0; i < 2 * IPSEC_IKE_SAS_MOST; i++) {
        ike_octets m;
        ipsec_view view;

        s.head.initiator_spi = 0x5555000000000000 + i;
        m = init(&s, false, 0);
        view = ike_view(&m, 10 + i, 1000 + i, false);
        ipsec_judge_ike(s.db, &view, NULL, &report);
        guard_free_all();
    }
    g_assert_cmpuint(ipsec_db_limits(s.db)->times[IPSEC_LIMIT_IKE_SAS], ==, IPSEC_IKE_SAS_MOST + 1);
    s.head.initiator_spi = 0x1111;
    ask(&s, IPSEC_IKE_AUTH, 1, 250);
    g_assert_cmpuint(answer(&s, IPSEC_IKE_AUTH, 1, 65), ==, IPSEC_FINDING_IKE_AUTH_FAILED);
    ipsec_db_free(s.db);
    guard_free_all();
}

/* The outcome of forgotten IKE SAs is still reported on each pass, up to a limited number. */
static void test_forgotten(void)
{
    const unsigned count = IPSEC_IKE_HISTORIES_MOST + 1;
    session s = begin();
    ipsec_ike_report report;

    for (unsigned turn = 0; turn < 2; turn++)
        for (unsigned i = 0; i < count; i++) {
            ike_octets m;
            ipsec_view view;

            s.head.initiator_spi = 0x5555000000000000 + i;
            m = init(&s, false, 0);
            view = ike_view(&m, 1 + i, i, false);
            if (turn == 0)
                ipsec_judge_ike(s.db, &view, NULL, &report);
            else
                ipsec_explain_ike(s.db, &view, &report);
            g_assert_cmpint(report.has_progress, ==, i < IPSEC_IKE_HISTORIES_MOST);
            g_assert_true(!report.has_progress || report.progress.number == i);
            guard_free_all();
        }
    ipsec_db_free(s.db);
}

/* --- tables ------------------------------------------------------------------------------------------------------- */

static void test_notifies(void)
{
    static const struct {
        uint8_t version;
        ipsec_ike_notify notify;
        unsigned finding;
        uint32_t windows;
        bool inferred;
    } cases[] = {
        {2, {.type = 14}, IPSEC_FINDING_IKE_NO_PROPOSAL, 13868, true},
        {1, {.type = 23}, IPSEC_FINDING_IKE_AUTH_FAILED, 13870, true},
        {2, {.type = 23}, IPSEC_FINDING_IKE_PEER_ERROR, 0, false},
        {2, {.type = 16388}, NONE, 0, false},
        {1, {.type = 24578}, NONE, 0, false}, /* INITIAL-CONTACT */
        {2, {.type = 12345, .length = 4, .data = {0, 0, 0x36, 0x2c}}, IPSEC_FINDING_IKE_MS_STATUS, 13868, false},
        {2, {.type = 12345, .length = 4}, NONE, 0, false},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        ipsec_ike_meaning meaning;
        const bool any = ipsec_ike_meaning_of(cases[i].version, &cases[i].notify, &meaning);

        g_assert_cmpint(any, ==, cases[i].finding != NONE);
        if (!any)
            continue;
        g_assert_cmpuint(meaning.finding, ==, cases[i].finding);
        g_assert_cmpuint(meaning.windows, ==, cases[i].windows);
        g_assert_cmpint(meaning.inferred, ==, cases[i].inferred);
    }
}

static void test_names(void)
{
    g_assert_cmpstr(ipsec_ike_windows_name(13868), ==, "ERROR_IPSEC_IKE_POLICY_MATCH");
    g_assert_null(ipsec_ike_windows_name(13910));
    for (unsigned i = 0; i < IPSEC_IKE_WINDOWS_COUNT; i++)
        g_assert_cmpuint(ipsec_ike_windows_row(i)->number, ==, 13800 + i);
    g_assert_cmpstr(ipsec_ike_notify_name(1, 18), ==, "INVALID-ID-INFORMATION");
    g_assert_null(ipsec_ike_notify_name(2, 18));
}

static void test_outcome(void)
{
    static const struct {
        ipsec_ike_progress progress;
        const char *text;
    } cases[] = {
        {{.version = 2, .has_spoken = {true, false}, .initiator_is_low = true}, "no response"},
        {{.version = 2, .has_spoken = {true, false}}, "did not finish"}, /* the responder has sent something */
        {{.version = 2, .has_spoken = {true, true}}, "did not finish"},
        {{.version = 2, .trouble = IPSEC_FINDING_IKE_NO_ANSWER + 1}, "no response"},
        {{.version = 2,
          .trouble = IPSEC_FINDING_IKE_NO_ANSWER + 1,
          .error = IPSEC_FINDING_ICMP_PORT_UNREACHABLE + 1,
          .error_frame = 2},
         "no response (ICMP: port unreachable, frame 2)"},
        {{.version = 2,
          .trouble = IPSEC_FINDING_IKE_NO_PROPOSAL + 1,
          .trouble_notify = 14,
          .error = IPSEC_FINDING_ICMP_PORT_UNREACHABLE + 1},
         "NO_PROPOSAL_CHOSEN"},
        {{.version = 2,
          .trouble = IPSEC_FINDING_IKE_NO_PROPOSAL + 1,
          .trouble_inferred = true,
          .trouble_notify = IPSEC_IKE_COOKIE},
         "COOKIE repeatedly"},
        {{.version = 2, .trouble = IPSEC_FINDING_IKE_PEER_ERROR + 1, .trouble_notify = 9999}, "notify 9999"},
        {{.version = 2, .trouble = IPSEC_FINDING_IKE_AUTH_FAILED + 1, .trouble_inferred = true},
         "consistent with a failed authentication"},
        {{.version = 2, .stage = IPSEC_IKE_ESTABLISHED, .counts = true, .children = 2}, "established, 2 child SAs"},
        {{.version = 2, .stage = IPSEC_IKE_ESTABLISHED, .trouble = IPSEC_FINDING_IKE_NO_ANSWER + 1},
         "established, no response"},
    };
    char buffer[IPSEC_IKE_OUTCOME_SIZE];

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpstr(ipsec_ike_outcome(&cases[i].progress, buffer), ==, cases[i].text);
}

static void test_remark(void)
{
    static const struct {
        ipsec_ike_said said;
        const char *text;
    } cases[] = {
        {{.finding = IPSEC_FINDING_IKE_NO_PROPOSAL, .has_notify = true, .notify = 14}, "NO_PROPOSAL_CHOSEN"},
        {{.finding = IPSEC_FINDING_IKE_NO_PROPOSAL, .has_notify = true, .notify = 17}, "INVALID_KE_PAYLOAD"},
        {{.finding = IPSEC_FINDING_IKE_TEMPORARY_FAILURE, .has_notify = true, .notify = 43},
         ""}, /* the finding already names it */
        {{.finding = IPSEC_FINDING_IKE_AUTH_FAILED, .advice_case = IPSEC_CASE_IKE_AUTH_LENGTH},
         "judging by its length"},
        {{.finding = IPSEC_FINDING_IKE_INVALID_SPI, .advice_case = IPSEC_CASE_IKE_SPI, .detail = 0xc0000001},
         "SPI 0xc0000001"},
        {{.finding = IPSEC_FINDING_IKE_NO_ANSWER}, ""},
    };
    char buffer[IPSEC_IKE_REMARK_SIZE];

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpstr(ipsec_ike_remark(&cases[i].said, 2, buffer), ==, cases[i].text);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ike/content", test_content_by_algorithm);
    g_test_add_func("/ike/lengths", test_answers_by_length);
    g_test_add_func("/ike/eap", test_eap);
    g_test_add_func("/ike/intermediate", test_intermediate);
    g_test_add_func("/ike/a_later_exchange_succeeds", test_a_later_exchange_succeeds);
    g_test_add_func("/ike/an_spi_carries_traffic", test_an_spi_carries_traffic);
    g_test_add_func("/ike/an_older_sa_carries_traffic", test_an_older_sa_carries_traffic);
    g_test_add_func("/ike/a_login_goes_on", test_a_login_goes_on);
    g_test_add_func("/ike/a_login_takes_back_its_sa", test_a_login_takes_back_its_sa);
    g_test_add_func("/ike/decrypted", test_decrypted);
    g_test_add_func("/ike/decrypted_outcomes", test_decrypted_outcomes);
    g_test_add_func("/ike/deleted", test_deleted);
    g_test_add_func("/ike/many_findings", test_many_findings);
    g_test_add_func("/ike/offered_twice", test_offered_twice);
    g_test_add_func("/ike/group_of_each_rekey", test_group_of_each_rekey);
    g_test_add_func("/ike/childless", test_childless);
    g_test_add_func("/ike/forged_answers", test_forged_answers);
    g_test_add_func("/ike/decrypted_beats_forged", test_decrypted_beats_forged);
    g_test_add_func("/ike/quoted", test_quoted);
    g_test_add_func("/ike/repeats", test_repeats);
    g_test_add_func("/ike/forged_short_answer", test_forged_short_answer);
    g_test_add_func("/ike/fragment_without_numbers", test_fragment_without_numbers);
    g_test_add_func("/ike/several_places", test_several_places);
    g_test_add_func("/ike/copies_back_in_time", test_copies_back_in_time);
    g_test_add_func("/ike/a_late_answer", test_a_late_answer);
    g_test_add_func("/ike/a_clear_notify_silences_nothing", test_a_clear_notify_silences_nothing);
    g_test_add_func("/ike/forgotten", test_forgotten);
    g_test_add_func("/ike/remark", test_remark);
    g_test_add_func("/ike/links", test_links);
    g_test_add_func("/ike/one_spi_for_all", test_one_spi_for_all);
    g_test_add_func("/ike/flood", test_flood);
    g_test_add_func("/ike/notifies", test_notifies);
    g_test_add_func("/ike/names", test_names);
    g_test_add_func("/ike/outcome", test_outcome);
    return g_test_run();
}
