/* Headers of IKE messages, and their unencrypted content. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "ike_packets.h"
#include "ike/message.h"

#include <string.h>

/* A complete captured message of strongSwan (ways/ike/no-proposal-ike.pcap, frame 2, with other SPIs). */
static const uint8_t refused[] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0, 0,  0, 0, 0, 0, 0, 0, 0x29, 0x20,
                                  0x22, 0x20, 0,    0,    0,    0,    0,    0,    0, 36, 0, 0, 0, 8, 0, 0, 0,    14};

static void test_header(void)
{
    ipsec_ike_message message;

    g_assert_true(ipsec_ike_read(guard_copy(refused, sizeof refused), sizeof refused, &message));
    g_assert_cmphex(message.initiator_spi, ==, 0x1122334455667788);
    g_assert_cmphex(message.responder_spi, ==, 0);
    g_assert_cmpuint(message.version, ==, 2);
    g_assert_cmpuint(message.exchange, ==, IPSEC_IKE_SA_INIT);
    g_assert_cmpuint(message.length, ==, 36);
    g_assert_true(message.is_response && !message.from_initiator && !message.is_encrypted);
    guard_free_all();
}

static void test_no_header(void)
{
    const struct {
        unsigned at;
        uint8_t value;
    } broken[] = {{17, 0x30}, {17, 0x00}, {27, 27}};
    ipsec_ike_message message;

    g_assert_false(ipsec_ike_read(guard_copy(refused, 27), 27, &message));
    for (unsigned i = 0; i < G_N_ELEMENTS(broken); i++) {
        uint8_t octets[sizeof refused];

        memcpy(octets, refused, sizeof refused);
        octets[broken[i].at] = broken[i].value;
        g_assert_false(ipsec_ike_read(guard_copy(octets, sizeof octets), sizeof octets, &message));
    }
    guard_free_all();
}

static void test_notify(void)
{
    ipsec_ike_message message;
    ipsec_ike_contents contents;
    const ipsec_ike_notify *notify;

    g_assert_true(ipsec_ike_read(refused, sizeof refused, &message));
    ipsec_ike_read_clear(&message, guard_copy(refused, sizeof refused), sizeof refused, &contents);
    notify = ipsec_ike_notify_of(&contents, 14);
    g_assert_nonnull(notify);
    g_assert_cmpuint(notify->length, ==, 0);
    g_assert_null(ipsec_ike_notify_of(&contents, 15));
    g_assert_true(ipsec_ike_has_payload(&contents, IPSEC_IKE_PAYLOAD_NOTIFY));
    g_assert_false(contents.incomplete || contents.decrypted);
    guard_free_all();
}

/* An offer with two transforms of a type, a key length, a group, ESN, and an SPI of 4 octets. */
static void test_proposal(void)
{
    static const uint8_t body[] = {0, 0, 0, 0x34, 1, 3, 4, 4,  0xc1, 2,    3, 4, /* ESP */
                                   3, 0, 0, 0x0c, 1, 0, 0, 20, 0x80, 0x0e, 1, 0, /* AES-GCM-16, 256 */
                                   3, 0, 0, 0x0c, 1, 0, 0, 12, 0x80, 0x0e, 0, 128,
                                   3, 0, 0, 8,    4, 0, 0, 31, /* Curve25519 */
                                   0, 0, 0, 8,    5, 0, 0, 1};
    const ike_payload payloads[] = {{IPSEC_IKE_PAYLOAD_SA, body, sizeof body}};
    ike_octets m =
        ike_message(&(ipsec_ike_message){.initiator_spi = 1, .version = 2, .exchange = IPSEC_IKE_SA_INIT}, payloads, 1);
    ipsec_ike_message message;
    ipsec_ike_contents contents;

    g_assert_true(ipsec_ike_read(m.octets, m.length, &message));
    ipsec_ike_read_clear(&message, guard_copy(m.octets, m.length), m.length, &contents);
    g_assert_cmpuint(contents.proposal_count, ==, 1);
    g_assert_cmpuint(contents.proposals[0].protocol, ==, IPSEC_IKE_PROTOCOL_ESP);
    g_assert_cmphex(contents.proposals[0].spi, ==, 0xc1020304);
    g_assert_cmpuint(contents.proposals[0].encryption, ==, 20);
    g_assert_true(contents.proposals[0].has_esn && contents.proposals[0].esn == 1);
    g_assert_false(contents.incomplete);
    guard_free_all();
}

static void test_selectors_and_deletes(void)
{
    static const uint8_t selectors[] = {1, 0, 0, 0, 7, 17, 0, 16, 0, 1, 0, 2, 10, 0, 0, 1, 10, 0, 0, 9};
    static const uint8_t deletes[] = {3, 4, 0, 2, 0xc0, 0, 0, 1, 0xc0, 0, 0, 2};
    const ike_payload payloads[] = {{IPSEC_IKE_PAYLOAD_TSI, selectors, sizeof selectors},
                                    {IPSEC_IKE_PAYLOAD_DELETE, deletes, sizeof deletes}};
    ike_octets m = ike_message(
        &(ipsec_ike_message){.initiator_spi = 1, .version = 2, .exchange = IPSEC_IKE_INFORMATIONAL}, payloads, 2);
    ipsec_ike_message message;
    ipsec_ike_contents contents;

    g_assert_true(ipsec_ike_read(m.octets, m.length, &message));
    ipsec_ike_read_clear(&message, guard_copy(m.octets, m.length), m.length, &contents);
    g_assert_cmpuint(contents.initiator_count, ==, 1);
    g_assert_cmpuint(contents.initiator[0].protocol, ==, 17);
    g_assert_cmpuint(contents.initiator[0].last_port, ==, 2);
    g_assert_cmpuint(contents.initiator[0].last[3], ==, 9);
    g_assert_cmpuint(contents.delete_count, ==, 2);
    g_assert_cmphex(contents.deletes[1], ==, 0xc0000002);
    g_assert_false(contents.deletes_ike);
    guard_free_all();
}

/* Each prefix of a message is read without access beyond it, and marked as incomplete. */
static void test_cut(void)
{
    static const uint8_t notify[] = {0, 0, 0x40, 0x04, 1, 2, 3, 4};
    const ike_payload payloads[] = {{IPSEC_IKE_PAYLOAD_NOTIFY, notify, sizeof notify},
                                    {IPSEC_IKE_PAYLOAD_NOTIFY, notify, sizeof notify}};
    ike_octets m =
        ike_message(&(ipsec_ike_message){.initiator_spi = 1, .version = 2, .exchange = IPSEC_IKE_SA_INIT}, payloads, 2);
    ipsec_ike_message message;
    ipsec_ike_contents contents;

    for (uint32_t count = IPSEC_IKE_HEADER; count < m.length; count++) {
        const uint8_t *octets = guard_copy(m.octets, count);

        g_assert_true(ipsec_ike_read(octets, count, &message));
        ipsec_ike_read_clear(&message, octets, count, &contents);
        g_assert_true(contents.incomplete);
    }
    guard_free_all();
}

static void test_encrypted(void)
{
    static const uint8_t fragment[] = {0, 2, 0, 3, 9, 9, 9, 9};
    const ike_payload whole[] = {{IPSEC_IKE_PAYLOAD_SK, fragment, sizeof fragment}};
    const ike_payload part[] = {{IPSEC_IKE_PAYLOAD_SKF, fragment, sizeof fragment}};
    const ipsec_ike_message head = {.initiator_spi = 1, .version = 2, .exchange = IPSEC_IKE_AUTH};
    ike_octets m = ike_message(&head, whole, 1);
    ipsec_ike_message message;

    g_assert_true(ipsec_ike_read(m.octets, m.length, &message));
    g_assert_true(message.is_encrypted && message.fragments == 0);
    m = ike_message(&head, part, 1);
    g_assert_true(ipsec_ike_read(m.octets, m.length, &message));
    g_assert_true(message.is_encrypted && message.fragment == 2 && message.fragments == 3);
    m.octets[IPSEC_IKE_HEADER + 5] = 9; /* the ninth of three */
    g_assert_true(ipsec_ike_read(m.octets, m.length, &message));
    g_assert_true(message.is_encrypted && message.fragments == 0);
}

/* Only if it is both the first payload and the last one, its ICV covers the whole content. */
static void test_all_encrypted(void)
{
    static const uint8_t body[] = {1, 2, 3, 4, 5, 6, 7, 8};
    const ike_payload alone[] = {{IPSEC_IKE_PAYLOAD_SK, body, sizeof body}};
    const ike_payload behind[] = {{132, body, sizeof body}, {IPSEC_IKE_PAYLOAD_SK, body, sizeof body}};
    const ike_payload in_front[] = {{IPSEC_IKE_PAYLOAD_SK, body, sizeof body},
                                    {IPSEC_IKE_PAYLOAD_NOTIFY, body, sizeof body}};
    const ipsec_ike_message head = {.initiator_spi = 1, .version = 2, .exchange = IPSEC_IKE_AUTH};
    ipsec_ike_message message;
    ike_octets m = ike_message(&head, alone, 1);

    m.octets[IPSEC_IKE_HEADER] = IPSEC_IKE_PAYLOAD_IDI;
    g_assert_true(ipsec_ike_read(m.octets, m.length, &message));
    g_assert_true(message.is_all_encrypted);
    g_assert_cmpuint(message.inner_payload, ==, IPSEC_IKE_PAYLOAD_IDI);
    m = ike_message(&head, behind, 2);
    g_assert_true(ipsec_ike_read(m.octets, m.length, &message));
    g_assert_true(message.is_encrypted && !message.is_all_encrypted);
    m = ike_message(&head, in_front, 2);
    g_assert_true(ipsec_ike_read(m.octets, m.length, &message));
    g_assert_true(message.is_encrypted && !message.is_all_encrypted);
    m = ike_message(&(ipsec_ike_message){.version = 1, .is_encrypted = true}, behind, 1);
    g_assert_true(ipsec_ike_read(m.octets, m.length, &message));
    g_assert_true(message.is_all_encrypted);
    g_assert_cmpuint(message.inner_payload, ==, 132);
}

/* No count exceeds its limit. */
static void test_too_much(void)
{
    static const uint8_t notify[] = {0, 0, 0x40, 0x04};
    ike_payload payloads[IPSEC_IKE_NOTIFIES_MOST + 2];
    ipsec_ike_message message;
    ipsec_ike_contents contents;
    ike_octets m;

    for (unsigned i = 0; i < G_N_ELEMENTS(payloads); i++)
        payloads[i] = (ike_payload){IPSEC_IKE_PAYLOAD_NOTIFY, notify, sizeof notify};
    m = ike_message(&(ipsec_ike_message){.initiator_spi = 1, .version = 2, .exchange = IPSEC_IKE_SA_INIT}, payloads,
                    G_N_ELEMENTS(payloads));
    g_assert_true(ipsec_ike_read(m.octets, m.length, &message));
    ipsec_ike_read_clear(&message, guard_copy(m.octets, m.length), m.length, &contents);
    g_assert_cmpuint(contents.notify_count, ==, IPSEC_IKE_NOTIFIES_MOST);
    g_assert_true(contents.incomplete);
    guard_free_all();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ike_message/header", test_header);
    g_test_add_func("/ike_message/no_header", test_no_header);
    g_test_add_func("/ike_message/notify", test_notify);
    g_test_add_func("/ike_message/proposal", test_proposal);
    g_test_add_func("/ike_message/selectors_and_deletes", test_selectors_and_deletes);
    g_test_add_func("/ike_message/cut", test_cut);
    g_test_add_func("/ike_message/encrypted", test_encrypted);
    g_test_add_func("/ike_message/all_encrypted", test_all_encrypted);
    g_test_add_func("/ike_message/too_much", test_too_much);
    return g_test_run();
}
