/* The anti-replay window. SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/window.h"

#include <glib.h>

/* For expected values: signed, and so wide that no sum or difference of numbers wraps. */
#ifdef __SIZEOF_INT128__
typedef __int128 wide;
#else
typedef __float128 wide; /* holds integers of 113 bits; 32-bit machines have no integer type wider than 64 bits */
#endif

#define EPOCH (UINT64_C(1) << 32)

static const uint32_t sizes[] = {1, 31, 32, 33, 63, 64, 65, 128, 4096};

/* --- scripts, like WireGuard's self-tests of its counter: a receiver that accepts new and late numbers */

typedef struct run {
    ipsec_window window;
    const char *what;
    uint32_t packets;
    uint64_t base;
    unsigned test;
    uint64_t lost; /* in all */
} run;

static const char *name_of(ipsec_place place)
{
    static const char *const names[] = {"new", "late", "seen", "old"};

    return names[place];
}

static void expect(run *r, uint64_t number, ipsec_place expected)
{
    const ipsec_place place = ipsec_window_place(&r->window, number, r->packets);

    r->test++;
    if (place != expected)
        g_error("%s, window of %u at %" G_GUINT64_FORMAT ", test %u: %" G_GUINT64_FORMAT " is %s, not %s", r->what,
                r->packets, r->base, r->test, number, name_of(place), name_of(expected));
}

static void expect_lost(run *r, uint64_t lost, uint64_t expected)
{
    r->test++;
    r->lost += lost;
    if (lost != expected)
        g_error("%s, window of %u at %" G_GUINT64_FORMAT ", test %u: %" G_GUINT64_FORMAT
                " lost, not %" G_GUINT64_FORMAT,
                r->what, r->packets, r->base, r->test, lost, expected);
}

static void is_old(run *r, uint64_t number)
{
    expect(r, number, IPSEC_PLACE_OLD);
}

static void is_seen(run *r, uint64_t number)
{
    expect(r, number, IPSEC_PLACE_SEEN);
}

/* Accepts a number above the top, by which `lost` numbers are lost. */
static void take_new(run *r, uint64_t number, uint64_t lost)
{
    expect(r, number, IPSEC_PLACE_NEW);
    expect_lost(r, ipsec_window_commit(&r->window, number, r->packets), lost);
    is_seen(r, number);
    g_assert_cmpuint(r->window.top, ==, number);
}

/* Accepts a late number inside the window. */
static void take_late(run *r, uint64_t number)
{
    expect(r, number, IPSEC_PLACE_LATE);
    expect_lost(r, ipsec_window_commit(&r->window, number, r->packets), 0);
    is_seen(r, number);
}

/* The left edge moves over seen numbers, and after a jump everything is unseen. */
static void script_edges(run *r)
{
    const uint64_t w = r->packets, b = r->base;

    take_new(r, b + w, 0);
    if (w > 1)
        take_late(r, b + 1);
    is_old(r, b);
    take_new(r, b + w + 1, 0); /* b + 1 leaves the window, and was seen */
    is_old(r, b + 1);
    is_seen(r, b + w + 1);
    take_new(r, b + 2 * w + 1, MAX(w, 2) - 2); /* b + 2 to b + w + 1 leave; the last two were seen */
    is_old(r, b + w + 1);
    if (w > 1)
        take_late(r, b + w + 2);
    take_new(r, b + 4 * w + 1, w > 1 ? 2 * w - 2 : 1); /* twice as many leave, half of which were never inside */
    is_old(r, b + 3 * w + 1);
    for (uint64_t n = b + 3 * w + 2; n < b + 4 * w + 1; n++)
        take_late(r, n);
    for (uint64_t n = b + 3 * w + 2; n <= b + 4 * w + 1; n++)
        is_seen(r, n);
    take_new(r, b + 5 * w + 1, 0);
}

static void script_in_order(run *r)
{
    const uint64_t w = r->packets, b = r->base, behind = b + 3 * w;

    for (uint64_t n = b; n < behind; n++)
        take_new(r, n, 0);
    for (uint64_t n = b; n < behind - w; n++)
        is_old(r, n);
    for (uint64_t n = behind - w; n < behind; n++)
        is_seen(r, n);
}

/* The window is filled upwards, and one number below the first comes last; or all come from the top down. */
static void script_below_the_first(run *r)
{
    const uint64_t w = r->packets, b = r->base;

    for (uint64_t n = b + 1; n < b + w; n++)
        take_new(r, n, 0);
    if (w > 1)
        take_late(r, b);
    else
        take_new(r, b, 0);
    g_assert_cmpuint(r->window.bottom, ==, b);
    take_new(r, b + w, 0);
    is_old(r, b);
}

static void script_top_down(run *r)
{
    const uint64_t w = r->packets, b = r->base;

    take_new(r, b + w - 1, 0);
    for (uint64_t n = b + w - 1; n-- > b;)
        take_late(r, n);
    if (b > 0)
        is_old(r, b - 1);
    for (uint64_t n = b; n < b + w; n++)
        is_seen(r, n);
    for (uint64_t n = b + w; n < b + 2 * w; n++)
        take_new(r, n, 0);
}

/* Numbers before the first one never count as lost; a late one becomes the first. */
static void script_bottom(run *r)
{
    const uint64_t w = r->packets, b = r->base;

    take_new(r, b + w - 1, 0);
    if (w > 2)
        take_late(r, b + 1); /* so that b + 2 to b + w - 2 are missing, and b is not */
    take_new(r, b + 2 * w - 1, MAX(w, 3) - 3);
    ipsec_window_commit(&r->window, b, r->packets); /* too late to become the first */
    g_assert_cmpuint(r->window.bottom, ==, w > 2 ? b + 1 : b + w - 1);
}

static void script_every_other(run *r)
{
    const uint64_t w = r->packets, b = r->base, last = 3 * w & ~UINT64_C(1), taken = last / 2 + 1;

    for (uint64_t i = 0; i <= last; i += 2) /* b + i - w and the number before it leave; one of the two was not sent */
        take_new(r, b + i, i > w + (w % 2 ? 0 : 1) ? 1 : 0);
    take_new(r, b + 10 * w + 2, 9 * w + 3 - taken - r->lost); /* all up to b + 9 w + 2 have left */
}

/* From the base to the largest number in one step; nothing comes after that. */
static void script_to_the_end(run *r)
{
    const uint64_t w = r->packets, b = r->base;

    take_new(r, b, 0);
    take_new(r, UINT64_MAX, UINT64_MAX - w - b); /* b + 1 to UINT64_MAX - w */
    is_old(r, UINT64_MAX - w);
    for (uint64_t n = UINT64_MAX - w + 1; n < UINT64_MAX; n++)
        take_late(r, n);
    is_old(r, b);
    is_old(r, 0);
    expect_lost(r, ipsec_window_commit(&r->window, 0, r->packets), 0);
    expect_lost(r, ipsec_window_commit(&r->window, UINT64_MAX, r->packets), 0);
    is_seen(r, UINT64_MAX);
    g_assert_cmpuint(r->window.bottom, ==, b);
}

/* Jumps of about the width of the bitmap: the bits of the numbers one width below must not remain. */
static void script_around_the_ring(run *r)
{
    const uint64_t w = r->packets, size = r->window.size;
    uint64_t top = r->base;

    take_new(r, top, 0);
    for (uint64_t n = 1; n < w; n++)
        take_new(r, ++top, 0);
    for (uint64_t jump = size - 1; jump <= size + 1; jump++) {
        take_new(r, top + jump, jump > w ? jump - w : 0);
        for (uint64_t n = top + jump - w + 1; n < top + jump; n++)
            if (n > top)
                take_late(r, n);
            else
                is_seen(r, n);
        top += jump;
    }
}

static void play(const char *what, void (*script)(run *r), uint32_t packets, uint32_t most, uint64_t base)
{
    run r = {.what = what, .packets = packets, .base = base};

    ipsec_window_init(&r.window, most);
    script(&r);
    ipsec_window_clear(&r.window);
}

static void test_scripts(void)
{
    static const struct {
        const char *what;
        void (*script)(run *r);
    } rows[] = {
        {"edges", script_edges},
        {"in order", script_in_order},
        {"below the first", script_below_the_first},
        {"top down", script_top_down},
        {"bottom", script_bottom},
        {"every other", script_every_other},
        {"to the end", script_to_the_end},
        {"around the ring", script_around_the_ring},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++) {
        const uint64_t w = sizes[i];
        const uint64_t bases[] = {
            0, 1, w, EPOCH - 1 - w, EPOCH - w / 2, EPOCH - 1, EPOCH, 7 * EPOCH - 2 * w, UINT64_MAX - 6 * EPOCH,
        };

        for (unsigned at = 0; at < G_N_ELEMENTS(bases) * G_N_ELEMENTS(rows); at++) {
            const unsigned row = at % G_N_ELEMENTS(rows);
            const uint64_t base = bases[at / G_N_ELEMENTS(rows)];

            play(rows[row].what, rows[row].script, sizes[i], sizes[i], base);
            play(rows[row].what, rows[row].script, sizes[i], 2 * sizes[i] + 1, base);
        }
    }
}

/* --- a window of 8, number by number
 *
 * One that has seen 20 and nothing else reaches from 13 to 20. The next packet lies in one of three places ("x" is
 * seen,
 * "." is not):
 *
 *     left of it: old, and nothing moves               12
 *                                                       v
 *                                                       |.......x|
 *                                                       13     20
 *
 *     inside: late, or seen; it is marked                   16
 *                                                           v
 *                                                       |...x...x|
 *                                                       13     20
 *
 *     right of it: new, and the window moves up to it.            23
 *     What falls out on the left unseen is lost, but               v
 *     for what lies in front of the first number:          |x...x..x|
 *                                                          16     23
 */

/* The expected place of each number when it comes; then it is committed if possible, and this many are lost. */
static const struct {
    uint64_t number;
    ipsec_place place;
    uint64_t lost;
} numbers[] = {
    {20, IPSEC_PLACE_NEW, 0},                       /* the first one */
    {20, IPSEC_PLACE_SEEN, 0},                      /* again */
    {12, IPSEC_PLACE_OLD, 0},                       /* left of 13 to 20 */
    {0, IPSEC_PLACE_OLD, 0},                        /* far left */
    {13, IPSEC_PLACE_LATE, 0},                      /* at the left edge; now the first is 13 */
    {13, IPSEC_PLACE_SEEN, 0},                      /* again */
    {15, IPSEC_PLACE_LATE, 0},                      /* in the middle */
    {21, IPSEC_PLACE_NEW, 0},                       /* pushes out 13, which was seen */
    {13, IPSEC_PLACE_OLD, 0},                       /* now it is old */
    {22, IPSEC_PLACE_NEW, 1},                       /* pushes out 14, which was not seen */
    {14, IPSEC_PLACE_OLD, 0},                       /* it comes too late */
    {15, IPSEC_PLACE_SEEN, 0},                      /* at the left edge */
    {25, IPSEC_PLACE_NEW, 2},                       /* pushes out 15, 16 and 17 */
    {18, IPSEC_PLACE_LATE, 0},                      /* at the left edge */
    {24, IPSEC_PLACE_LATE, 0},                      /* next to the right edge */
    {33, IPSEC_PLACE_NEW, 2},                       /* a jump as wide as the window: of 18 to 25, 19 and 23 are lost */
    {25, IPSEC_PLACE_OLD, 0},                       /* just out */
    {26, IPSEC_PLACE_LATE, 0},                      /* just in */
    {42, IPSEC_PLACE_NEW, 7},                       /* one farther: 26 to 34, except 26 and 33 */
    {34, IPSEC_PLACE_OLD, 0},                       /* was never inside */
    {35, IPSEC_PLACE_LATE, 0},                      /* just in */
    {106, IPSEC_PLACE_NEW, 62},                     /* as wide as the bitmap: 35 to 98, except 35 and 42 */
    {42, IPSEC_PLACE_OLD, 0},                       /* 106 has its bit */
    {99, IPSEC_PLACE_LATE, 0},                      /* has the bit of 35, which was cleared */
    {171, IPSEC_PLACE_NEW, 63},                     /* one farther: 99 to 163, except 99 and 106 */
    {163, IPSEC_PLACE_OLD, 0},                      /* just out */
    {164, IPSEC_PLACE_LATE, 0},                     /* just in */
    {EPOCH - 1, IPSEC_PLACE_NEW, EPOCH - 164 - 10}, /* all from 164 to EPOCH - 9, except 164 and 171 */
    {EPOCH, IPSEC_PLACE_NEW, 1},                    /* the end of 32 bits is not special */
    {EPOCH - 8, IPSEC_PLACE_OLD, 0},                /* just out */
    {EPOCH - 7, IPSEC_PLACE_LATE, 0},               /* just in */
    {EPOCH - 1, IPSEC_PLACE_SEEN, 0},               /* next to the right edge */
    {0, IPSEC_PLACE_OLD, 0},                        /* far left */
};

static void test_number_by_number(void)
{
    run r = {.what = "number by number", .packets = 8};

    ipsec_window_init(&r.window, 8);
    for (unsigned i = 0; i < G_N_ELEMENTS(numbers); i++) {
        expect(&r, numbers[i].number, numbers[i].place);
        if (numbers[i].place == IPSEC_PLACE_NEW || numbers[i].place == IPSEC_PLACE_LATE)
            expect_lost(&r, ipsec_window_commit(&r.window, numbers[i].number, 8), numbers[i].lost);
    }
    ipsec_window_clear(&r.window);
}

/* --- the rest of the contract */

static void test_room(void)
{
    static const struct {
        uint32_t packets, size;
    } rows[] = {{0, 64},
                {1, 64},
                {63, 64},
                {64, 64},
                {65, 128},
                {128, 128},
                {129, 256},
                {4095, 4096},
                {4097, 8192},
                {65535, 65536},
                {IPSEC_WINDOW_MOST, IPSEC_WINDOW_MOST}};
    ipsec_window window = {0};

    ipsec_window_clear(&window);
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        ipsec_window_init(&window, rows[i].packets);
        g_assert_cmpuint(window.size, ==, rows[i].size);
        ipsec_window_commit(&window, rows[i].size - 1, 1); /* a sanitizer notices if there is less memory */
        ipsec_window_clear(&window);
        g_assert_cmpuint(window.size, ==, 0);
        g_assert_false(window.started);
    }
}

static void test_nothing_seen(void)
{
    const ipsec_window window = {0};

    g_assert_cmpint(ipsec_window_place(&window, 0, 64), ==, IPSEC_PLACE_NEW);
    g_assert_cmpint(ipsec_window_place(&window, UINT64_MAX, 1), ==, IPSEC_PLACE_NEW);
    g_assert_cmpuint(ipsec_window_infer_high(&window, 0, 64), ==, 0);
    g_assert_cmpuint(ipsec_window_infer_high(&window, UINT32_MAX, 64), ==, 0);
}

/* A copy has its own bits, in place or not; no bits are counted above the top, or before the first number. */
static void test_copy(void)
{
    for (uint32_t packets = 64; packets <= 256; packets *= 2) {
        ipsec_window window = {0}, copy;

        ipsec_window_init(&window, packets);
        g_assert_cmpuint(ipsec_window_count_from(&window, 0), ==, 0);
        for (uint64_t n = 1000; n < 1000 + packets; n += 2)
            ipsec_window_commit(&window, n, packets);
        copy = ipsec_window_copy(&window);
        ipsec_window_commit(&window, 1000 + 2 * packets, packets);
        g_assert_cmpuint(ipsec_window_count_from(&copy, 1000), ==, packets / 2);
        g_assert_cmpuint(ipsec_window_count_from(&copy, copy.top), ==, 1);
        g_assert_cmpuint(ipsec_window_count_from(&copy, copy.top + 1), ==, 0);
        g_assert_false(ipsec_window_has(&copy, 1001));
        g_assert_true(ipsec_window_has(&copy, 1002));
        g_assert_false(ipsec_window_has(&window, 1002));
        ipsec_window_clear(&window);
        ipsec_window_clear(&copy);
    }
}

/* Between the window for which losses are counted and the end of the bitmap, numbers are still distinguished. */
static void test_windows_share_the_bits(void)
{
    ipsec_window window = {0};

    ipsec_window_init(&window, 256);
    ipsec_window_commit(&window, 1000, 32);
    g_assert_cmpuint(ipsec_window_commit(&window, 1255, 32), ==, 223); /* 1001 to 1223 */
    g_assert_cmpint(ipsec_window_place(&window, 1000, 256), ==, IPSEC_PLACE_SEEN);
    g_assert_cmpint(ipsec_window_place(&window, 1000, 255), ==, IPSEC_PLACE_OLD);
    g_assert_cmpuint(ipsec_window_commit(&window, 1100, 32), ==, 0); /* after it was counted as lost: marked */
    g_assert_cmpint(ipsec_window_place(&window, 1100, 256), ==, IPSEC_PLACE_SEEN);
    g_assert_cmpint(ipsec_window_place(&window, 1101, 256), ==, IPSEC_PLACE_LATE);
    g_assert_cmpint(ipsec_window_place(&window, 1100, 156), ==, IPSEC_PLACE_SEEN);
    g_assert_cmpint(ipsec_window_place(&window, 1100, 155), ==, IPSEC_PLACE_OLD);
    g_assert_cmpuint(ipsec_window_commit(&window, 999, 32), ==, 0); /* left of the bitmap; 1255 has its bit */
    g_assert_cmpuint(window.bottom, ==, 1000);
    g_assert_cmpuint(ipsec_window_commit(&window, 1256, 32), ==, 1);
    g_assert_cmpint(ipsec_window_place(&window, 1255 - 64, 256), ==, IPSEC_PLACE_LATE);
    g_assert_cmpuint(window.top, ==, 1256);
    ipsec_window_clear(&window);
}

/* A commit left of the bitmap must not set the bit of another number. */
static void test_left_of_the_bitmap(void)
{
    ipsec_window window = {0};

    ipsec_window_init(&window, 64);
    ipsec_window_commit(&window, EPOCH, 64);
    for (uint64_t lag = 64; lag < 192; lag++)
        g_assert_cmpuint(ipsec_window_commit(&window, EPOCH - lag, 64), ==, 0);
    ipsec_window_commit(&window, 0, 64);
    for (uint64_t lag = 1; lag < 64; lag++)
        g_assert_cmpint(ipsec_window_place(&window, EPOCH - lag, 64), ==, IPSEC_PLACE_LATE);
    g_assert_cmpuint(window.bottom, ==, EPOCH);
    ipsec_window_clear(&window);
}

/* --- the high half */

/* The two cases as in RFC 4303 A2.2, whose numbers are modulo 2^32. */
static uint32_t high_of_rfc(uint64_t top, uint32_t low, uint32_t packets)
{
    const uint32_t tl = (uint32_t)top, th = (uint32_t)(top >> 32), bl = tl - packets + 1;

    if (tl >= packets - 1)
        return low >= bl ? th : th + 1;
    return low >= bl ? th - 1 : th;
}

/* Of the three numbers with this low half closest to the top, the one that is not left of the window, and less than a
 * subspace from its edge: the purpose of the cases. */
static uint32_t high_in_reach(uint64_t top, uint32_t low, uint32_t packets)
{
    const wide edge = (wide)top - packets + 1;
    unsigned found = 0;
    uint32_t high = 0;

    for (int step = -1; step <= 1; step++) {
        const wide number = ((wide)(top >> 32) + step) * EPOCH + low;

        if (number < edge || number >= edge + EPOCH)
            continue;
        found++;
        high = (uint32_t)((top >> 32) + (uint64_t)step);
    }
    g_assert_cmpuint(found, ==, 1);
    return high;
}

static void check_high(const ipsec_window *window, uint32_t low, uint32_t packets)
{
    const uint32_t high = ipsec_window_infer_high(window, low, packets);

    g_assert_cmpuint(high, ==, high_of_rfc(window->top, low, packets));
    g_assert_cmpuint(high, ==, high_in_reach(window->top, low, packets));
}

static void check_highs(uint64_t top, uint32_t packets, GRand *random)
{
    const ipsec_window window = {.top = top, .bottom = top, .started = true};
    const uint32_t tl = (uint32_t)top, bl = tl - packets + 1;
    const uint32_t around[] = {0, tl, bl, tl + 0x80000000u, bl + 0x80000000u};

    for (unsigned i = 0; i < G_N_ELEMENTS(around); i++)
        for (uint32_t low = around[i] - 3; low != around[i] + 3; low++)
            check_high(&window, low, packets);
    for (unsigned i = 0; i < 20; i++)
        check_high(&window, g_rand_int(random), packets);
}

static void test_high_half(void)
{
    static const uint32_t highs[] = {0, 1, 2, 41, 0x7fffffff, 0x80000000, UINT32_MAX - 1, UINT32_MAX};
    GRand *random = g_rand_new_with_seed(4303);

    for (unsigned i = 0; i < G_N_ELEMENTS(sizes) * G_N_ELEMENTS(highs); i++) {
        const uint32_t w = sizes[i % G_N_ELEMENTS(sizes)];
        const uint64_t base = highs[i / G_N_ELEMENTS(sizes)] * EPOCH;
        const uint32_t lows[] = {0, 1, w - 1, w, 2 * w, 0x80000000u, UINT32_MAX - w, UINT32_MAX, g_rand_int(random)};

        for (unsigned at = 0; at < G_N_ELEMENTS(lows); at++) {
            check_highs(base + lows[at], w, random);
            if (lows[at] > 1)
                check_highs(base + lows[at] - 2, w, random); /* case A and B lie side by side at w - 1 */
        }
    }
    g_rand_free(random);
}

/* How far the next packet of a stream is ahead: a small step, or most of the subspace was lost, or almost all of it. */
static uint64_t draw_gap(GRand *random, uint64_t sent, uint32_t packets)
{
    const uint64_t to_next = EPOCH - sent % EPOCH, some = (uint64_t)g_rand_int_range(random, 0, 3);

    switch (g_rand_int_range(random, 0, 8)) {
    case 0:
        return EPOCH - packets;
    case 1:
        return MIN(to_next + some, EPOCH - packets);
    default:
        return (uint64_t)g_rand_int_range(random, 1, (gint32)packets + 2);
    }
}

/* For every number inside the window, or ahead by less than a subspace without the window, the high half is right. */
static void test_high_half_of_a_stream(void)
{
    GRand *random = g_rand_new_with_seed(2010);

    for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++) {
        const uint32_t w = sizes[i];
        ipsec_window window = {0};
        uint64_t sent = 0;

        ipsec_window_init(&window, w);
        while (sent < 100 * EPOCH) {
            const uint64_t back = (uint64_t)g_rand_int_range(random, 0, (gint32)w);
            const uint64_t late = back > sent ? 0 : sent - back;

            g_assert_cmpuint(ipsec_window_infer_high(&window, (uint32_t)sent, w), ==, sent >> 32);
            ipsec_window_commit(&window, sent, w);
            g_assert_cmpuint(ipsec_window_infer_high(&window, (uint32_t)late, w), ==, late >> 32);
            sent += draw_gap(random, sent, w);
        }
        ipsec_window_clear(&window);
    }
    g_rand_free(random);
}

/* --- comparison with a model that forgets nothing and counts by iterating over everything */

typedef struct model {
    GHashTable *seen; /* set of guint64 */
    wide top, bottom;
    wide packets; /* size of the window for which losses are counted */
} model;

static ipsec_place model_place(const model *m, uint64_t number, wide packets)
{
    if (g_hash_table_size(m->seen) == 0 || number > m->top)
        return IPSEC_PLACE_NEW;
    if (number + packets - 1 < m->top)
        return IPSEC_PLACE_OLD;
    return g_hash_table_contains(m->seen, &number) ? IPSEC_PLACE_SEEN : IPSEC_PLACE_LATE;
}

/* How many numbers that were never seen are left of the window if its top is `top`. */
static wide model_missed(const model *m, wide top)
{
    const wide behind = top - m->packets + 1;
    wide missed = MAX(behind - m->bottom, 0);
    GHashTableIter iter;
    gpointer key;

    g_hash_table_iter_init(&iter, m->seen);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        const wide number = *(const guint64 *)key;

        if (number >= m->bottom && number < behind)
            missed--;
    }
    return missed;
}

static uint64_t model_commit(model *m, uint64_t number)
{
    wide lost = 0;

    if (g_hash_table_size(m->seen) == 0) {
        m->top = m->bottom = number;
    } else if (number > m->top) {
        lost = model_missed(m, number) - model_missed(m, m->top);
        m->top = number;
    } else if (number < m->bottom && number + m->packets - 1 >= m->top) {
        m->bottom = number;
    }
    g_hash_table_add(m->seen, g_memdup2(&number, sizeof number));
    return (uint64_t)lost;
}

/* The next step of a stream: usually small, sometimes about as wide as a window or the bitmap, rarely very large. */
static uint64_t draw_step(GRand *random, uint32_t packets, uint32_t size)
{
    switch (g_rand_int_range(random, 0, 24)) {
    case 0:
        return (uint64_t)g_rand_int_range(random, 1, (gint32)packets + 3);
    case 1:
        return packets + (uint64_t)g_rand_int_range(random, 0, 3);
    case 2:
        return size - 1 + (uint64_t)g_rand_int_range(random, 0, 3);
    case 3:
        return (uint64_t)g_rand_int_range(random, 1, 3 * (gint32)size);
    case 4:
        return g_rand_int_range(random, 0, 40) > 0 ? 2 : g_rand_int(random);
    case 5:
        return g_rand_int_range(random, 0, 400) > 0 ? 3 : (uint64_t)g_rand_int(random) << 31;
    default:
        return (uint64_t)g_rand_int_range(random, 1, 4);
    }
}

/* The next number: new, or slightly behind, or anywhere in the bitmap and somewhat left of it. */
static uint64_t draw_number(GRand *random, uint64_t top, uint32_t packets, uint32_t size)
{
    const gint32 kind = g_rand_int_range(random, 0, 8);
    uint64_t distance;

    if (kind < 5) {
        distance = draw_step(random, packets, size);
        return distance > UINT64_MAX - top ? UINT64_MAX : top + distance;
    }
    if (kind == 5)
        distance = (uint64_t)g_rand_int_range(random, 0, 8);
    else if (kind == 6)
        distance = (uint64_t)g_rand_int_range(random, 0, (gint32)packets + 3);
    else
        distance = (uint64_t)g_rand_int_range(random, 0, (gint32)(size + size / 4));
    return distance > top ? 0 : top - distance;
}

static void compare(const ipsec_window *window, const model *m, uint64_t number, GRand *random)
{
    const uint32_t packets[] = {1,
                                2,
                                31,
                                32,
                                63,
                                64,
                                (uint32_t)m->packets,
                                window->size - 1,
                                window->size,
                                (uint32_t)g_rand_int_range(random, 1, (gint32)window->size + 1)};
    const uint64_t below = (uint64_t)g_rand_int_range(random, 0, (gint32)window->size);
    uint64_t marked = 0;

    for (unsigned i = 0; i < G_N_ELEMENTS(packets); i++)
        g_assert_cmpint(ipsec_window_place(window, number, packets[i]), ==, model_place(m, number, packets[i]));
    g_assert_true(ipsec_window_has(window, number) == (model_place(m, number, window->size) == IPSEC_PLACE_SEEN));
    for (uint64_t i = 0; window->started && i <= below && i <= window->top; i++)
        marked += model_place(m, window->top - i, window->size) == IPSEC_PLACE_SEEN;
    if (window->started && below <= window->top)
        g_assert_cmpuint(ipsec_window_count_from(window, window->top - below), ==, marked);
}

static void check_stream(GRand *random, uint32_t packets, uint32_t most, uint64_t first, unsigned length)
{
    model m = {.seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL), .packets = packets};
    ipsec_window window = {0};
    uint64_t number = first;

    ipsec_window_init(&window, most);
    for (unsigned i = 0; i < length; i++) {
        compare(&window, &m, number, random);
        g_assert_cmpuint(ipsec_window_commit(&window, number, packets), ==, model_commit(&m, number));
        g_assert_cmpuint(window.top, ==, (uint64_t)m.top);
        g_assert_cmpuint(window.bottom, ==, (uint64_t)m.bottom);
        number = draw_number(random, window.top, packets, window.size);
    }
    for (uint64_t lag = 0; lag < window.size && lag <= window.top; lag++) /* each bit, at the end */
        g_assert_cmpint(ipsec_window_place(&window, window.top - lag, window.size), ==,
                        model_place(&m, window.top - lag, window.size));
    ipsec_window_clear(&window);
    g_hash_table_destroy(m.seen);
}

static void test_model(void)
{
    GRand *random = g_rand_new_with_seed(6479);

    for (unsigned i = 0; i < 20 * G_N_ELEMENTS(sizes); i++) {
        const uint32_t w = sizes[i % G_N_ELEMENTS(sizes)];
        const uint64_t firsts[] = {0, 1, w, EPOCH - 1, EPOCH - w, 9 * EPOCH, UINT64_MAX - 40 * w, UINT64_MAX - 300};
        const uint64_t first = firsts[(unsigned)g_rand_int_range(random, 0, G_N_ELEMENTS(firsts))];

        check_stream(random, w, g_rand_boolean(random) ? w : w + (uint32_t)g_rand_int_range(random, 0, 300), first,
                     300);
    }
    check_stream(random, 64, 4096, EPOCH - 1000, 3000);
    check_stream(random, 4096, 4096, EPOCH - 1000, 3000);
    g_rand_free(random);
}

/* The number with the low half `low` after the highest one, if its high half is not known. */
static uint64_t guess(uint64_t top, uint32_t low)
{
    const ipsec_window window = {.started = true, .top = top};

    return ipsec_window_guess_number(&window, low);
}

/* From the last sixteenth of an epoch to the first one of the next, and back; anything else remains in the same epoch.
 */
static void test_guess(void)
{
    const uint64_t epoch = UINT64_C(1) << 32;

    g_assert_cmpuint(guess(0xf0000000, 0x0fffffff), ==, epoch + 0x0fffffff);
    g_assert_cmpuint(guess(0xefffffff, 0x0fffffff), ==, 0x0fffffff);
    g_assert_cmpuint(guess(0xf0000000, 0x10000000), ==, 0x10000000);
    g_assert_cmpuint(guess(epoch + 0x0fffffff, 0xf0000000), ==, 0xf0000000);
    g_assert_cmpuint(guess(epoch + 0x10000000, 0xf0000000), ==, epoch + 0xf0000000);
    g_assert_cmpuint(guess(epoch + 0x0fffffff, 0xefffffff), ==, epoch + 0xefffffff);
    g_assert_cmpuint(guess(0x0fffffff, 0xf0000000), ==, 0xf0000000); /* there is no previous epoch */
}

/* Only a 32-bit counter passes its end. */
static void test_past_end(void)
{
    ipsec_window window = {.started = true, .top = 0xf0000000};

    g_assert_true(ipsec_window_is_past_end(&window, 0x0fffffff));
    g_assert_false(ipsec_window_is_past_end(&window, 0x10000000));
    window.top = 0xefffffff;
    g_assert_false(ipsec_window_is_past_end(&window, 0));
    window.top = 0x1f0000000;
    g_assert_false(ipsec_window_is_past_end(&window, 0));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/window/scripts", test_scripts);
    g_test_add_func("/window/number-by-number", test_number_by_number);
    g_test_add_func("/window/room", test_room);
    g_test_add_func("/window/nothing-seen", test_nothing_seen);
    g_test_add_func("/window/copy", test_copy);
    g_test_add_func("/window/shared-bits", test_windows_share_the_bits);
    g_test_add_func("/window/left-of-the-bitmap", test_left_of_the_bitmap);
    g_test_add_func("/window/high-half", test_high_half);
    g_test_add_func("/window/high-half-of-a-stream", test_high_half_of_a_stream);
    g_test_add_func("/window/guess", test_guess);
    g_test_add_func("/window/past-end", test_past_end);
    g_test_add_func("/window/model", test_model);
    return g_test_run();
}
