/* AES-XCBC-MAC. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "keys/xcbc.h"

#include <gcrypt.h>
#include <glib.h>
#include <string.h>

#define MESSAGE_MOST 1000

static const uint8_t key[IPSEC_XCBC_LENGTH] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

/* RFC 3566 4.6. The octets of the messages count up from 0, except for the last message, which is all zeros. */
static const struct {
    size_t length;
    const char *mac;
} cases[] = {
    {0, "\x75\xf0\x25\x1d\x52\x8a\xc0\x1c\x45\x73\xdf\xd5\x84\xd7\x9f\x29"},
    {3, "\x5b\x37\x65\x80\xae\x2f\x19\xaf\xe7\x21\x9c\xee\xf1\x72\x75\x6f"},
    {16, "\xd2\xa2\x46\xfa\x34\x9b\x68\xa7\x99\x98\xa4\x39\x4f\xf7\xa2\x63"},
    {20, "\x47\xf5\x1b\x45\x64\x96\x62\x15\xb8\x98\x5c\x63\x05\x5e\xd3\x08"},
    {32, "\xf5\x4f\x0e\xc8\xd2\xb9\xf3\xd3\x68\x07\x73\x4b\xd5\x28\x3f\xd4"},
    {34, "\xbe\xcb\xb3\xbc\xcd\xb5\x18\xa3\x06\x77\xd5\x48\x1f\xb6\xb4\xd8"},
    {1000, "\xf0\xda\xfe\xe8\x95\xdb\x30\x25\x37\x61\x10\x3b\x5d\x84\x52\x8f"},
};

static const uint8_t *make_message(size_t length)
{
    uint8_t octets[MESSAGE_MOST] = {0};

    for (size_t i = 0; length < MESSAGE_MOST && i < length; i++)
        octets[i] = (uint8_t)i;
    return guard_copy(octets, length);
}

/* One context for all vectors, as for an SA. */
static void test_vectors(void)
{
    ipsec_xcbc *xcbc = ipsec_xcbc_new(key);
    uint8_t mac[IPSEC_XCBC_LENGTH];

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        ipsec_xcbc_start(xcbc);
        ipsec_xcbc_add(xcbc, make_message(cases[i].length), cases[i].length);
        g_assert_true(ipsec_xcbc_finish(xcbc, mac));
        g_assert_cmpmem(mac, sizeof mac, cases[i].mac, IPSEC_XCBC_LENGTH);
    }
    ipsec_xcbc_free(xcbc);
    guard_free_all();
}

static void test_pieces_of_any_length(void)
{
    ipsec_xcbc *xcbc = ipsec_xcbc_new(key);
    uint8_t mac[IPSEC_XCBC_LENGTH];

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        const uint8_t *message = make_message(cases[i].length);

        for (size_t piece = 1; piece <= 49; piece++) {
            ipsec_xcbc_start(xcbc);
            for (size_t at = 0; at < cases[i].length; at += piece)
                ipsec_xcbc_add(xcbc, message + at, MIN(piece, cases[i].length - at));
            g_assert_true(ipsec_xcbc_finish(xcbc, mac));
            g_assert_cmpmem(mac, sizeof mac, cases[i].mac, IPSEC_XCBC_LENGTH);
        }
    }
    ipsec_xcbc_free(xcbc);
    guard_free_all();
}

static void test_unfinished_is_forgotten(void)
{
    ipsec_xcbc *xcbc = ipsec_xcbc_new(key);
    uint8_t mac[IPSEC_XCBC_LENGTH];

    ipsec_xcbc_start(xcbc);
    ipsec_xcbc_add(xcbc, make_message(MESSAGE_MOST), MESSAGE_MOST);
    ipsec_xcbc_start(xcbc);
    g_assert_true(ipsec_xcbc_finish(xcbc, mac));
    g_assert_cmpmem(mac, sizeof mac, cases[0].mac, IPSEC_XCBC_LENGTH);
    ipsec_xcbc_free(xcbc);
    ipsec_xcbc_free(NULL);
    guard_free_all();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    gcry_check_version(NULL);
    g_test_add_func("/xcbc/vectors", test_vectors);
    g_test_add_func("/xcbc/pieces", test_pieces_of_any_length);
    g_test_add_func("/xcbc/unfinished", test_unfinished_is_forgotten);
    return g_test_run();
}
