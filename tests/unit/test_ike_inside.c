/* The decrypted content of IKE messages. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "ike/inside.h"

#include <glib.h>
#include <string.h>

enum {
    HASH = 8,
    V1_DELETE = 12
};

/* A notify, and padding of 3 octets; a Delete of the IKE SA, cut in two. */
static const uint8_t notify[] = {0, 0, 0, 8, 0, 0, 0, 38, 1, 2, 3, 3};
static const uint8_t first_half[] = {0, 0, 0, 8, 0}, second_half[] = {1, 0, 0, 0, 9, 1};

static ipsec_ike_message sealed(void)
{
    return (ipsec_ike_message){.initiator_spi = 1,
                               .responder_spi = 2,
                               .id = 3,
                               .version = 2,
                               .exchange = IPSEC_IKE_INFORMATIONAL,
                               .first_payload = IPSEC_IKE_PAYLOAD_SK,
                               .inner_payload = IPSEC_IKE_PAYLOAD_NOTIFY,
                               .is_encrypted = true,
                               .is_all_encrypted = true};
}

static ipsec_ike_message part(uint16_t number, uint16_t total)
{
    ipsec_ike_message message = sealed();

    message.first_payload = IPSEC_IKE_PAYLOAD_SKF;
    message.fragment = number;
    message.fragments = total;
    message.inner_payload = number == 1 ? IPSEC_IKE_PAYLOAD_DELETE : 0;
    return message;
}

static ipsec_ike_shown show(const uint8_t *octets, uint32_t count)
{
    return (ipsec_ike_shown){.octets = guard_copy(octets, count), .count = count, .is_correct = true};
}

static bool read_one(const ipsec_ike_message *message, ipsec_ike_shown shown, ipsec_ike_contents *contents)
{
    ipsec_ike_puzzles *puzzles = ipsec_ike_puzzles_new(NULL);
    const bool is_read = ipsec_ike_read_inside(puzzles, message, &shown, contents);

    ipsec_ike_puzzles_free(puzzles);
    guard_free_all();
    return is_read;
}

/* --- whole messages */

static void test_verified(void)
{
    ipsec_ike_message message = sealed();
    ipsec_ike_contents contents;

    g_assert_true(read_one(&message, show(notify, sizeof notify), &contents));
    g_assert_true(contents.decrypted && contents.verified && !contents.incomplete);
    g_assert_cmpuint(contents.notify_count, ==, 1);
    g_assert_cmpuint(contents.notifies[0].type, ==, 38);
    message.inner_payload = 0; /* many answers are empty */
    g_assert_true(read_one(&message, show((const uint8_t[]){0}, 1), &contents));
    g_assert_true(contents.verified && contents.payloads == 0);
}

static void test_not_verified(void)
{
    const ipsec_ike_message message = sealed();
    ipsec_ike_message other = message;
    ipsec_ike_shown shown = show(notify, sizeof notify);
    ipsec_ike_contents contents;

    shown.is_correct = false;
    g_assert_false(read_one(&message, shown, &contents));
    g_assert_false(contents.decrypted || contents.verified);
    g_assert_false(read_one(&message, (ipsec_ike_shown){.is_correct = true}, &contents));
    other.is_all_encrypted = false; /* there is an unencrypted payload in front */
    g_assert_false(read_one(&other, show(notify, sizeof notify), &contents));
    g_assert_false(read_one(&message, show((const uint8_t[]){1, 2, 3}, 3), &contents)); /* padding is too long */
    g_assert_false(read_one(&message, show(notify, 0), &contents));
}

/* The ICV is right and the encryption key is not, so the content is noise. */
static void test_noise(void)
{
    const uint8_t longer[] = {0, 0, 0, 7, 0, 0, 0, 38, 1, 2, 3, 3};  /* octets after the last payload */
    const uint8_t shorter[] = {0, 0, 0, 9, 0, 0, 0, 38, 1, 2, 3, 3}; /* the last octet is missing */
    const uint8_t goes_on[] = {41, 0, 0, 8, 0, 0, 0, 38, 0};
    const ipsec_ike_message message = sealed();
    ipsec_ike_contents contents;

    g_assert_false(read_one(&message, show(longer, sizeof longer), &contents));
    g_assert_false(read_one(&message, show(shorter, sizeof shorter), &contents));
    g_assert_false(read_one(&message, show(goes_on, sizeof goes_on), &contents));
}

/* --- fragments */

typedef struct piece {
    uint16_t number;
    bool is_forged;
} piece;

/* Passes the pieces in this order, and returns how often a message that deletes the IKE SA is completed. */
static unsigned put_together(const piece *pieces, unsigned count, uint8_t forged_exchange)
{
    ipsec_ike_puzzles *puzzles = ipsec_ike_puzzles_new(NULL);
    unsigned whole = 0;

    for (unsigned i = 0; i < count; i++) {
        ipsec_ike_message message = part(pieces[i].number, 2);
        ipsec_ike_shown shown =
            pieces[i].number == 1 ? show(first_half, sizeof first_half) : show(second_half, sizeof second_half);
        ipsec_ike_contents contents;

        shown.is_correct = !pieces[i].is_forged;
        if (pieces[i].is_forged) {
            message.exchange = forged_exchange;
            message.inner_payload = IPSEC_IKE_PAYLOAD_NOTIFY;
        }
        if (!ipsec_ike_read_inside(puzzles, &message, &shown, &contents))
            continue;
        g_assert_true(contents.deletes_ike && contents.verified && !contents.incomplete);
        whole++;
    }
    ipsec_ike_puzzles_free(puzzles);
    guard_free_all();
    return whole;
}

static void test_fragments(void)
{
    const piece in_order[] = {{1, false}, {2, false}, {1, false}, {2, false}};
    const piece turned[] = {{2, false}, {2, false}, {1, false}};
    const piece lacking[] = {{1, false}, {1, false}};

    g_assert_cmpuint(put_together(in_order, 4, 0), ==, 2); /* one came again */
    g_assert_cmpuint(put_together(turned, 3, 0), ==, 1);
    g_assert_cmpuint(put_together(lacking, 2, 0), ==, 0);
}

static void test_forged_fragments(void)
{
    const piece in_front[] = {{1, true}, {1, false}, {2, false}};
    const piece between[] = {{1, false}, {1, true}, {2, true}, {2, false}};
    const piece instead[] = {{1, true}, {2, false}};

    for (unsigned exchange = IPSEC_IKE_AUTH; exchange <= IPSEC_IKE_INFORMATIONAL; exchange++) {
        g_assert_cmpuint(put_together(in_front, 3, (uint8_t)exchange), ==, 1);
        g_assert_cmpuint(put_together(between, 4, (uint8_t)exchange), ==, 1);
        g_assert_cmpuint(put_together(instead, 2, (uint8_t)exchange), ==, 0);
    }
}

/* Verified fragments of two messages are not mixed up. */
static void test_headers_differ(void)
{
    ipsec_ike_contents contents;

    for (unsigned i = 0; i < 6; i++) {
        ipsec_ike_puzzles *puzzles = ipsec_ike_puzzles_new(NULL);
        ipsec_ike_message one = part(1, 2), two = part(2, 2);
        const ipsec_ike_shown first = show(first_half, sizeof first_half);
        const ipsec_ike_shown second = show(second_half, sizeof second_half);

        two.initiator_spi += i == 0;
        two.responder_spi += i == 1;
        two.id += i == 2;
        two.exchange += i == 3;
        two.flags += i == 4;
        two.fragments += i == 5;
        g_assert_false(ipsec_ike_read_inside(puzzles, &one, &first, &contents));
        g_assert_false(ipsec_ike_read_inside(puzzles, &two, &second, &contents));
        ipsec_ike_puzzles_free(puzzles);
        guard_free_all();
    }
}

/* Memory is limited, and messages beyond the limit are not read; a number above the total is invalid (message.c). */
static void test_limits(void)
{
    ipsec_ike_puzzles *puzzles = ipsec_ike_puzzles_new(NULL);
    static const uint8_t large[60000];
    ipsec_ike_message message = part(1, IPSEC_IKE_PARTS_MOST + 1), none = part(0, 0);
    ipsec_ike_shown shown = show(first_half, sizeof first_half);
    const ipsec_ike_shown rest = show(second_half, sizeof second_half);
    ipsec_ike_contents contents;

    g_assert_false(ipsec_ike_read_inside(puzzles, &message, &shown, &contents));
    g_assert_false(ipsec_ike_read_inside(puzzles, &none, &shown, &contents));
    for (unsigned i = 0; i <= IPSEC_IKE_PUZZLES_MOST; i++) { /* the first one is dropped */
        message = part(1, 2);
        message.id = 100 + i;
        g_assert_false(ipsec_ike_read_inside(puzzles, &message, &shown, &contents));
    }
    for (unsigned i = 0; i <= IPSEC_IKE_PUZZLES_MOST; i++) {
        message = part(2, 2);
        message.id = 100 + IPSEC_IKE_PUZZLES_MOST - i;
        g_assert_true(ipsec_ike_read_inside(puzzles, &message, &rest, &contents) == (i < IPSEC_IKE_PUZZLES_MOST));
    }
    shown = show(large, sizeof large);
    for (uint16_t i = 1; i <= 4; i++) {
        message = part(i, 4);
        g_assert_false(ipsec_ike_read_inside(puzzles, &message, &shown, &contents));
    }
    ipsec_ike_puzzles_free(puzzles);
    ipsec_ike_puzzles_free(NULL);
    guard_free_all();
}

/* --- IKEv1 */

static void test_v1(void)
{
    const uint8_t quick[] = {V1_DELETE, 0, 0, 8, 1, 2, 3, 4, 0, 0, 0, 16, 0, 0,
                             0,         1, 3, 4, 0, 1, 9, 8, 7, 6, 0, 0,  0, 0};
    ipsec_ike_message message = {
        .version = 1, .exchange = IPSEC_IKE_V1_INFORMATIONAL, .is_encrypted = true, .is_all_encrypted = true};
    ipsec_ike_shown shown;
    ipsec_ike_contents contents;

    message.first_payload = message.inner_payload = HASH;
    shown = show(quick, sizeof quick);
    shown.is_correct = false;
    g_assert_true(read_one(&message, shown, &contents));
    g_assert_true(contents.decrypted && !contents.verified);
    g_assert_cmphex(contents.deletes[0], ==, 0x09080706);
    g_assert_false(read_one(&message, show(quick, sizeof quick - 5), &contents)); /* the content ends early */
    message.inner_payload = V1_DELETE;                                            /* no hash */
    g_assert_false(read_one(&message, show(quick + 8, sizeof quick - 8), &contents));
    message.exchange = IPSEC_IKE_MAIN_MODE;
    g_assert_true(read_one(&message, show(quick + 8, sizeof quick - 8), &contents));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ike-inside/verified", test_verified);
    g_test_add_func("/ike-inside/not-verified", test_not_verified);
    g_test_add_func("/ike-inside/noise", test_noise);
    g_test_add_func("/ike-inside/fragments", test_fragments);
    g_test_add_func("/ike-inside/forged-fragments", test_forged_fragments);
    g_test_add_func("/ike-inside/headers-differ", test_headers_differ);
    g_test_add_func("/ike-inside/limits", test_limits);
    g_test_add_func("/ike-inside/v1", test_v1);
    return g_test_run();
}
