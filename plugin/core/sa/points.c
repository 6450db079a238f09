/* Capture points.
 *
 * Each place has a window of its own, so reordering, losses and clock differences between two points do not matter.
 *
 * The first copies come before it is known that there are two points. Another interface is believed at once. Another
 * link (other addresses at both ends) is believed at once if the SA begins on both within a second and few numbers are
 * missing there. Later in the flow a link must first show a run, because until then it looks like a replay.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/points.h"

#include <glib.h>

/* Places of an SA that are distinguished. */
#define PLACES 4u

/* A place is a point after a run with few numbers missing. The run must have a quarter of the SA's packets, at least
 * RUN_LEAST, at most RUN_MOST, which a call with 50 packets per second reaches in 1.3 s. */
#define RUN_LEAST 16u
#define RUN_MOST  64u

/* How many numbers of a run may be missing: a few because of reordering, plus a quarter because of losses. Two links
 * that share a flow packet by packet each miss half. */
#define MISSING_LEAST 4u

/* How far the first number at a place may be above the first one of the SA to count as beginning with it. */
#define BEGINS_WITHIN 4u

/* How far the times of two places may be apart, in nanoseconds, if nothing else shows two points: a satellite link
 * takes 0.3 s, and badly set clocks differ by half a second. */
#define BEGINS_APART 1000000000u

#define LINK_MASK ((UINT32_C(1) << IPSEC_PLACE_LINK_BITS) - 1)

typedef struct point {
    uint32_t place;       /* from place_of() */
    uint8_t ttl;          /* likewise */
    bool used : 1;        /* packets were captured here */
    bool known : 1;       /* it is a point */
    bool sparse : 1;      /* the run was restarted because too many numbers were missing */
    bool from_start : 1;  /* its numbers began with those of the SA, on another link */
    bool renewed : 1;     /* the counter started over */
    uint32_t count;       /* numbers in the run */
    uint64_t first, last; /* of the run */
    uint32_t turn;        /* how many places were begun up to this one */
    ipsec_window window;  /* numbers that came here */
} point;

struct ipsec_points {
    point places[PLACES]; /* the first is where the first packet of the SA was captured; its window begins with all
                             numbers so far */
    uint32_t turns;       /* places that were begun */
};

void ipsec_points_free(ipsec_points *points)
{
    if (!points)
        return;
    for (unsigned i = 0; i < G_N_ELEMENTS(points->places); i++)
        ipsec_window_clear(&points->places[i].window);
    g_free(points);
}

void ipsec_points_renew(ipsec_points *points)
{
    for (unsigned i = 0; points && i < PLACES; i++)
        points->places[i].renewed = points->places[i].used;
}

/* --- places -------------------------------------------------------------------------------------------- */

static bool is_other_interface(uint32_t a, uint32_t b)
{
    return (a ^ b) & ~LINK_MASK;
}

/* Whether a packet was captured at the same place as the first one of its SA. Frames on one link that differ in TTL
 * were captured at one place, because they may have gone through a loop. */
static bool is_of_base(uint32_t base, uint8_t base_ttl, const ipsec_recent *packet)
{
    return packet->place == base && (base & LINK_MASK || packet->ttl == 0 || packet->ttl == base_ttl);
}

/* Whether the frames were on different links, rather than sent by different hosts to the same next hop. */
static bool is_other_link(uint32_t a, uint32_t b)
{
    const uint32_t half = LINK_MASK >> IPSEC_PLACE_LINK_BITS / 2;
    const bool has_destination = (a | b) & half;

    return (a ^ b) & LINK_MASK & ~half && (!has_destination || (a ^ b) & half);
}

/* The place of a packet that is not at the base, reduced to what distinguishes the two. */
static point place_of(const point *base, const ipsec_recent *packet)
{
    if (is_other_interface(packet->place, base->place))
        return (point){.place = packet->place & ~LINK_MASK};
    return (point){.place = packet->place, .ttl = packet->place == base->place ? packet->ttl : 0};
}

static point *find(ipsec_points *points, const ipsec_recent *packet)
{
    const point *base = &points->places[0];
    point wanted;

    if (is_of_base(base->place, base->ttl, packet))
        return &points->places[0];
    wanted = place_of(base, packet);
    for (unsigned i = 1; i < PLACES; i++)
        if (points->places[i].used && points->places[i].place == wanted.place && points->places[i].ttl == wanted.ttl)
            return &points->places[i];
    return NULL;
}

static bool is_lesser(const point *a, const point *b)
{
    return a->count != b->count ? a->count < b->count : a->turn < b->turn;
}

/* A free place, or the least likely point; NULL if all are points. */
static point *make_room(ipsec_points *points)
{
    point *least = NULL;

    for (unsigned i = 1; i < PLACES; i++) {
        point *at = &points->places[i];

        if (!at->used)
            return at;
        if (!at->known && (!least || is_lesser(at, least)))
            least = at;
    }
    return least;
}

static point *begin_place(ipsec_points *points, const ipsec_sa_numbers *numbers, const ipsec_recent *packet,
                          uint64_t number)
{
    point *at = make_room(points);

    if (!at)
        return NULL;
    ipsec_window_clear(&at->window);
    *at = place_of(&points->places[0], packet);
    at->used = true;
    at->turn = ++points->turns;
    at->from_start = number <= numbers->window.bottom + BEGINS_WITHIN &&
                     (at->place == points->places[0].place || is_other_link(at->place, points->places[0].place));
    ipsec_window_init(&at->window, numbers->window.size);
    return at;
}

/* --- pairs learned from other SAs ------------------------------------------------------------------------ */

static ipsec_point_pair pair_of(const point *base, const point *at)
{
    const bool by_interface = is_other_interface(base->place, at->place);

    return (ipsec_point_pair){.one = by_interface ? base->place & ~LINK_MASK : base->place, .other = at->place};
}

static bool are_told(const ipsec_point_pairs *told, const point *base, const point *at)
{
    const ipsec_point_pair pair = pair_of(base, at);

    for (unsigned i = 0; i < told->count; i++)
        if ((told->pairs[i].one == pair.one && told->pairs[i].other == pair.other) ||
            (told->pairs[i].one == pair.other && told->pairs[i].other == pair.one))
            return true;
    return false;
}

static void tell(ipsec_point_pairs *told, const point *base, const point *at)
{
    if (at->place == base->place || are_told(told, base, at))
        return;
    told->pairs[told->next] = pair_of(base, at);
    told->next = (told->next + 1) % IPSEC_POINT_PAIRS;
    told->count += told->count < IPSEC_POINT_PAIRS;
}

static void tell_all(ipsec_point_pairs *told, const ipsec_points *points)
{
    for (unsigned i = 1; points->places[0].known && i < PLACES; i++)
        if (points->places[i].known)
            tell(told, &points->places[0], &points->places[i]);
}

static point *find_or_begin(const ipsec_point_pairs *told, ipsec_points *points, const ipsec_sa_numbers *numbers,
                            const ipsec_recent *packet, uint64_t number)
{
    point *at = find(points, packet);

    if (at)
        return at;
    at = begin_place(points, numbers, packet, number);
    if (at && are_told(told, &points->places[0], at))
        at->known = points->places[0].known = true;
    return at;
}

/* --- numbers at a place -------------------------------------------------------------------------------- */

/* Whether the number came here before, or is too old to tell. */
static bool was_here(point *at, uint64_t number, uint32_t packets)
{
    ipsec_place where = ipsec_window_place(&at->window, number, packets);

    if (at->renewed && where == IPSEC_PLACE_OLD) {
        const uint32_t size = at->window.size;

        ipsec_window_clear(&at->window);
        ipsec_window_init(&at->window, size);
        at->renewed = false;
        where = IPSEC_PLACE_NEW;
    }
    return where == IPSEC_PLACE_SEEN || where == IPSEC_PLACE_OLD;
}

/* Counts a number of the run, which is restarted if too many are missing. */
static void count(point *at, uint64_t number)
{
    const bool begins = at->count == 0;
    uint64_t span;

    at->first = begins ? number : MIN(at->first, number);
    at->last = begins ? number : MAX(at->last, number);
    at->count += at->count < UINT32_MAX;
    span = at->last - at->first + 1;
    if (span <= at->count || span - at->count <= MISSING_LEAST + span / 4)
        return;
    at->first = at->last = number;
    at->count = 1;
    at->sparse = true;
}

static void learn(ipsec_point_pairs *told, const ipsec_sa_numbers *numbers, ipsec_points *points, point *at)
{
    if (at->known || at->count < CLAMP(numbers->packets / 4, RUN_LEAST, RUN_MOST))
        return;
    at->known = true;
    tell_all(told, points);
}

/* Enters a number at its place. Packets that are not genuine mark nothing, and count only if their number advances.
 * Returns whether the number came here before. */
static bool take(ipsec_point_pairs *told, const ipsec_sa_numbers *numbers, ipsec_points *points, point *here,
                 const ipsec_point_arrival *arrival)
{
    const uint32_t packets = ipsec_receiver_window(numbers);
    const uint64_t number = arrival->number;
    const bool again = was_here(here, number, packets);

    if (arrival->is_genuine)
        ipsec_window_commit(&here->window, number, packets);
    if (!again && (arrival->is_genuine || here->count == 0 || number > here->last)) {
        count(here, number);
        learn(told, numbers, points, here);
    }
    return again || (arrival->unproven && find(points, arrival->unproven) == here);
}

/* Begins to keep places. As far as is known, all of the SA so far was captured at its first place, except for the
 * packet that came before somewhere else. */
static ipsec_points *begin(const ipsec_point_pairs *told, const ipsec_sa_numbers *numbers,
                           const ipsec_point_arrival *arrival)
{
    const ipsec_window *all = &numbers->window;
    const uint64_t number = arrival->number;
    ipsec_points *points = g_new0(ipsec_points, 1);
    point *base = &points->places[0], *there;

    *base = (point){.place = numbers->place,
                    .ttl = numbers->ttl,
                    .used = true,
                    .from_start = true,
                    .count = 1,
                    .first = all->top,
                    .last = all->top,
                    .window = ipsec_window_copy(all)};
    there = arrival->earlier ? find_or_begin(told, points, numbers, arrival->earlier, number) : base;
    if (there == base || !ipsec_window_has(all, number))
        return points;
    *ipsec_window_word(&base->window, number) &= ~(UINT64_C(1) << number % IPSEC_WINDOW_WORD);
    ipsec_window_commit(&there->window, number, ipsec_receiver_window(numbers));
    count(there, number);
    return points;
}

/* --- copies -------------------------------------------------------------------------------------------- */

static bool has_other_interface(const ipsec_points *points, const point *here)
{
    for (unsigned i = 0; i < PLACES; i++)
        if (points->places[i].used && is_other_interface(points->places[i].place, here->place))
            return true;
    return false;
}

static bool are_near(const ipsec_recent *a, const ipsec_recent *b)
{
    return a->time > 0 && b->time > 0 && MIN(a->time - b->time, b->time - a->time) <= BEGINS_APART;
}

/* Whether the place may be a point, unless something contradicts it. */
static bool has_standing(const ipsec_points *points, const point *at)
{
    return at->known || (!at->sparse && (at->from_start || is_other_interface(at->place, points->places[0].place)));
}

/* Whether two places are points, judging by one packet. */
static bool are_points(const ipsec_points *points, const point *a, const point *b, const ipsec_point_arrival *arrival)
{
    if (a == b || !b->used)
        return false;
    if (a->known && b->known)
        return true;
    return has_standing(points, a) && has_standing(points, b) &&
           (is_other_interface(a->place, b->place) || are_near(arrival->packet, arrival->earlier));
}

/* Whether this place and any other one are points. The other one need not be where the packet came before, because
 * there may be forged copies of it. */
static bool has_partner(const ipsec_points *points, const point *here, const ipsec_point_arrival *arrival)
{
    for (unsigned i = 0; i < PLACES; i++)
        if (are_points(points, here, &points->places[i], arrival))
            return true;
    return false;
}

/* Whether the place is a point, if the packet at another place is no longer remembered, or none had it. A place that is
 * not yet known to be a point must begin where the SA does, or continue a run. */
static bool is_point(const ipsec_sa_numbers *numbers, const ipsec_points *points, const point *here, uint64_t number)
{
    if (here->known || !has_standing(points, here))
        return here->known;
    return has_other_interface(points, here) || here->count > 1 || number + BEGINS_WITHIN >= numbers->window.bottom;
}

/* A number far ahead may not belong to the flow, so it must not make others old. */
static bool is_far_ahead(const ipsec_sa_numbers *numbers, uint64_t number)
{
    return number > numbers->window.top && number - numbers->window.top > ipsec_receiver_window(numbers);
}

static bool is_of_interest(const ipsec_config *config, const ipsec_sa_numbers *numbers,
                           const ipsec_point_arrival *arrival)
{
    if (config->points == IPSEC_POINTS_NO || (!arrival->is_genuine && !arrival->earlier))
        return false;
    return (numbers->doubts && numbers->doubts->points) || !is_of_base(numbers->place, numbers->ttl, arrival->packet) ||
           (arrival->earlier && !is_of_base(numbers->place, numbers->ttl, arrival->earlier));
}

bool ipsec_points_meet(ipsec_point_pairs *told, const ipsec_config *config, ipsec_sa_numbers *numbers,
                       const ipsec_point_arrival *arrival)
{
    ipsec_points *points;
    point *here;

    if (!is_of_interest(config, numbers, arrival))
        return false;
    points = ipsec_doubts_get(&numbers->doubts)->points;
    if (!points)
        points = numbers->doubts->points = begin(told, numbers, arrival);
    here = find_or_begin(told, points, numbers, arrival->packet, arrival->number);
    if (!here || (!is_far_ahead(numbers, arrival->number) && take(told, numbers, points, here, arrival)))
        return false;
    if (arrival->is_new || (arrival->earlier && find(points, arrival->earlier) == here))
        return false;
    if (config->points == IPSEC_POINTS_YES)
        return true;
    return arrival->earlier ? has_partner(points, here, arrival) : is_point(numbers, points, here, arrival->number);
}
