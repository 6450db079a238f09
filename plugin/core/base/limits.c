/* What the limits are called.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/limits.h"

static const struct {
    const char *name, *text;
} limits[IPSEC_LIMIT_COUNT] = {
#define LIMIT(symbol, name, text) [IPSEC_LIMIT_##symbol] = {name, text},
#include "base/limits.def"
#undef LIMIT
};

const char *ipsec_limit_name(ipsec_limit limit)
{
    return limits[limit].name;
}

const char *ipsec_limit_text(ipsec_limit limit)
{
    return limits[limit].text;
}
