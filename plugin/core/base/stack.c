/* The receiving stacks as tables.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/stack.h"

#include <stddef.h>

const uint32_t ipsec_stack_windows[IPSEC_STACK_COUNT] = {
#define STACK(symbol, name, title, window) [IPSEC_STACK_##symbol] = window,
#include "base/stack.def"
#undef STACK
};

const char *ipsec_stack_name(unsigned stack)
{
    static const char *const names[IPSEC_STACK_COUNT] = {
#define STACK(symbol, name, title, window) [IPSEC_STACK_##symbol] = name,
#include "base/stack.def"
#undef STACK
    };

    return stack < IPSEC_STACK_COUNT ? names[stack] : NULL;
}

const char *ipsec_stack_title(unsigned stack)
{
    static const char *const titles[IPSEC_STACK_COUNT] = {
#define STACK(symbol, name, title, window) [IPSEC_STACK_##symbol] = title,
#include "base/stack.def"
#undef STACK
    };

    return stack < IPSEC_STACK_COUNT ? titles[stack] : NULL;
}
