/* The actual windows of stacks. SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/stack_windows.h"
#include "guard.h"
#include "packets.h"

#define STACK(name) (1u << IPSEC_STACK_##name)
#define NONE        UINT32_MAX /* there was no number before */

static void test_what_is_asked_for(void)
{
    static const struct {
        ipsec_stack stack;
        uint32_t asked, has;
    } windows[] = {
        {IPSEC_STACK_RFC, 33, 33},      {IPSEC_STACK_LINUX, 4096, 4096},   {IPSEC_STACK_FREEBSD, 1, 8},
        {IPSEC_STACK_FREEBSD, 8, 8},    {IPSEC_STACK_FREEBSD, 9, 16},      {IPSEC_STACK_FREEBSD, 32, 32},
        {IPSEC_STACK_VPP, 1, 64},       {IPSEC_STACK_VPP, 32, 64},         {IPSEC_STACK_VPP, 64, 64},
        {IPSEC_STACK_VPP, 65, 128},     {IPSEC_STACK_VPP, 1000, 1024},     {IPSEC_STACK_VPP, 1u << 30, 1u << 30},
        {IPSEC_STACK_OPENBSD, 1, 2100}, {IPSEC_STACK_OPENBSD, 4000, 2100}, {IPSEC_STACK_STRONGSWAN, 100, 100},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(windows); i++)
        g_assert_cmpuint(ipsec_stack_window(windows[i].stack, windows[i].asked), ==, windows[i].has);
    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++) {
        g_assert_cmpuint(ipsec_stack_window((ipsec_stack)stack, 0), ==, 0);
        g_assert_cmpuint(ipsec_stack_window((ipsec_stack)stack, IPSEC_REPLAY_WINDOW_UNKNOWN), ==,
                         ipsec_stack_replays[stack].window);
        g_assert_cmpuint(ipsec_stack_window((ipsec_stack)stack, ipsec_stack_replays[stack].window), ==,
                         ipsec_stack_replays[stack].window);
        g_assert_cmpuint(ipsec_stack_window((ipsec_stack)stack, 0xfffffff0), >=, 1u << 30);
    }
}

/* An SA at a receiver with a configured window of `asked`, whose highest number is `top`. */
typedef struct scene {
    ipsec_config config;
    ipsec_sa_table *sas;
    ipsec_sa *sa;
    ipsec_note note;
} scene;

static void open_scene(scene *s, ipsec_stack receiver, uint32_t asked, uint32_t top)
{
    const ipsec_view view = esp_view(4, 0x1000, 1, 84);

    *s = (scene){.config = ipsec_config_default(), .sas = ipsec_sa_table_new(0, NULL)};
    s->config.receiver = receiver;
    s->config.replay_window = asked;
    s->sa = ipsec_sa_get(s->sas, &view, 0x1000, &s->note);
    ipsec_window_init(&s->sa->numbers.window, ipsec_sa_largest_window(&s->config, s->sa));
    if (top != NONE)
        ipsec_window_commit(&s->sa->numbers.window, top, 1);
}

static void close_scene(scene *s)
{
    ipsec_sa_table_free(s->sas);
    guard_free_all();
}

/* The judgement of the stacks on a number with the high half 0. */
static const ipsec_note *look(scene *s, uint32_t number, bool esn)
{
    const ipsec_ruling ruling = {.sequence = number, .esn = esn};

    s->note = (ipsec_note){0};
    ipsec_sa_note_stacks(&s->config, s->sa, &ruling, &s->note);
    return &s->note;
}

static ipsec_stacks before(scene *s, uint32_t number)
{
    const ipsec_ruling ruling = {.sequence = number};

    s->note = (ipsec_note){0};
    ipsec_sa_note_before_first(&s->config, s->sa, &ruling, &s->note);
    return s->note.before_by;
}

/* A window of 32 with the highest number 5 extends to 26 numbers below the first one: 0 and 25 more. */
static void test_before_the_first(void)
{
    scene s;

    open_scene(&s, IPSEC_STACK_FREEBSD, 32, 5);
    g_assert_cmphex(before(&s, UINT32_MAX), ==, STACK(FREEBSD));
    g_assert_cmphex(before(&s, UINT32_MAX - 25), ==, STACK(FREEBSD));
    g_assert_cmphex(before(&s, UINT32_MAX - 26), ==, 0);
    g_assert_cmphex(before(&s, 6), ==, 0);
    g_assert_cmphex(look(&s, UINT32_MAX, true)->before_by, ==, STACK(FREEBSD) | STACK(VPP));
    /* The window of VPP is 64. */
    g_assert_cmphex(look(&s, UINT32_MAX - 26, true)->before_by, ==, STACK(VPP));
    g_assert_cmphex(look(&s, UINT32_MAX - 57, true)->before_by, ==, STACK(VPP));
    g_assert_cmphex(look(&s, UINT32_MAX - 58, true)->before_by, ==, 0);
    /* OpenBSD's window extends only over numbers that came. */
    g_assert_cmphex(look(&s, UINT32_MAX, true)->wrong_by & (STACK(OPENBSD) | STACK(LINUX)), ==, STACK(LINUX));
    close_scene(&s);
    open_scene(&s, IPSEC_STACK_FREEBSD, 32, 30);
    g_assert_cmphex(before(&s, UINT32_MAX), ==, STACK(FREEBSD));
    close_scene(&s);
    open_scene(&s, IPSEC_STACK_FREEBSD, 32, 31); /* the window is full */
    g_assert_cmphex(before(&s, UINT32_MAX), ==, 0);
    close_scene(&s);
    open_scene(&s, IPSEC_STACK_FREEBSD, 32, NONE);
    g_assert_cmphex(before(&s, UINT32_MAX), ==, 0);
    close_scene(&s);
    open_scene(&s, IPSEC_STACK_FREEBSD, 0, 5);
    g_assert_cmphex(before(&s, UINT32_MAX), ==, 0);
    close_scene(&s);
}

/* OpenBSD's window is remembered as a whole only if OpenBSD is the receiver; otherwise nothing is claimed about
 * forgotten numbers.
 */
static void test_a_window_that_nobody_asked_for(void)
{
    scene s;

    open_scene(&s, IPSEC_STACK_RFC, 32, 5000);
    g_assert_cmpuint(s.sa->numbers.window.size, ==, 64);
    g_assert_cmphex(look(&s, 5000 - 100, false)->old_by & STACK(OPENBSD), ==, 0);
    g_assert_cmphex(s.note.old_by & STACK(RFC), ==, STACK(RFC));
    g_assert_cmphex(look(&s, 5000 - 2099, false)->old_by & STACK(OPENBSD), ==, 0);
    g_assert_cmphex(look(&s, 5000 - 2100, false)->old_by & STACK(OPENBSD), ==, STACK(OPENBSD));
    g_assert_cmphex(look(&s, 5000, false)->seen_by & STACK(OPENBSD), ==, STACK(OPENBSD));
    close_scene(&s);
    open_scene(&s, IPSEC_STACK_OPENBSD, 32, 5000);
    g_assert_cmpuint(s.sa->numbers.window.size, ==, 4096);
    ipsec_window_commit(&s.sa->numbers.window, 3000, 1);
    g_assert_cmphex(look(&s, 3000, false)->seen_by & STACK(OPENBSD), ==, STACK(OPENBSD));
    g_assert_cmphex(look(&s, 3001, false)->seen_by & STACK(OPENBSD), ==, 0);
    close_scene(&s);
}

/* VPP with ESN and without anti-replay: numbers up to 2^30 below the highest belong to the same epoch. */
static void test_epochs_without_a_window(void)
{
    const uint32_t top = 0x80000000;
    scene s;

    open_scene(&s, IPSEC_STACK_VPP, 0, top);
    g_assert_cmphex(look(&s, top - (1u << 30), true)->wrong_by & STACK(VPP), ==, 0);
    g_assert_cmphex(look(&s, top - (1u << 30) - 1, true)->wrong_by & STACK(VPP), ==, STACK(VPP));
    g_assert_cmphex(s.note.wrong_by & STACK(LINUX), ==, STACK(LINUX));
    g_assert_cmphex(look(&s, top - 1, true)->wrong_by & (STACK(LINUX) | STACK(VPP)), ==, STACK(LINUX));
    close_scene(&s);
}

/* For a packet of another protocol. */
static void test_has_seen(void)
{
    scene s;

    open_scene(&s, IPSEC_STACK_VPP, 32, 100);
    g_assert_true(ipsec_sa_has_seen(&s.config, s.sa, 100, IPSEC_STACK_VPP));
    g_assert_true(ipsec_sa_has_seen(&s.config, s.sa, 36, IPSEC_STACK_VPP));
    g_assert_false(ipsec_sa_has_seen(&s.config, s.sa, 37, IPSEC_STACK_VPP));
    g_assert_false(ipsec_sa_has_seen(&s.config, s.sa, 101, IPSEC_STACK_VPP));
    close_scene(&s);
    open_scene(&s, IPSEC_STACK_VPP, 0, 100);
    g_assert_false(ipsec_sa_has_seen(&s.config, s.sa, 100, IPSEC_STACK_VPP));
    close_scene(&s);
    open_scene(&s, IPSEC_STACK_VPP, 32, NONE);
    g_assert_false(ipsec_sa_has_seen(&s.config, s.sa, 100, IPSEC_STACK_VPP));
    close_scene(&s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/stack-windows/asked", test_what_is_asked_for);
    g_test_add_func("/stack-windows/before-first", test_before_the_first);
    g_test_add_func("/stack-windows/fixed", test_a_window_that_nobody_asked_for);
    g_test_add_func("/stack-windows/epochs", test_epochs_without_a_window);
    g_test_add_func("/stack-windows/seen", test_has_seen);
    return g_test_run();
}
