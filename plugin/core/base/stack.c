/* The receiving stacks as tables.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/stack.h"

#include <stddef.h>

const ipsec_stack_replay ipsec_stack_replays[IPSEC_STACK_COUNT] = {
#define STACK(symbol, name, title, packets, how, below, reach)                                                         \
    [IPSEC_STACK_##symbol] = {.window = packets,                                                                       \
                              .no_window_reach = reach,                                                                \
                              .rounding = IPSEC_WINDOW_##how,                                                          \
                              .before_first = IPSEC_BEFORE_FIRST_##below},
#include "base/stack.def"
#undef STACK
};

/* Packets per octet of a bitmap, and the smallest window of POWER_OF_TWO. */
#define OCTET 8u
#define LEAST 64u

/* No window covers more than half of all numbers. */
#define MOST (1u << 31)

static uint32_t power_of_two(uint32_t packets)
{
    uint32_t power = LEAST;

    while (power < packets && power < MOST)
        power *= 2;
    return power;
}

uint32_t ipsec_stack_window_rounded(ipsec_stack stack, uint32_t packets)
{
    const ipsec_stack_replay *replay = &ipsec_stack_replays[stack];

    if (packets == 0 || packets >= MOST)
        return packets;
    switch (replay->rounding) {
    case IPSEC_WINDOW_OCTETS:
        return (packets + OCTET - 1) / OCTET * OCTET;
    case IPSEC_WINDOW_POWER_OF_TWO:
        return power_of_two(packets);
    case IPSEC_WINDOW_FIXED:
        return replay->window;
    default:
        return packets;
    }
}

const char *ipsec_stack_name(unsigned stack)
{
    static const char *const names[IPSEC_STACK_COUNT] = {
#define STACK(symbol, name, ...) [IPSEC_STACK_##symbol] = name,
#include "base/stack.def"
#undef STACK
    };

    return stack < IPSEC_STACK_COUNT ? names[stack] : NULL;
}

const char *ipsec_stack_title(unsigned stack)
{
    static const char *const titles[IPSEC_STACK_COUNT] = {
#define STACK(symbol, name, title, ...) [IPSEC_STACK_##symbol] = title,
#include "base/stack.def"
#undef STACK
    };

    return stack < IPSEC_STACK_COUNT ? titles[stack] : NULL;
}
