/* -z ipsec,limits,json: a line with an object for each limit that was reached, of those that all SAs share. What it
 * means is in plugin/schema/ipsec-limits.schema.json.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "frames.h"
#include "json_line.h"
#include "listen.h"
#include "statistics.h"

#define NAME "ipsec,limits,json"

static void print_limit(ipsec_limit limit, uint32_t times)
{
    json_dumper line;

    ipsec_json_begin(&line);
    ipsec_json_text(&line, "limit", ipsec_limit_name(limit));
    ipsec_json_number(&line, "times", times);
    ipsec_json_text(&line, "summary", ipsec_limit_text(limit));
    ipsec_json_end(&line);
}

static void draw(void *data _U_)
{
    const ipsec_limits *const limits = ipsec_frames_limits();

    for (unsigned limit = 0; limits && limit < IPSEC_LIMIT_COUNT; limit++)
        if (limits->times[limit] > 0)
            print_limit((ipsec_limit)limit, limits->times[limit]);
}

bool ipsec_limits_json_start(const char *argument)
{
    return ipsec_listen(NAME, argument, NULL, NULL, NULL, draw);
}
