/* The contents of IKE messages that a dissector decrypted.
 *
 * A dissector shows whatever it finds: the contents of other octets of the packet, what it has reassembled from
 * anybody's fragments, and what it decrypted but could not verify. So only the payloads of the message itself are read,
 * according to its own header. Fragments are reassembled here, and only those that were verified and agree in their
 * header.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/inside.h"
#include "ike/chain.h"
#include "ike/payloads.h"

#include <glib.h>
#include <string.h>

/* Payload types of IKEv1 (IANA "ISAKMP payloads"). */
enum {
    V1_HASH = 8
};

/* A message in fragments; `of` is the header of one of them, which identifies the message. */
typedef struct puzzle {
    ipsec_ike_message of;
    GBytes *parts[IPSEC_IKE_PARTS_MOST]; /* by number minus 1; NULL: not there yet */
    uint32_t octets;                     /* of all parts */
    uint16_t lacking;                    /* number of parts that are still missing */
    uint8_t inner_payload;               /* from part 1 */
} puzzle;

struct ipsec_ike_puzzles {
    GQueue waiting; /* of puzzle, oldest first */
    ipsec_limits *limits;
};

ipsec_ike_puzzles *ipsec_ike_puzzles_new(ipsec_limits *limits)
{
    ipsec_ike_puzzles *puzzles = g_new0(ipsec_ike_puzzles, 1);

    puzzles->limits = limits;
    return puzzles;
}

static void free_puzzle(gpointer data)
{
    puzzle *it = data;

    for (unsigned i = 0; i < IPSEC_IKE_PARTS_MOST; i++)
        if (it->parts[i])
            g_bytes_unref(it->parts[i]);
    g_free(it);
}

void ipsec_ike_puzzles_free(ipsec_ike_puzzles *puzzles)
{
    if (!puzzles)
        return;
    g_queue_clear_full(&puzzles->waiting, free_puzzle);
    g_free(puzzles);
}

/* --- octets ------------------------------------------------------------------------------------------------------- */

/* Length of the decrypted octets without padding and Pad Length. */
static bool strip(const ipsec_ike_shown *shown, uint32_t *count)
{
    const uint32_t padding = shown->count > 0 ? shown->octets[shown->count - 1] + 1u : 1;

    *count = shown->count - MIN(padding, shown->count);
    return padding <= shown->count;
}

/* Whether the chain of payloads ends exactly after `count` octets. A correct ICV says nothing about the encryption key;
 * a wrong key yields noise, in which no chain ends correctly. */
static bool is_chain(uint8_t first, const uint8_t *octets, uint32_t count)
{
    ipsec_ike_part chain = {octets, count}, body;
    uint8_t type = first;

    for (unsigned i = 0; i < IPSEC_IKE_PAYLOADS_MOST && type != 0; i++) {
        const uint8_t *header = ipsec_ike_take_payload(&chain, &body);

        if (!header || ipsec_ike_payload_length(header) != body.left + IPSEC_IKE_PAYLOAD_HEADER)
            return false;
        type = header[0];
    }
    return type == 0 && chain.left == 0;
}

static bool read_verified(uint8_t first, const uint8_t *octets, uint32_t count, ipsec_ike_contents *contents)
{
    if (!is_chain(first, octets, count))
        return false;
    contents->decrypted = contents->verified = true;
    ipsec_ike_read_payloads(2, first, octets, count, contents);
    return true;
}

/* --- fragments ---------------------------------------------------------------------------------------------------- */

/* A sender that repeats a message may fragment it differently (RFC 7383 2.6.1). */
static bool is_same_message(const ipsec_ike_message *a, const ipsec_ike_message *b)
{
    return a->initiator_spi == b->initiator_spi && a->responder_spi == b->responder_spi && a->id == b->id &&
           a->exchange == b->exchange && a->flags == b->flags && a->fragments == b->fragments;
}

static GList *find(ipsec_ike_puzzles *puzzles, const ipsec_ike_message *message)
{
    GList *link = puzzles->waiting.tail;

    while (link && !is_same_message(&((puzzle *)link->data)->of, message))
        link = link->prev;
    return link;
}

static GList *begin(ipsec_ike_puzzles *puzzles, const ipsec_ike_message *message)
{
    puzzle *it = g_new0(puzzle, 1);

    it->of = *message;
    it->lacking = message->fragments;
    if (puzzles->waiting.length == IPSEC_IKE_PUZZLES_MOST) {
        ipsec_limit_reached(puzzles->limits, IPSEC_LIMIT_IKE_FRAGMENTS);
        free_puzzle(g_queue_pop_head(&puzzles->waiting));
    }
    g_queue_push_tail(&puzzles->waiting, it);
    return puzzles->waiting.tail;
}

static void add_part(puzzle *it, const ipsec_ike_message *message, const uint8_t *octets, uint32_t count)
{
    GBytes **part = &it->parts[message->fragment - 1];

    if (*part)
        return;
    *part = g_bytes_new(octets, count);
    it->octets += count;
    it->lacking--;
    if (message->fragment == 1)
        it->inner_payload = message->inner_payload;
}

static bool read_whole(const puzzle *it, ipsec_ike_contents *contents)
{
    GByteArray *whole = g_byte_array_sized_new(it->octets);
    bool is_read;

    for (unsigned i = 0; i < it->of.fragments; i++) {
        gsize count;
        const uint8_t *octets = g_bytes_get_data(it->parts[i], &count);

        if (count > 0)
            g_byte_array_append(whole, octets, (guint)count);
    }
    is_read = read_verified(it->inner_payload, whole->data, whole->len, contents);
    g_byte_array_unref(whole);
    return is_read;
}

static bool meet_part(ipsec_ike_puzzles *puzzles, const ipsec_ike_message *message, const uint8_t *octets,
                      uint32_t count, ipsec_ike_contents *contents)
{
    GList *link = find(puzzles, message);
    bool is_read = false;
    puzzle *it;

    if (message->fragments > IPSEC_IKE_PARTS_MOST)
        return false;
    if (!link)
        link = begin(puzzles, message);
    it = link->data;
    add_part(it, message, octets, count);
    if (it->lacking > 0 && it->octets <= IPSEC_IKE_PUZZLE_OCTETS_MOST)
        return false;
    if (it->lacking == 0)
        is_read = read_whole(it, contents);
    g_queue_delete_link(&puzzles->waiting, link);
    free_puzzle(it);
    return is_read;
}

/* --- messages ----------------------------------------------------------------------------------------------------- */

static bool read_v2(ipsec_ike_puzzles *puzzles, const ipsec_ike_message *message, const ipsec_ike_shown *shown,
                    ipsec_ike_contents *contents)
{
    uint32_t count;

    if (!shown->is_correct || !strip(shown, &count))
        return false;
    if (message->first_payload == IPSEC_IKE_PAYLOAD_SK)
        return read_verified(message->inner_payload, shown->octets, count, contents);
    return message->fragment > 0 && meet_part(puzzles, message, shown->octets, count, contents);
}

/* After phase 1, messages begin with a hash (RFC 2409 5.5, 5.7). Nobody verifies it, and anybody can choose what the
 * first octets of a message decrypt to. */
static bool read_v1(const ipsec_ike_message *message, const ipsec_ike_shown *shown, ipsec_ike_contents *contents)
{
    const bool is_phase_1 = message->exchange == IPSEC_IKE_MAIN_MODE || message->exchange == IPSEC_IKE_AGGRESSIVE_MODE;

    if (!is_phase_1 && message->inner_payload != V1_HASH)
        return false;
    contents->decrypted = true;
    ipsec_ike_read_payloads(1, message->inner_payload, shown->octets, shown->count, contents);
    return !contents->incomplete; /* a wrong key yields noise, in which no chain ends correctly */
}

bool ipsec_ike_read_inside(ipsec_ike_puzzles *puzzles, const ipsec_ike_message *message, const ipsec_ike_shown *shown,
                           ipsec_ike_contents *contents)
{
    *contents = (ipsec_ike_contents){.decrypted = false};
    if (!message->is_all_encrypted || !shown->octets)
        return false;
    return message->version == 2 ? read_v2(puzzles, message, shown, contents) : read_v1(message, shown, contents);
}
