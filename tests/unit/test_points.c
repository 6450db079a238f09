/* Capture points. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "ipsec.h"
#include "packets.h"

#include <string.h>

#define MS UINT64_C(1000000)

/* Places: a link with these addresses at its ends, or an interface. */
#define LINKED(source, destination) ((uint32_t)(source) << IPSEC_PLACE_LINK_BITS / 2 | (destination))
#define LINK(n)                     LINKED(n, n)
#define AT(interface, n)            ((uint32_t)(interface) << IPSEC_PLACE_LINK_BITS | LINK(n))
#define NO_LINK                     0

/* A place from the point of view of a capture. */
typedef struct station {
    uint32_t place;
    uint8_t ttl;
} station;

static const station sender = {LINK(1), 64}, receiver = {LINK(2), 58}, elsewhere = {LINK(3), 60};

/* A capture of one or several SAs. */
typedef struct capture {
    ipsec_db *db;
    uint32_t frame, spi;
    uint8_t protocol, version, encapsulation;
    uint16_t packet_id;
    ipsec_report report;
    unsigned refused; /* packets with a replay finding, or with the verdict drop */
    unsigned said;    /* packets with sa.no_anti_replay or sa.several_senders */
    unsigned copies;  /* packets with capture.duplicate */
} capture;

static capture begin_with(ipsec_points_mode mode)
{
    ipsec_config config = ipsec_config_default();

    config.points = mode;
    return (capture){.db = ipsec_db_new(&config), .spi = 0x1000, .protocol = IPSEC_PROTOCOL_ESP, .version = 4};
}

static capture begin(void)
{
    return begin_with(IPSEC_POINTS_AUTO);
}

static void end(capture *c)
{
    ipsec_db_free(c->db);
    guard_free_all();
}

static ipsec_view view_at(const capture *c, uint32_t number)
{
    if (c->protocol == IPSEC_PROTOCOL_AH)
        return ah_view(c->version, 253, 4, c->spi, number, 84);
    return c->encapsulation ? esp_in_udp_view(c->version, c->spi, number, 84)
                            : esp_view(c->version, c->spi, number, 84);
}

static bool has(const capture *c, ipsec_finding_id id)
{
    return ipsec_findings_have(&c->report.findings, id);
}

/* Judges one packet of the SA; time in milliseconds. */
static void see(capture *c, uint32_t number, const station *where, double time)
{
    uint8_t outer4[20] = {0x45, [8] = where->ttl}, outer6[40] = {0x60, [7] = where->ttl};
    ipsec_view view = view_at(c, number);
    ipsec_report again;
    ipsec_record record;

    view.frame = ++c->frame;
    view.place = where->place;
    view.packet_id = c->packet_id;
    view.time = (uint64_t)((time + 1000) * (double)MS);
    view.outer = c->version == 4 ? outer4 : outer6;
    view.outer_length = c->version == 4 ? sizeof outer4 : sizeof outer6;
    ipsec_judge(c->db, &view, &record, &c->report);
    ipsec_explain(c->db, &view, &record, &again);
    g_assert_cmpuint(again.verdict, ==, c->report.verdict);
    g_assert_cmpuint(again.findings.count, ==, c->report.findings.count);
    c->refused += has(c, IPSEC_FINDING_REPLAY_DUPLICATE) || has(c, IPSEC_FINDING_REPLAY_OLD) ||
                  has(c, IPSEC_FINDING_REPLAY_CONFLICT) || c->report.verdict == IPSEC_VERDICT_DROP;
    c->said += has(c, IPSEC_FINDING_SA_NO_REPLAY) || has(c, IPSEC_FINDING_SA_SENDERS);
    c->copies += has(c, IPSEC_FINDING_CAPTURE_DUPLICATE);
    guard_free_all();
}

/* --- both ends of a path */

/* The path, and how the two captures differ. */
typedef struct path {
    station near, far;
    uint32_t first, last; /* numbers that are sent, one per millisecond */
    uint32_t near_from;   /* the first number that the near capture has; 0: all */
    uint32_t far_from;    /* likewise */
    double delay;         /* of the far capture, in milliseconds; negative: its clock is slow */
    uint32_t lose;        /* every nth packet is lost in between; 0: none */
    uint32_t lose_near;   /* likewise, by the near capture alone */
    bool reorders;        /* in between, every third packet is delayed by two places */
} path;

typedef struct sighting {
    double time;
    uint32_t number;
    const station *where;
} sighting;

static int compare_times(const void *a, const void *b)
{
    const double of_a = ((const sighting *)a)->time, of_b = ((const sighting *)b)->time;

    return (of_a > of_b) - (of_a < of_b);
}

static GArray *merge(const path *p)
{
    GArray *all = g_array_new(false, false, sizeof(sighting));

    for (uint32_t n = p->first; n <= p->last; n++) {
        const sighting near = {n, n, &p->near};
        const sighting far = {n + p->delay + 0.1 + (p->reorders && n % 3 == 0 ? 2.3 : 0), n, &p->far};

        if (n >= p->near_from && !(p->lose_near && n % p->lose_near == 0))
            g_array_append_val(all, near);
        if (n >= p->far_from && !(p->lose && n % p->lose == 0))
            g_array_append_val(all, far);
    }
    qsort(all->data, all->len, sizeof(sighting), compare_times);
    return all;
}

/* Judges what both have captured, merged by time. */
static void see_both(capture *c, const path *p)
{
    GArray *all = merge(p);

    for (unsigned i = 0; i < all->len; i++) {
        const sighting *at = &g_array_index(all, sighting, i);

        see(c, at->number, at->where, at->time);
    }
    g_array_free(all, true);
}

/* Checks that nothing is reported as a replay. */
static void expect_clean(const path *p, const char *what)
{
    for (unsigned kind = 0; kind < 4; kind++) {
        capture c = begin();

        c.protocol = kind == 1 ? IPSEC_PROTOCOL_AH : IPSEC_PROTOCOL_ESP;
        c.version = kind == 2 ? 6 : 4;
        c.encapsulation = kind == 3 ? IPSEC_ENCAPSULATION_UDP : IPSEC_ENCAPSULATION_NONE;
        see_both(&c, p);
        if (c.refused > 0 || c.said > 0) {
            g_test_message("%s, kind %u, delay %g: %u refused, %u said", what, kind, p->delay, c.refused, c.said);
            g_test_fail();
        }
        end(&c);
    }
}

static const double delays[] = {-600, -200, -45, -6, -1, 0, 1, 6, 45, 200, 600};

static void test_both_ends(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(delays); i++) {
        path p = {.near = sender, .far = receiver, .first = 1, .last = 900, .delay = delays[i]};

        expect_clean(&p, "as it is");
        p.lose = 50;
        expect_clean(&p, "with losses");
        p.reorders = true;
        expect_clean(&p, "with losses and reordering");
        p.first = 70000;
        p.last = 70900;
        expect_clean(&p, "in mid-flow");
    }
}

/* If the link is not known, the TTL decides. */
static void test_without_link(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(delays); i++) {
        const path p = {.near = {NO_LINK, 64}, .far = {NO_LINK, 58}, .first = 1, .last = 900, .delay = delays[i]};

        expect_clean(&p, "no link");
    }
}

/* Two interfaces are two points, whenever one of them starts, and however much their clocks differ. */
static void test_interfaces(void)
{
    static const double far_apart[] = {-5000, -45, 0.5, 45, 5000};

    for (unsigned i = 0; i < G_N_ELEMENTS(far_apart); i++) {
        path p = {.near = {AT(0, 1), 64}, .far = {AT(1, 1), 64}, .first = 1, .last = 900, .delay = far_apart[i]};

        expect_clean(&p, "interfaces");
        p.far_from = 300;
        expect_clean(&p, "interfaces, far later");
        p.far_from = 0;
        p.near_from = 300;
        expect_clean(&p, "interfaces, near later");
        p.lose = 20;
        p.reorders = true;
        expect_clean(&p, "interfaces, near later, with losses");
    }
}

/* With bitmaps that are allocated, of which none may be left behind: LeakSanitizer sees it. */
static void test_large_windows(void)
{
    ipsec_config config = ipsec_config_default();
    capture c = begin();

    ipsec_db_free(c.db);
    config.replay_window = 4096;
    c.db = ipsec_db_new(&config);
    for (uint32_t n = 1; n <= 300; n++) {
        see(&c, n, &sender, n);
        see(&c, n, &receiver, n + 20);
    }
    g_assert_cmpuint(c.refused, ==, 0);
    g_assert_cmpuint(c.copies, ==, 300);
    end(&c);
}

/* --- replays ----------------------------------------------------------------------------------------- */

static void see_run(capture *c, uint32_t first, uint32_t last, const station *where, double time)
{
    for (uint32_t n = first; n <= last; n++)
        see(c, n, where, time + n - first);
}

/* How many of these packets are refused when they come again from elsewhere after a flow of 300. */
static unsigned count_refused(const station *flow, const station *other, uint32_t first, uint32_t step, unsigned count)
{
    capture c = begin();

    see_run(&c, 1, 300, flow, 1);
    for (unsigned i = 0; i < count; i++)
        see(&c, first + i * step, other, 301 + i);
    end(&c);
    return c.refused;
}

/* A few packets from another link or TTL are replays, consecutive or spread, old or recent. */
static void test_handful(void)
{
    static const station others[] = {{LINK(3), 64}, {LINK(3), 58}, {LINK(1), 60}, {LINK(1), 64}};

    for (unsigned i = 0; i < G_N_ELEMENTS(others); i++) {
        g_assert_cmpuint(count_refused(&sender, &others[i], 200, 10, 8), ==, 8);
        g_assert_cmpuint(count_refused(&sender, &others[i], 270, 1, 20), ==, 20);
        g_assert_cmpuint(count_refused(&sender, &others[i], 100, 1, 60), ==, 60);
        g_assert_cmpuint(count_refused(&sender, &others[i], 6, 1, 5), ==, 5);
    }
    g_assert_cmpuint(count_refused(&(station){NO_LINK, 64}, &(station){NO_LINK, 63}, 270, 1, 20), ==, 20);
    g_assert_cmpuint(count_refused(&(station){NO_LINK, 64}, &(station){NO_LINK, 0}, 1, 1, 20), ==, 20);
    g_assert_cmpuint(count_refused(&sender, &(station){LINK(1), 58}, 1, 1, 20), ==, 20);
}

/* When a run becomes a point: after 64 numbers of a long flow, 16 of a short one, otherwise a quarter of all. */
static void test_when_a_run_is_a_point(void)
{
    capture c = begin();

    g_assert_cmpuint(count_refused(&sender, &elsewhere, 100, 1, 80), ==, 63);
    see_run(&c, 1, 30, &sender, 1);
    see_run(&c, 10, 30, &elsewhere, 31);
    g_assert_cmpuint(c.refused, ==, 15);
    end(&c);

    c = begin();
    see_run(&c, 1, 120, &sender, 1);
    see_run(&c, 40, 100, &elsewhere, 121);
    g_assert_cmpuint(c.refused, ==, 38); /* the next one is the 39th of 159 */
    end(&c);
}

/* Numbers that have not been seen, from an end that shows them late: it must begin with the SA, or have a run. */
static void test_unseen(void)
{
    static const struct {
        uint32_t first;
        unsigned refused;
    } cases[] = {{996, 0}, {995, 1}, {900, 1}};

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        capture c = begin();

        see_run(&c, 1000, 1100, &sender, 1);
        see_run(&c, cases[i].first, cases[i].first + 3, &receiver, 110);
        g_assert_cmpuint(c.refused, ==, cases[i].refused);
        end(&c);
    }
}

/* A place is the other end from the first number of the SA on, but only within a second, and only as long as it
 * continues. */
static void test_from_the_start(void)
{
    for (unsigned late = 0; late <= 1; late++) {
        capture c = begin();

        see_run(&c, 1, 30, &sender, 1);
        see(&c, 1, &elsewhere, 1001 + late);
        see(&c, 5, &elsewhere, 1005 + late);
        g_assert_cmpuint(c.refused, ==, late ? 2 : 0);
        end(&c);
    }
    for (uint32_t first = 5; first <= 6; first++) {
        capture c = begin();

        see_run(&c, 1, 30, &sender, 1);
        see(&c, first, &elsewhere, 40);
        g_assert_cmpuint(c.refused, ==, first == 6);
        end(&c);
    }
    for (uint32_t missing = 5; missing <= 8; missing++) {
        capture c = begin();

        see_run(&c, 1, 30, &sender, 1);
        see(&c, 1, &elsewhere, 31);
        see(&c, 2 + missing, &elsewhere, 32);
        g_assert_cmpuint(c.refused, ==, missing > 6); /* 6 of 8 numbers: 4 and 8 / 4 */
        see(&c, 3 + missing, &elsewhere, 33);
        g_assert_cmpuint(c.refused, ==, missing > 6 ? 2 : 0);
        end(&c);
    }
}

/* A host that sends to the same next hop is on the same link, so its packets are replays from the first one on, unless
 * the link does not show the next hop. */
static void test_same_next_hop(void)
{
    static const struct {
        station flow, other;
        unsigned refused;
    } cases[] = {{{LINKED(1, 2), 64}, {LINKED(9, 2), 60}, 5},
                 {{LINKED(1, 2), 64}, {LINKED(1, 9), 60}, 5},
                 {{LINKED(1, 2), 64}, {LINKED(9, 0), 60}, 0},
                 {{LINKED(1, 2), 64}, {LINKED(9, 8), 60}, 0},
                 {{LINKED(1, 0), 64}, {LINKED(9, 0), 60}, 0}};

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        capture c = begin();

        see_run(&c, 1, 30, &cases[i].flow, 1);
        see_run(&c, 1, 5, &cases[i].other, 40);
        g_assert_cmpuint(c.refused, ==, cases[i].refused);
        end(&c);
    }
}

/* A replay is found at either of two points, from a third place, and when it travels the whole path. */
static void test_replays_at_points(void)
{
    static const station pairs[][2] = {{{LINK(1), 64}, {LINK(2), 58}}, {{AT(0, 1), 64}, {AT(1, 1), 64}}};

    for (unsigned i = 0; i < G_N_ELEMENTS(pairs); i++)
        for (double delay = -45; delay <= 45; delay += 45) {
            const path p = {.near = pairs[i][0], .far = pairs[i][1], .first = 1, .last = 300, .delay = delay};
            capture c = begin();

            see_both(&c, &p);
            see(&c, 290, &p.near, 400);
            g_assert_cmpuint(c.refused, ==, 1);
            see(&c, 290, &p.far, 410);
            g_assert_cmpuint(c.refused, ==, 2);
            see(&c, 280, &p.far, 420);
            g_assert_cmpuint(c.refused, ==, 3);
            see(&c, 100, &p.near, 430);
            g_assert_cmpuint(c.refused, ==, 4);
            see_run(&c, 270, 274, &(station){LINK(9), 61}, 440);
            g_assert_cmpuint(c.refused, ==, 9);
            g_assert_cmpuint(c.said, ==, 0);
            end(&c);
        }
}

/* Two links that share the packets of a flow are not two points: each has half of the packets. */
static void test_shared_links(void)
{
    capture c = begin();

    for (uint32_t n = 1; n <= 400; n += 4) {
        const station one = {AT(0, 1), 64}, other = {AT(1, 2), 64};

        see(&c, n, &one, n);
        see(&c, n + 2, &other, n + 0.5); /* out of order, so that places are examined */
        see(&c, n + 1, &one, n + 2);
        see(&c, n + 3, &other, n + 3);
    }
    g_assert_cmpuint(c.refused, ==, 0);
    see(&c, 397, &(station){AT(1, 2), 64}, 500);
    see(&c, 399, &(station){AT(0, 1), 64}, 501);
    g_assert_cmpuint(c.refused, ==, 2);
    end(&c);
}

/* If a copy arrives before the genuine packet, the genuine one counts as the replay, as before. */
static void test_copy_in_front(void)
{
    capture c = begin();

    for (uint32_t n = 1; n <= 300; n++) {
        if (n % 50 == 0)
            see(&c, n, &elsewhere, n - 0.5);
        see(&c, n, &sender, n + 10);
    }
    g_assert_cmpuint(c.refused, ==, 6);
    end(&c);
}

/* Packets in a loop pass the same link again, with a lower TTL each time; the other link follows directly. */
static void test_loop(void)
{
    capture c = begin();

    for (uint32_t n = 1; n <= 100; n++)
        for (uint8_t turn = 0; turn < 4; turn++) {
            see(&c, n, &(station){LINK(1), (uint8_t)(64 - 2 * turn)}, 80 * n + 20 * turn);
            see(&c, n, &(station){LINK(2), (uint8_t)(63 - 2 * turn)}, 80 * n + 20 * turn + 7);
        }
    g_assert_cmpuint(c.refused, ==, 600);
    end(&c);
}

/* Forged packets from many places do not prevent the other end from being recognised. */
static void test_many_places(void)
{
    capture c = begin();
    unsigned genuine = 0;

    for (uint32_t n = 1; n <= 300; n++) {
        see(&c, n, &sender, n);
        see(&c, n, &(station){LINK(10 + n % 1000), 60}, n + 0.2);
        if (n <= 10)
            continue;
        const unsigned before = c.refused;

        see(&c, n - 10, &receiver, n + 0.4);
        genuine += c.refused - before;
    }
    g_assert_cmpuint(genuine, ==, 0);
    end(&c);
}

/* --- more about the SA -------------------------------------------------------------------------------------- */

/* A counter that restarts does so at both ends. */
static void test_restart(void)
{
    capture c = begin();
    path p = {.near = sender, .far = receiver, .first = 5000, .last = 5300, .delay = 45};
    unsigned before;

    see_both(&c, &p);
    g_assert_cmpuint(c.refused, ==, 0);
    see_run(&c, 1, 4, &sender, 5400);
    g_assert_true(has(&c, IPSEC_FINDING_SEQ_RESTART));
    before = c.refused;
    see_run(&c, 5, 30, &sender, 5404);
    for (uint32_t n = 1; n <= 300; n++) {
        see(&c, n, &receiver, 5430 + n);
        see(&c, n + 30, &sender, 5430.5 + n);
    }
    g_assert_cmpuint(c.refused, ==, before);
    end(&c);
}

/* What was learnt from one SA applies to the next one between the same hosts, even if the clocks differ much. */
static void test_next_sa(void)
{
    capture c = begin();
    path p = {.near = sender, .far = receiver, .first = 1, .last = 300, .delay = 45};

    see_both(&c, &p);
    c.spi++;
    p.delay = 5000;
    see_both(&c, &p);
    g_assert_cmpuint(c.refused, ==, 0);
    c.spi++;
    p.delay = -5000;
    see_both(&c, &p);
    g_assert_cmpuint(c.refused, ==, 0);
    see_run(&c, 200, 204, &elsewhere, 9000);
    g_assert_cmpuint(c.refused, ==, 5);
    end(&c);
}

/* --- what the user and the capturing system say ------------------------------------------------------------ */

static void test_preference(void)
{
    static const struct {
        ipsec_points_mode mode;
        unsigned refused;
    } cases[] = {{IPSEC_POINTS_AUTO, 8}, {IPSEC_POINTS_YES, 0}, {IPSEC_POINTS_NO, 8}};

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        capture c = begin_with(cases[i].mode);
        const unsigned before = cases[i].refused;

        see_run(&c, 1, 300, &sender, 1);
        for (uint32_t n = 200; n < 280; n += 10)
            see(&c, n, &receiver, 400 + n);
        g_assert_cmpuint(c.refused, ==, before);
        see(&c, 240, &receiver, 700);
        see(&c, 270, &sender, 701);
        g_assert_cmpuint(c.refused, ==, before + 2);
        end(&c);
    }
    for (unsigned no = 0; no <= 1; no++) {
        capture c = begin_with(no ? IPSEC_POINTS_NO : IPSEC_POINTS_AUTO);
        const path p = {.near = sender, .far = receiver, .first = 1, .last = 300, .delay = 45};

        see_both(&c, &p);
        g_assert_cmpint(c.refused > 0, ==, no);
        end(&c);
    }
}

/* Copies with the same id are one packet, however late they are; and an id has no effect on packets that differ or come
 * late. */
static void test_packet_id(void)
{
    capture c = begin();

    see_run(&c, 1, 10, &sender, 1);
    c.packet_id = 7;
    see(&c, 11, &sender, 11);
    see(&c, 11, &sender, 50);
    see(&c, 11, &elsewhere, 90);
    g_assert_cmpuint(c.refused, ==, 0);
    g_assert_cmpuint(c.copies, ==, 2);
    c.packet_id = 8;
    see(&c, 11, &sender, 100);
    g_assert_cmpuint(c.refused, ==, 1);
    end(&c);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/points/both-ends", test_both_ends);
    g_test_add_func("/points/without-link", test_without_link);
    g_test_add_func("/points/interfaces", test_interfaces);
    g_test_add_func("/points/handful", test_handful);
    g_test_add_func("/points/run", test_when_a_run_is_a_point);
    g_test_add_func("/points/unseen", test_unseen);
    g_test_add_func("/points/from-the-start", test_from_the_start);
    g_test_add_func("/points/same-next-hop", test_same_next_hop);
    g_test_add_func("/points/large-windows", test_large_windows);
    g_test_add_func("/points/replays", test_replays_at_points);
    g_test_add_func("/points/shared-links", test_shared_links);
    g_test_add_func("/points/copy-in-front", test_copy_in_front);
    g_test_add_func("/points/loop", test_loop);
    g_test_add_func("/points/many-places", test_many_places);
    g_test_add_func("/points/restart", test_restart);
    g_test_add_func("/points/next-sa", test_next_sa);
    g_test_add_func("/points/preference", test_preference);
    g_test_add_func("/points/packet-id", test_packet_id);
    return g_test_run();
}
