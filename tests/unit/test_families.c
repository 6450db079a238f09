/* IKE SAs, and the fate of their children. SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike_world.h"

#include <gcrypt.h>
#include <glib.h>

static void delete_ike(world *w, uint32_t id)
{
    const ipsec_ike_contents all = {.decrypted = true, .verified = true, .deletes_ike = true};

    say(w, IPSEC_IKE_INFORMATIONAL, id, A, false, &all);
    say(w, IPSEC_IKE_INFORMATIONAL, id, B, true, &nothing);
    w->time += 2 * SECOND;
}

static void test_ike_sa_deleted(void)
{
    world w = begin_world();

    set_up(&w, 0xa0000001, 0xb0000001);
    delete_ike(&w, 2);
    g_assert_true(shows(&w, A, 0xb0000001, CLEAN, IPSEC_FINDING_SA_DELETED));
    end_world(&w);
}

static ipsec_ike_contents proposing_ike(uint64_t spi)
{
    ipsec_ike_contents contents = {.decrypted = true, .verified = true, .proposal_count = 1};

    contents.proposals[0] = (ipsec_ike_proposal){.protocol = IPSEC_IKE_PROTOCOL_IKE, .spi_length = 8, .ike_spi = spi};
    return contents;
}

/* An IKE SA that replaces another one inherits its children; B requested it, so B is the initiator of the new one. */
static void test_ike_sa_rekeyed(void)
{
    const ipsec_ike_contents ask = proposing_ike(0x3333), answer = proposing_ike(0x4444);
    const ipsec_ike_contents gone = deleting(0xb0000001);
    world w = begin_world();

    set_up(&w, 0xa0000001, 0xb0000001);
    say(&w, IPSEC_IKE_CREATE_CHILD_SA, 0, B, false, &ask);
    say(&w, IPSEC_IKE_CREATE_CHILD_SA, 0, A, true, &answer);
    delete_ike(&w, 2);
    expect_clean(&w, A, 0xb0000001);
    w.ike[0] = 0x3333;
    w.ike[1] = 0x4444;
    tell(&w, IPSEC_IKE_INFORMATIONAL, 0, B, true, false, &gone); /* the SPI on which B receives */
    tell(&w, IPSEC_IKE_INFORMATIONAL, 0, A, false, true, &nothing);
    w.time += 2 * SECOND;
    g_assert_true(shows(&w, A, 0xb0000001, CLEAN, IPSEC_FINDING_SA_DELETED));
    end_world(&w);
}

/* A message of the new IKE SA, even one that creates a child, comes before the answer that shows its origin. */
static void test_ike_sa_met_before(void)
{
    const ipsec_ike_contents ask = proposing_ike(0x3333), answer = proposing_ike(0x4444);
    const ipsec_ike_contents request = proposing(0xa0000002), agreed = proposing(0xb0000002);
    const ipsec_ike_contents gone = deleting(0xa0000001);
    world w = begin_world();

    set_up(&w, 0xa0000001, 0xb0000001);
    say(&w, IPSEC_IKE_CREATE_CHILD_SA, 0, B, false, &ask);
    w.ike[0] = 0x3333;
    w.ike[1] = 0x4444;
    tell(&w, IPSEC_IKE_CREATE_CHILD_SA, 0, A, false, false, &request);
    tell(&w, IPSEC_IKE_CREATE_CHILD_SA, 0, B, true, true, &agreed);
    w.ike[0] = 0x1111;
    w.ike[1] = 0x2222;
    say(&w, IPSEC_IKE_CREATE_CHILD_SA, 0, A, true, &answer);
    delete_ike(&w, 2);
    expect_clean(&w, A, 0xb0000001);
    expect_clean(&w, A, 0xb0000002);
    w.ike[0] = 0x3333;
    w.ike[1] = 0x4444;
    tell(&w, IPSEC_IKE_INFORMATIONAL, 1, A, false, false, &gone);
    tell(&w, IPSEC_IKE_INFORMATIONAL, 1, B, true, true, &nothing);
    w.time += 2 * SECOND;
    g_assert_true(shows(&w, A, 0xb0000001, CLEAN, IPSEC_FINDING_SA_DELETED));
    expect_clean(&w, A, 0xb0000002);
    end_world(&w);
}

/* The rekey of the IKE SA was not captured, or not decrypted, so it is not known whether its Delete ends the children.
 * The message ids show that something is missing. */
static void test_ike_sa_rekeyed_unseen(void)
{
    const ipsec_ike_contents all = {.decrypted = true, .verified = true, .deletes_ike = true};
    const ipsec_ike_contents answer = proposing_ike(0x4444);

    for (unsigned way = 0; way < 3; way++) {
        world w = begin_world();

        set_up(&w, 0xa0000001, 0xb0000001);
        if (way == 0) { /* the rekey of A, id 2 */
            delete_ike(&w, 3);
        } else { /* the rekey of B, id 0, whose answer may have been captured */
            if (way == 2)
                say(&w, IPSEC_IKE_CREATE_CHILD_SA, 0, A, true, &answer);
            say(&w, IPSEC_IKE_INFORMATIONAL, 1, B, false, &all);
            say(&w, IPSEC_IKE_INFORMATIONAL, 1, A, true, &nothing);
            w.time += 2 * SECOND;
        }
        expect_clean(&w, A, 0xb0000001);
        expect_clean(&w, B, 0xa0000001);
        end_world(&w);
    }
}

enum {
    NOT_YET, /* the redundant one is deleted before the answer of the other has come */
    BOTH,
    WAYS
};

/* RFC 7296 2.8.2: both peers rekey the IKE SA at once, and A deletes the one it created. The children remain until the
 * last IKE SA is deleted. */
static void test_ike_sa_rekeyed_by_both(void)
{
    const ipsec_ike_contents a = proposing_ike(0xaaaa), a_answer = proposing_ike(0xa0a0);
    const ipsec_ike_contents b = proposing_ike(0xbbbb), b_answer = proposing_ike(0xb0b0);

    for (unsigned way = 0; way < WAYS; way++) {
        world w = begin_world();

        set_up(&w, 0xa0000001, 0xb0000001);
        say(&w, IPSEC_IKE_CREATE_CHILD_SA, 2, A, false, &a);
        say(&w, IPSEC_IKE_CREATE_CHILD_SA, 0, B, false, &b);
        say(&w, IPSEC_IKE_CREATE_CHILD_SA, 2, B, true, &a_answer);
        if (way == BOTH)
            say(&w, IPSEC_IKE_CREATE_CHILD_SA, 0, A, true, &b_answer);
        w.ike[0] = 0xaaaa;
        w.ike[1] = 0xa0a0;
        delete_ike(&w, 0);
        expect_clean(&w, A, 0xb0000001);
        w.ike[0] = 0x1111;
        w.ike[1] = 0x2222;
        if (way == NOT_YET)
            say(&w, IPSEC_IKE_CREATE_CHILD_SA, 0, A, true, &b_answer);
        delete_ike(&w, 3);
        expect_clean(&w, A, 0xb0000001);
        w.ike[0] = 0xbbbb;
        w.ike[1] = 0xb0b0;
        delete_ike(&w, 0);
        g_assert_true(shows(&w, A, 0xb0000001, CLEAN, IPSEC_FINDING_SA_DELETED));
        end_world(&w);
    }
}

typedef struct contact {
    uint64_t who;
    bool by_address, with_eap, from_elsewhere;
    bool is_new; /* its earlier SAs end */
} contact;

/* A peer that restarts has no earlier SA with this host any more; other peers keep theirs. */
static void test_restarted(void)
{
    static const contact contacts[] = {
        {.who = 1, .is_new = true},
        {.who = 3},
        {.who = 1, .with_eap = true},
        {.who = 1, .from_elsewhere = true, .is_new = true},
        {.who = 1, .by_address = true, .is_new = true},
        {.who = 1, .by_address = true, .from_elsewhere = true}, /* both have 192.168.1.10 behind their NAT */
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(contacts); i++) {
        ipsec_ike_contents request = proposing(0xa0000001), answer = proposing(0xb0000001);
        ipsec_config complete = ipsec_config_default();
        world w;

        complete.sa_complete = true;
        w = begin_world_with(&complete);
        request.identity = 1;
        request.identity_is_address = contacts[i].by_address;
        request.payloads = UINT64_C(1) << IPSEC_IKE_PAYLOAD_AUTH;
        answer.identity = 2;
        say(&w, IPSEC_IKE_AUTH, 1, A, false, &request);
        say(&w, IPSEC_IKE_AUTH, 1, B, true, &answer);
        w.ike[0] = 0x6666;
        w.at[A][3] = contacts[i].from_elsewhere ? 77 : w.at[A][3];
        request = noting(request, INITIAL_CONTACT, 0);
        request.identity = contacts[i].who;
        request.payloads = contacts[i].with_eap ? 0 : request.payloads;
        request.proposals[0].spi = 0xa0000003;
        answer.proposals[0].spi = 0xb0000003;
        say(&w, IPSEC_IKE_AUTH, 1, A, false, &request);
        say(&w, IPSEC_IKE_AUTH, 1, B, true, &answer);
        w.time += 2 * SECOND;
        g_test_message("contact %u", i);
        g_assert_true(shows(&w, A, 0xb0000001, CLEAN, IPSEC_FINDING_SA_DELETED) == contacts[i].is_new);
        g_assert_false(shows(&w, A, 0xb0000003, CLEAN, IPSEC_FINDING_SA_DELETED));
        end_world(&w);
    }
}

/* IKEv1: nobody has verified it, so it is reported, but nothing is concluded from it. */
static void test_v1(void)
{
    ipsec_ike_contents request = proposing(0xa0000001), answer = proposing(0xb0000001);
    ipsec_ike_contents gone = deleting(0xa0000001), all = {.decrypted = true, .deletes_ike = true};
    world w = begin_world();
    ipsec_report report;

    request.verified = answer.verified = gone.verified = false;
    report = esp(&w, A, 0xb0000001, CLEAN);
    say(&w, IPSEC_IKE_QUICK_MODE, 0x77, A, false, &request);
    say(&w, IPSEC_IKE_QUICK_MODE, 0x77, B, false, &answer);
    g_assert_cmpuint(ike_of(&w, &report).maybe_created_by, ==, 3); /* the SA was there already */
    report = esp(&w, B, 0xa0000001, 40);
    g_assert_cmpuint(report.findings.count, ==, 0);
    g_assert_false(report.opened.valid);
    g_assert_cmpuint(ike_of(&w, &report).created_by, ==, 0);
    g_assert_cmpuint(ike_of(&w, &report).maybe_created_by, ==, 2);
    say(&w, IPSEC_IKE_V1_INFORMATIONAL, 0x88, A, false, &gone);
    say(&w, IPSEC_IKE_V1_INFORMATIONAL, 0x89, A, false, &all);
    w.time += 2 * SECOND;
    report = esp(&w, B, 0xa0000001, CLEAN);
    g_assert_cmpuint(report.findings.count, ==, 0);
    g_assert_cmpuint(ike_of(&w, &report).deleted_by, ==, 0);
    g_assert_cmpuint(ike_of(&w, &report).maybe_deleted_by, ==, 5);
    end_world(&w);
}

/* The same for IKEv2 that was decrypted but not verified, which is not even a hint. */
static void test_not_verified(void)
{
    ipsec_ike_contents request = proposing(0xa0000001), answer = proposing(0xb0000001);
    world w = begin_world();
    ipsec_report report;

    request.verified = answer.verified = false;
    say(&w, IPSEC_IKE_AUTH, 1, A, false, &request);
    say(&w, IPSEC_IKE_AUTH, 1, B, true, &answer);
    report = esp(&w, A, 0xb0000001, 40);
    g_assert_cmpuint(report.findings.count, ==, 0);
    g_assert_cmpuint(ike_of(&w, &report).created_by, ==, 0);
    end_world(&w);
}

/* Several exchanges at once (RFC 7296 2.3), whose answers come in a different order, one of them twice. */
static void test_window(void)
{
    const ipsec_ike_contents first = proposing(0xa0000002), second = proposing(0xa0000003);
    const ipsec_ike_contents to_first = proposing(0xb0000002), to_second = proposing(0xb0000003);
    const ipsec_ike_contents gone = deleting(0xa0000003);
    world w = begin_world();
    ipsec_report report;

    set_up(&w, 0xa0000001, 0xb0000001);
    say(&w, IPSEC_IKE_CREATE_CHILD_SA, 2, A, false, &first);
    say(&w, IPSEC_IKE_CREATE_CHILD_SA, 3, A, false, &second);
    say(&w, IPSEC_IKE_CREATE_CHILD_SA, 3, B, true, &to_second);
    say(&w, IPSEC_IKE_CREATE_CHILD_SA, 2, B, true, &to_first);
    say(&w, IPSEC_IKE_CREATE_CHILD_SA, 3, B, true, &to_second);
    report = esp(&w, A, 0xb0000003, CLEAN);
    g_assert_cmpuint(ike_of(&w, &report).created_by, ==, 5);
    report = esp(&w, B, 0xa0000002, CLEAN);
    g_assert_cmpuint(ike_of(&w, &report).created_by, ==, 6);
    say(&w, IPSEC_IKE_INFORMATIONAL, 4, A, false, &gone);
    say(&w, IPSEC_IKE_INFORMATIONAL, 4, B, true, &nothing);
    w.time += 2 * SECOND;
    g_assert_true(shows(&w, A, 0xb0000003, CLEAN, IPSEC_FINDING_SA_DELETED));
    g_assert_true(shows(&w, B, 0xa0000003, CLEAN, IPSEC_FINDING_SA_DELETED));
    end_world(&w);
}

/* Anybody can replay what was captured: it does not create anything again. */
static void test_replayed(void)
{
    const ipsec_ike_contents request = proposing(0xa0000002), answer = proposing(0xb0000002);
    const ipsec_ike_contents gone = deleting(0xa0000002);
    world w = begin_world();

    set_up(&w, 0xa0000001, 0xb0000001);
    say(&w, IPSEC_IKE_CREATE_CHILD_SA, 2, A, false, &request);
    say(&w, IPSEC_IKE_CREATE_CHILD_SA, 2, B, true, &answer);
    say(&w, IPSEC_IKE_INFORMATIONAL, 3, A, false, &gone);
    say(&w, IPSEC_IKE_INFORMATIONAL, 3, B, true, &nothing);
    for (uint32_t id = 4; id < 100; id++) {
        say(&w, IPSEC_IKE_INFORMATIONAL, id, A, false, &nothing);
        say(&w, IPSEC_IKE_INFORMATIONAL, id, B, true, &nothing);
        say(&w, IPSEC_IKE_CREATE_CHILD_SA, 2, A, false, &request);
        say(&w, IPSEC_IKE_CREATE_CHILD_SA, 2, B, true, &answer);
    }
    w.time += 2 * SECOND;
    g_assert_true(shows(&w, A, 0xb0000002, CLEAN, IPSEC_FINDING_SA_DELETED));
    g_assert_true(shows(&w, B, 0xa0000002, CLEAN, IPSEC_FINDING_SA_DELETED));
    end_world(&w);
}

/* Repetitions change nothing; nor do unsolicited answers. */
static void test_repeated(void)
{
    const ipsec_ike_contents request = proposing(0xa0000001), answer = proposing(0xb0000001);
    world w = begin_world();
    ipsec_report report;

    for (unsigned i = 0; i < 3; i++)
        say(&w, IPSEC_IKE_AUTH, 1, A, false, &request);
    for (unsigned i = 0; i < 3; i++)
        say(&w, IPSEC_IKE_AUTH, 1, B, true, &answer);
    report = esp(&w, A, 0xb0000001, CLEAN);
    g_assert_cmpuint(ike_of(&w, &report).created_by, ==, 4);
    say(&w, IPSEC_IKE_INFORMATIONAL, 9, B, true,
        &(ipsec_ike_contents){.decrypted = true, .verified = true, .deletes_ike = true});
    w.time += 2 * SECOND;
    expect_clean(&w, A, 0xb0000001);
    end_world(&w);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    gcry_check_version(NULL);
    gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
    g_test_add_func("/families/deleted", test_ike_sa_deleted);
    g_test_add_func("/families/rekeyed", test_ike_sa_rekeyed);
    g_test_add_func("/families/rekeyed-by-both", test_ike_sa_rekeyed_by_both);
    g_test_add_func("/families/rekeyed-unseen", test_ike_sa_rekeyed_unseen);
    g_test_add_func("/families/met-before", test_ike_sa_met_before);
    g_test_add_func("/families/restarted", test_restarted);
    g_test_add_func("/families/v1", test_v1);
    g_test_add_func("/families/not-verified", test_not_verified);
    g_test_add_func("/families/window", test_window);
    g_test_add_func("/families/replayed", test_replayed);
    g_test_add_func("/families/repeated", test_repeated);
    return g_test_run();
}
