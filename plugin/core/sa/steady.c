/* Steady SAs. SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/steady.h"
#include "sa/counter_end.h"
#include "sa/sequence.h"

#include <glib.h>

/* Whether there is no key to try on its packets, and they do not count as ESP-NULL. */
static bool is_closed(const ipsec_sa *sa, bool opens)
{
    return !opens || (sa->keys.nothing_to_try && ipsec_null_probe_shape(&sa->keys.null) == 0);
}

static inline void enter(ipsec_sa *sa, uint32_t count)
{
    ipsec_sequence_advance(&sa->numbers, count);
    sa->life.packets += count;
}

/* Finds out when something is due again, from the packet with that number on, which is packet `next` of its SA. `due`
 * distinguishes UINT16_MAX packets. */
static inline void set_due(ipsec_sa *sa, const ipsec_view *view, bool opens, uint32_t number, uint32_t next)
{
    uint32_t ahead = MIN(IPSEC_NEAR_END - 1 - number, UINT16_MAX);

    if (opens)
        ahead = MIN(ahead, sa->keys.null.rest);
    sa->numbers.learns = ipsec_encrypts(view->protocol);
    if (sa->numbers.learns && !sa->iv.proved && ipsec_iv_is_idle(&sa->iv, next)) {
        sa->numbers.learns = false;
        ahead = MIN(ahead, sa->iv.again - next);
    }
    sa->numbers.due = (uint16_t)(sa->numbers.eager ? number : number + ahead);
}

void ipsec_steady_begin(ipsec_sa *sa, const ipsec_view *view, bool opens)
{
    const uint32_t number = (uint32_t)sa->numbers.window.top + 1;

    sa->expected = 0;
    if (!is_closed(sa, opens) || !ipsec_sequence_is_steady(&sa->numbers) || number >= IPSEC_NEAR_END)
        return;
    sa->expected = number;
    sa->numbers.eager = !ipsec_window_is_whole(&sa->numbers.window, ipsec_receiver_window(&sa->numbers));
    set_due(sa, view, opens, number, sa->numbers.packets + 1);
}

void ipsec_steady_go_on(ipsec_sa *sa, const ipsec_view *view, bool opens, bool looked)
{
    const uint32_t count = ipsec_sa_came(sa) + 1;

    enter(sa, count);
    if (!looked)
        sa->keys.null.rest -= (uint16_t)MIN(count, sa->keys.null.rest);
    set_due(sa, view, opens, sa->expected + 1, sa->numbers.packets + 1);
}

void ipsec_steady_catch_up(ipsec_sa *sa)
{
    const uint32_t came = ipsec_sa_came(sa);

    if (came == 0)
        return;
    enter(sa, came);
    sa->keys.null.rest -= (uint16_t)MIN(came, sa->keys.null.rest);
}

void ipsec_steady_end_all(const ipsec_sa_table *table)
{
    for (uint32_t i = 0; i <= table->mask; i++)
        if (table->slots[i])
            ipsec_steady_end(table->slots[i]);
}
