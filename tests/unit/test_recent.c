/* Recent packets. SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/describe.h"
#include "guard.h"
#include "packets.h"

#define MS UINT64_C(1000000)

/* One packet, with the properties that the tests vary. */
typedef struct sent {
    uint32_t sa, sequence;
    uint64_t time; /* nanoseconds; 0: none */
    uint8_t ttl, identification, octet, dscp;
    size_t captured;         /* 0: all of it */
    ipsec_standing standing; /* BELIEVED by default */
} sent;

static ipsec_recent *describe(ipsec_recents *recents, const sent *packet, uint32_t frame)
{
    uint8_t octets[84] = {[16] = 1},
            outer[20] = {0x45, (uint8_t)(packet->dscp << 2), [5] = packet->identification, [8] = packet->ttl};
    ipsec_view view;

    octets[8] = octets[83] = packet->octet;
    view = view_of(IPSEC_PROTOCOL_ESP, 4, octets, packet->captured ? packet->captured : sizeof octets);
    view.length = sizeof octets;
    view.outer = outer;
    view.outer_length = sizeof outer;
    view.time = packet->time;
    view.frame = frame;
    return ipsec_recents_describe(
        recents, &view, &(ipsec_ruling){.sa = packet->sa, .sequence = packet->sequence, .standing = packet->standing});
}

static void keep(ipsec_recents *recents, const sent *packet, uint32_t frame)
{
    ipsec_recent *described = describe(recents, packet, frame);

    ipsec_recents_keep(recents, described, ipsec_recents_find(recents, described, packet->standing));
}

/* The frame of the earlier packet that is found for this one; 0: none. */
static uint32_t find(ipsec_recents *recents, const sent *packet)
{
    const ipsec_recent *found = ipsec_recents_find(recents, describe(recents, packet, 99), packet->standing);

    return found ? found->frame : 0;
}

static void test_last_and_first_of_a_number(void)
{
    ipsec_recents *recents = ipsec_recents_new(NULL);
    const sent packet = {.sa = 1, .sequence = 7}, other_sa = {.sa = 2, .sequence = 7},
               other_number = {.sa = 1, .sequence = 8}, forged = {.sa = 1, .sequence = 7, .standing = IPSEC_FORGED};

    g_assert_cmpuint(find(recents, &packet), ==, 0);
    keep(recents, &packet, 1);
    g_assert_cmpuint(find(recents, &packet), ==, 1);
    g_assert_cmpuint(find(recents, &other_sa), ==, 0);
    g_assert_cmpuint(find(recents, &other_number), ==, 0);
    g_assert_cmpuint(find(recents, &forged), ==, 0);
    keep(recents, &packet, 2);
    keep(recents, &forged, 3);
    g_assert_cmpuint(find(recents, &packet), ==, 2);
    g_assert_cmpuint(find(recents, &forged), ==, 3);
    g_assert_cmpuint(ipsec_recents_find(recents, describe(recents, &packet, 4), IPSEC_BELIEVED)->first, ==, 1);
    ipsec_recents_free(recents);
    guard_free_all();
}

/* Of several packets with one number, the identical one is found. */
static void test_the_same(void)
{
    ipsec_recents *recents = ipsec_recents_new(NULL);
    const sent one = {.sa = 1, .sequence = 7, .octet = 1}, other = {.sa = 1, .sequence = 7, .octet = 2},
               third = {.sa = 1, .sequence = 7, .octet = 3};

    keep(recents, &one, 1);
    keep(recents, &other, 2);
    g_assert_cmpuint(find(recents, &one), ==, 1);
    g_assert_cmpuint(find(recents, &other), ==, 2);
    g_assert_cmpuint(find(recents, &third), ==, 2);
    ipsec_recents_free(recents);
    guard_free_all();
}

/* A packet that is described but not kept is not found. The ring forgets the oldest, and its chains end there. */
static void test_forgotten(void)
{
    ipsec_recents *recents = ipsec_recents_new(NULL);
    const sent packet = {.sa = 1, .sequence = 7};

    describe(recents, &packet, 1);
    g_assert_cmpuint(find(recents, &packet), ==, 0);
    keep(recents, &packet, 1);
    for (uint32_t n = 0; n < IPSEC_RECENTS - 2; n++) {
        const sent other = {.sa = 2, .sequence = n};

        keep(recents, &other, 2);
        if (n % 1024 == 0)
            guard_free_all();
    }
    g_assert_cmpuint(find(recents, &packet), ==, 1);
    for (uint32_t n = 0; n < 2 * IPSEC_RECENTS; n++) {
        const sent other = {.sa = 3, .sequence = n};

        keep(recents, &other, 3);
        g_assert_cmpuint(find(recents, &packet), ==, 0);
        if (n % 1024 == 0)
            guard_free_all();
    }
    ipsec_recents_free(recents);
    guard_free_all();
}

/* More packets with one number than are searched: the last one is found, and the search takes no longer. But forged
 * packets do not displace others. */
static void test_many_of_one_number(void)
{
    ipsec_recents *recents = ipsec_recents_new(NULL);
    const sent packet = {.sa = 1, .sequence = 7}, forged = {.sa = 1, .sequence = 7, .standing = IPSEC_FORGED};
    const sent other = {.sa = 1, .sequence = 7, .octet = 1};

    keep(recents, &packet, 1);
    for (uint32_t frame = 2; frame < 200; frame++)
        keep(recents, &forged, frame);
    g_assert_cmpuint(find(recents, &forged), ==, 199);
    g_assert_cmpuint(find(recents, &packet), ==, 1);
    for (uint32_t frame = 200; frame < 263; frame++)
        keep(recents, &other, frame);
    g_assert_cmpuint(find(recents, &packet), ==, 1);
    keep(recents, &other, 263);
    g_assert_cmpuint(find(recents, &packet), ==, 263);
    ipsec_recents_free(recents);
    guard_free_all();
}

static void test_captured_twice(void)
{
    static const struct {
        const char *what;
        sent one, other;
        uint64_t within;
        bool twice;
    } cases[] = {
        {"at once", {1, 7, .time = MS}, {1, 7, .time = MS}, 5 * MS, true},
        {"5 ms apart", {1, 7, .time = MS}, {1, 7, .time = 6 * MS}, 5 * MS, true},
        {"a little more", {1, 7, .time = MS}, {1, 7, .time = 6 * MS + 1}, 5 * MS, false},
        {"the copy was written first", {1, 7, .time = 6 * MS}, {1, 7, .time = MS}, 5 * MS, true},
        {"behind a router", {1, 7, .time = MS, .ttl = 64}, {1, 7, .time = MS, .ttl = 63}, 5 * MS, true},
        {"before a router", {1, 7, .time = MS, .ttl = 63}, {1, 7, .time = MS, .ttl = 64}, 5 * MS, true},
        {"two hops", {1, 7, .time = MS, .ttl = 64}, {1, 7, .time = MS, .ttl = 62}, 5 * MS, false},
        {"sent anew", {1, 7, .time = MS, .identification = 1}, {1, 7, .time = MS, .identification = 2}, 5 * MS, false},
        {"other octets", {1, 7, .time = MS, .octet = 1}, {1, 7, .time = MS, .octet = 2}, 5 * MS, false},
        {"cut shorter", {1, 7, .time = MS, .captured = 60}, {1, 7, .time = MS}, 5 * MS, true},
        {"without times", {1, 7, .time = 0}, {1, 7, .time = 0}, 5 * MS, false},
        {"switched off", {1, 7, .time = MS}, {1, 7, .time = MS}, 0, false},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        ipsec_recents *recents = ipsec_recents_new(NULL);
        const ipsec_recent *described;

        g_test_message("%s", cases[i].what);
        keep(recents, &cases[i].one, 1);
        described = describe(recents, &cases[i].other, 2);
        g_assert_true(ipsec_recent_is_captured_twice(ipsec_recents_find(recents, described, IPSEC_BELIEVED), described,
                                                     cases[i].within) == cases[i].twice);
        ipsec_recents_free(recents);
    }
    guard_free_all();
}

/* Forged packets have not overtaken anything, so their classes do not count. */
static void test_overtaken(void)
{
    for (uint8_t dscp = 0; dscp <= 46; dscp += 46) {
        ipsec_recents *recents = ipsec_recents_new(NULL);
        const sent late = {.sa = 1, .sequence = 7}, forged = {.sa = 1, .sequence = 9, .standing = IPSEC_FORGED},
                   genuine = {.sa = 1, .sequence = 8, .dscp = dscp}, voice = {.sa = 1, .sequence = 9, .dscp = 46};

        keep(recents, &forged, 1);
        g_assert_false(ipsec_recents_overtaken_by_others(recents, describe(recents, &late, 2), 10));
        keep(recents, &genuine, 2);
        g_assert_cmpint(ipsec_recents_overtaken_by_others(recents, describe(recents, &late, 3), 10), ==, dscp != 0);
        g_assert_false(ipsec_recents_overtaken_by_others(recents, describe(recents, &late, 3), 0));
        keep(recents, &voice, 3);
        g_assert_cmpint(ipsec_recents_overtaken_by_others(recents, describe(recents, &late, 4), 10), ==, dscp != 0);
        ipsec_recents_free(recents);
        guard_free_all();
    }
}

/* --- by other properties than the number
 * --------------------------------------------------------------------------------
 */

/* The length in describe(), where the addresses in front are zeros. */
#define LENGTH 84u

static uint32_t find_unique(ipsec_recents *recents, ipsec_recent_marks marks)
{
    const ipsec_recent *found = ipsec_recents_find_unique(recents, &marks);

    return found ? found->frame : 0;
}

/* The match must be a single packet, however often it was captured; each property counts. */
static void test_unique(void)
{
    static const struct {
        sent packets[3]; /* frames 1 to 3 */
        uint32_t found;
    } cases[] = {
        {{{.sa = 1, .sequence = 1, .identification = 7}}, 1},
        {{{.sa = 1, .sequence = 1, .identification = 8}}, 0},
        {{{.sa = 2, .sequence = 1, .identification = 7}}, 0},
        {{{.sa = 1, .sequence = 1, .identification = 7}, {.sa = 1, .sequence = 2, .identification = 8}}, 1},
        {{{.sa = 1, .sequence = 1, .identification = 7}, {.sa = 1, .sequence = 2, .identification = 7}}, 0},
        {{{.sa = 1, .sequence = 1, .identification = 7}, {.sa = 1, .sequence = 1, .identification = 7}}, 2},
        {{{.sa = 1, .sequence = 1, .identification = 7}, {.sa = 1, .sequence = 1, .identification = 7, .octet = 1}}, 0},
        {{{.sa = 1, .sequence = 1, .identification = 7}, {.sa = 2, .sequence = 1, .identification = 7}}, 1},
        {{{.sa = 1, .sequence = 1, .identification = 7},
          {.sa = 1, .sequence = 2, .identification = 9},
          {.sa = 1, .sequence = 1, .identification = 7}},
         3},
    };
    const ipsec_recent_marks marks = {.sa = 1, .length = LENGTH, .identification = 7};

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        ipsec_recents *recents = ipsec_recents_new(NULL);

        for (uint32_t frame = 1; frame <= 3 && cases[i].packets[frame - 1].sequence > 0; frame++)
            keep(recents, &cases[i].packets[frame - 1], frame);
        g_assert_cmpuint(find_unique(recents, marks), ==, cases[i].found);
        g_assert_cmpuint(find_unique(recents, (ipsec_recent_marks){1, LENGTH + 1, 0, 7}), ==, 0);
        g_assert_cmpuint(find_unique(recents, (ipsec_recent_marks){1, LENGTH, 1, 7}), ==, 0);
        g_assert_cmpuint(find_unique(recents, (ipsec_recent_marks){1, LENGTH, 0, 6}), ==, 0);
        ipsec_recents_free(recents);
    }
    guard_free_all();
}

/* If any SA will do, it must also be the only one. */
static void test_unique_of_any_sa(void)
{
    const ipsec_recent_marks marks = {.sa = IPSEC_SA_NONE, .length = LENGTH, .identification = 7};
    ipsec_recents *recents = ipsec_recents_new(NULL);

    keep(recents, &(sent){.sa = 5, .sequence = 1, .identification = 7}, 1);
    g_assert_cmpuint(find_unique(recents, marks), ==, 1);
    keep(recents, &(sent){.sa = 6, .sequence = 1, .identification = 7}, 2);
    g_assert_cmpuint(find_unique(recents, marks), ==, 0);
    ipsec_recents_free(recents);
    guard_free_all();
}

/* The search for a second match is given up after 64 candidates, so that uniqueness is not known. */
static void test_unique_of_many(void)
{
    for (uint32_t copies = 64; copies <= 65; copies++) {
        ipsec_recents *recents = ipsec_recents_new(NULL);

        for (uint32_t frame = 1; frame <= copies; frame++)
            keep(recents, &(sent){.sa = 1, .sequence = 1, .identification = 7}, frame);
        g_assert_cmpuint(find_unique(recents, (ipsec_recent_marks){.sa = 1, .length = LENGTH, .identification = 7}), ==,
                         copies > 64 ? 0 : 64);
        ipsec_recents_free(recents);
    }
    guard_free_all();
}

/* A first part ends where the fragment begins, has the same identification, and may have lost its end. */
static void test_end(void)
{
    ipsec_recents *recents = ipsec_recents_new(NULL);

    keep(recents, &(sent){.sa = 1, .sequence = 1, .identification = 7}, 1);
    keep(recents, &(sent){.sa = 1, .sequence = 2, .identification = 8}, 2);
    keep(recents, &(sent){.sa = 1, .sequence = 3, .identification = 9, .standing = IPSEC_VERIFIED}, 3);
    keep(recents, &(sent){.sa = 1, .sequence = 4, .identification = 8}, 4);
    keep(recents, &(sent){.sa = 1, .sequence = 5}, 5);
    g_assert_cmpuint(ipsec_recents_find_end(recents, 0, 7, LENGTH), ==, 1);
    g_assert_cmpuint(ipsec_recents_find_end(recents, 0, 8, LENGTH), ==, 4); /* the last one */
    g_assert_cmpuint(ipsec_recents_find_end(recents, 0, 9, LENGTH), ==, 0); /* this one is whole */
    g_assert_cmpuint(ipsec_recents_find_end(recents, 0, 0, LENGTH), ==, 0); /* an identification of 0 proves nothing */
    g_assert_cmpuint(ipsec_recents_find_end(recents, 0, 7, LENGTH + 8), ==, 0);
    g_assert_cmpuint(ipsec_recents_find_end(recents, 1, 7, LENGTH), ==, 0);
    ipsec_recents_free(recents);
    guard_free_all();
}

/* Whoever sends a packet with the same identification and length between other hosts is not taken for its sender. Each
 * pair here is one that a sum, or an exclusive or, of the words would not tell apart. */
static void test_ends(void)
{
    static const struct {
        uint8_t source[16], destination[16];
        uint32_t ports;
    } ends[] = {
        {{10, 0, 0, 1}, {10, 0, 0, 2}, 0},
        {{10, 0, 0, 2}, {10, 0, 0, 1}, 0},
        {{10, 0, 0, 4}, {10, 0, 0, 1}, 0},
        {{138, 0, 0, 1}, {138, 0, 0, 2}, 0},
        {{10, 0, 0, 1}, {10, 0, 0, 2}, 1},
        {{10, 0, 0, 1, [4] = 128, [8] = 128}, {10, 0, 0, 2}, 0},
        {{10, 0, 0, 1, [15] = 1}, {10, 0, 0, 2, [15] = 255}, 0},
    };

    for (uint8_t length = 4; length <= 16; length += 12) {
        ipsec_recents *recents = ipsec_recents_new(NULL);

        for (unsigned i = 0; i < G_N_ELEMENTS(ends); i++) {
            const uint32_t one =
                ipsec_recents_ends(recents, ends[i].source, ends[i].destination, length, ends[i].ports);

            for (unsigned j = 0; j < i; j++) {
                const bool same = length == 4 && ends[i].ports == ends[j].ports &&
                                  memcmp(ends[i].source, ends[j].source, 4) == 0 &&
                                  memcmp(ends[i].destination, ends[j].destination, 4) == 0;

                g_assert_cmpint(
                    one == ipsec_recents_ends(recents, ends[j].source, ends[j].destination, length, ends[j].ports), ==,
                    same);
            }
        }
        ipsec_recents_free(recents);
    }
}

/* IPv6 has no identification, except in fragments. */
static void test_no_identification(void)
{
    const uint8_t octets[84] = {0}, outer[40] = {0x60, [6] = IPSEC_PROTOCOL_ESP, [7] = 64};
    ipsec_recents *recents = ipsec_recents_new(NULL);
    ipsec_view view = view_of(IPSEC_PROTOCOL_ESP, 6, octets, sizeof octets);
    ipsec_recent *described;

    view.outer = outer;
    view.outer_length = sizeof outer;
    view.frame = 1;
    described = ipsec_recents_describe(recents, &view, &(ipsec_ruling){.sa = 1, .sequence = 1});
    g_assert_cmpuint(described->identification, ==, 0);
    g_assert_cmpuint(described->ends, ==, 0);
    g_assert_cmpuint(described->ttl, ==, 64);
    view.outer = NULL;
    view.outer_length = 0;
    described = ipsec_recents_describe(recents, &view, &(ipsec_ruling){.sa = 1, .sequence = 1});
    g_assert_cmpuint(described->identification, ==, 0);
    g_assert_cmpuint(described->ends, ==, 0);
    g_assert_cmpuint(described->ttl, ==, 0);
    g_assert_cmpuint(described->dscp, ==, IPSEC_DSCP_UNKNOWN);
    ipsec_recents_free(recents);
    guard_free_all();
}

/* The six bits stand across two octets of an IPv6 header (RFC 2474 3, RFC 8200 3). */
static void test_dscp_of_v6(void)
{
    ipsec_recents *recents = ipsec_recents_new(NULL);

    for (uint8_t dscp = 0; dscp < 64; dscp++) {
        const uint8_t outer[40] = {(uint8_t)(0x60 | dscp >> 2), (uint8_t)(dscp << 6 | 0x3f), [7] = 60};
        ipsec_view view = esp_view(6, 0x1000, 1, 84);
        const ipsec_recent *described;

        view.outer = outer;
        view.outer_length = sizeof outer;
        described = ipsec_recents_describe(recents, &view, &(ipsec_ruling){.sa = 1, .sequence = 1});
        g_assert_cmpuint(described->dscp, ==, dscp);
        g_assert_cmpuint(described->ttl, ==, 60);
        guard_free_all();
    }
    ipsec_recents_free(recents);
}

/* Of several packets with a number, the most certain one is found. */
static void test_number(void)
{
    static const ipsec_standing standings[] = {IPSEC_FORGED, IPSEC_UNPROVEN, IPSEC_BELIEVED, IPSEC_VERIFIED};
    ipsec_recents *recents = ipsec_recents_new(NULL);

    g_assert_null(ipsec_recents_find_number(recents, 1, 1));
    for (uint32_t i = 0; i < G_N_ELEMENTS(standings); i++) {
        keep(recents, &(sent){.sa = 1, .sequence = 1, .standing = standings[i]}, 2 * i + 1);
        keep(recents, &(sent){.sa = 1, .sequence = 1, .standing = IPSEC_FORGED}, 2 * i + 2);
        g_assert_cmpuint(ipsec_recents_find_number(recents, 1, 1)->frame, ==, 2 * i + (i == 0 ? 2 : 1));
    }
    g_assert_null(ipsec_recents_find_number(recents, 1, 2));
    g_assert_null(ipsec_recents_find_number(recents, 2, 1));
    ipsec_recents_free(recents);
    guard_free_all();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/recent/last-and-first", test_last_and_first_of_a_number);
    g_test_add_func("/recent/the-same", test_the_same);
    g_test_add_func("/recent/forgotten", test_forgotten);
    g_test_add_func("/recent/many", test_many_of_one_number);
    g_test_add_func("/recent/captured-twice", test_captured_twice);
    g_test_add_func("/recent/overtaken", test_overtaken);
    g_test_add_func("/recent/ends", test_ends);
    g_test_add_func("/recent/unique", test_unique);
    g_test_add_func("/recent/unique-of-any-sa", test_unique_of_any_sa);
    g_test_add_func("/recent/unique-of-many", test_unique_of_many);
    g_test_add_func("/recent/end", test_end);
    g_test_add_func("/recent/no-identification", test_no_identification);
    g_test_add_func("/recent/number", test_number);
    g_test_add_func("/recent/dscp-of-v6", test_dscp_of_v6);
    return g_test_run();
}
