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

/* Sets `learns`, and `due` to the number with which something is due, from the next one on; `came` are the packets that
 * have not been entered. A `due` that comes early does no harm, so 16 bits are enough. */
static inline void set_due(ipsec_sa *sa, const ipsec_view *view, bool opens, uint32_t came)
{
    const uint32_t number = sa->expected, next = sa->numbers.packets + came + 1;
    uint32_t ahead = MIN(IPSEC_NEAR_END - 1 - number, UINT16_MAX);

    if (opens)
        ahead = MIN(ahead, sa->keys.null.rest - came);
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
    set_due(sa, view, opens, 0);
}

void ipsec_steady_go_on(ipsec_sa *sa, const ipsec_view *view, bool opens, bool looked)
{
    uint16_t *const rest = &sa->keys.null.rest;
    uint32_t came;

    sa->expected++;
    came = ipsec_sa_came(sa);
    if (came + *rest > UINT16_MAX) {
        enter(sa, came);
        if (!looked)
            *rest -= (uint16_t)MIN(came, *rest);
        came = 0;
    } else if (looked) {
        *rest += (uint16_t)came; /* the pause counts from the last packet that was entered */
    }
    set_due(sa, view, opens, came);
}

void ipsec_steady_set_due(ipsec_sa *sa, const ipsec_view *view, bool opens)
{
    set_due(sa, view, opens, ipsec_sa_came(sa));
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
