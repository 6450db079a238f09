/* Steady SAs. SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/steady.h"
#include "sa/counter_end.h"
#include "sa/iv_judge.h"
#include "sa/sequence.h"

#include <glib.h>

/* Whether there is no key to try on its packets, and they do not count as ESP-NULL. */
static bool is_closed(const ipsec_sa *sa, bool opens)
{
    return !opens || (sa->keys.nothing_to_try && ipsec_null_probe_shape(&sa->keys.null) == 0);
}

/* Whether its next packet must be entered at once, because it is tried as ESP-NULL, or a number may be lost. */
static bool is_eager(const ipsec_sa *sa, bool opens)
{
    return (opens && sa->keys.null.rest == 0) ||
           !ipsec_window_is_whole(&sa->numbers.window, ipsec_receiver_window(&sa->numbers));
}

/* Packets until it is checked again whether the SA is still eager. The check costs as much as one packet saves, so it
 * costs a quarter of the savings. */
#define EAGER 4u

/* How many packets may come before the next check. */
static uint32_t count_ahead(const ipsec_sa *sa, bool opens)
{
    uint32_t ahead = opens ? sa->keys.null.rest : UINT32_MAX;

    if (sa->numbers.eager)
        return EAGER;
    if (!sa->numbers.learns && sa->iv.misses == IPSEC_IV_MISSES_MOST)
        ahead = MIN(ahead, sa->iv.again - sa->numbers.packets - 1);
    return ahead;
}

void ipsec_steady_begin(ipsec_sa *sa, const ipsec_view *view, bool opens)
{
    const uint32_t next = (uint32_t)sa->numbers.window.top + 1;

    sa->expected = (ipsec_sa_expected){0};
    if (!is_closed(sa, opens) || !ipsec_sequence_is_steady(&sa->numbers) || next >= IPSEC_NEAR_END)
        return;
    sa->numbers.eager = is_eager(sa, opens);
    sa->numbers.learns = ipsec_iv_is_of_use(view, sa, NULL);
    sa->expected.next = next;
    sa->expected.until = next + MIN(count_ahead(sa, opens), IPSEC_NEAR_END - next);
}

void ipsec_steady_catch_up(ipsec_sa *sa)
{
    const uint32_t came = sa->expected.next - 1 - (uint32_t)sa->numbers.window.top;

    if (sa->expected.until == 0 || came == 0)
        return;
    ipsec_sequence_advance(&sa->numbers, came);
    sa->life.packets += came;
    sa->keys.null.rest -= (uint16_t)MIN(came, sa->keys.null.rest);
}

void ipsec_steady_end_all(const ipsec_sa_table *table)
{
    for (uint32_t i = 0; i <= table->mask; i++)
        if (table->slots[i])
            ipsec_steady_end(table->slots[i]);
}

bool ipsec_steady_renew(ipsec_sa *sa, const ipsec_view *view, bool opens)
{
    if (sa->expected.until == 0)
        return false;
    ipsec_steady_catch_up(sa);
    ipsec_steady_begin(sa, view, opens);
    return sa->expected.until > sa->expected.next;
}
