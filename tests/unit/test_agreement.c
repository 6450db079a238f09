/* What two messages of IKE agree on. SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/agreement.h"
#include "ike_world.h"

#include <glib.h>

static ipsec_key_row row_for(const ipsec_ike_contents *request, const ipsec_ike_contents *answer, bool to_asker)
{
    const ipsec_ike_agreement agreed = {.request = request, .answer = answer, .chosen = &answer->proposals[0]};
    ipsec_key_row row = {.integrity = ipsec_integrity_none()};

    ipsec_ike_fill_row(&agreed, to_asker, &row);
    return row;
}

static void test_mode(void)
{
    const ipsec_ike_contents plain = proposing(1), transport = noting(plain, USE_TRANSPORT_MODE, 0);
    const ipsec_ike_contents ipcomp = noting(plain, 16387, 0);

    g_assert_cmpuint(row_for(&plain, &plain, true).mode, ==, IPSEC_MODE_TUNNEL);
    g_assert_cmpuint(row_for(&transport, &transport, true).mode, ==, IPSEC_MODE_TRANSPORT);
    g_assert_cmpuint(row_for(&transport, &plain, true).mode, ==, IPSEC_MODE_TUNNEL);
    g_assert_cmpuint(row_for(&ipcomp, &ipcomp, true).mode, ==, IPSEC_MODE_ANY);
    g_assert_cmpuint(row_for(NULL, &plain, true).mode, ==, IPSEC_MODE_ANY);
}

static void test_algorithms(void)
{
    ipsec_ike_contents contents = proposing(1);
    ipsec_ike_proposal *chosen = &contents.proposals[0];
    ipsec_key_row row = row_for(&contents, &contents, true);

    g_assert_cmpstr(row.encryption->name, ==, "AES_CBC");
    g_assert_cmpstr(row.integrity->name, ==, "HMAC_SHA2_256_128");
    g_assert_cmpuint(row.esn, ==, IPSEC_ESN_NO);
    chosen->encryption = 20;
    chosen->integrity = 0;
    chosen->esn = 1;
    row = row_for(&contents, &contents, true);
    g_assert_cmpstr(row.encryption->name, ==, "AES_GCM_16");
    g_assert_cmpuint(row.esn, ==, IPSEC_ESN_YES);
    chosen->encryption = 1000;
    g_assert_null(row_for(&contents, &contents, true).encryption);
    chosen->encryption = AES_CBC;
    chosen->integrity = 1000; /* so its length is not known */
    g_assert_null(row_for(&contents, &contents, true).encryption);
}

static ipsec_ike_selector range(uint8_t first, uint8_t last)
{
    return (ipsec_ike_selector){
        .address_length = 4, .last_port = UINT16_MAX, .first = {10, 0, 0, first}, .last = {10, 0, 0, last}};
}

static void test_selectors(void)
{
    ipsec_ike_contents contents = proposing(1);
    ipsec_key_row row;

    contents.initiator_count = contents.responder_count = 1;
    contents.initiator[0] = range(0, 255);
    contents.responder[0] = range(9, 9);
    contents.responder[0].protocol = 17;
    contents.responder[0].first_port = contents.responder[0].last_port = 53;
    row = row_for(&contents, &contents, true); /* what the initiator receives */
    g_assert_true(row.selector.present);
    g_assert_cmpuint(row.selector.source.octets[3], ==, 9);
    g_assert_cmpuint(row.selector.source.mask[3], ==, 0xff);
    g_assert_cmpuint(row.selector.destination.mask[3], ==, 0);
    g_assert_cmpuint(row.selector.source_port, ==, 53);
    g_assert_cmpuint(row.selector.destination_port_mask, ==, 0);
    row = row_for(&contents, &contents, false);
    g_assert_cmpuint(row.selector.destination.octets[3], ==, 9);
    contents.initiator[1] = range(1, 2); /* no prefix */
    contents.initiator_count = 2;
    g_assert_false(row_for(&contents, &contents, true).selector.present);
    contents.initiator[1] = range(2, 3);
    row = row_for(&contents, &contents, true);
    g_assert_cmpuint(row.other_count, ==, 1);
    g_assert_cmpuint(row.others[0].selector.destination.octets[3], ==, 2);
    contents = noting(contents, USE_TRANSPORT_MODE, 0);
    g_assert_false(row_for(&contents, &contents, true).selector.present);
}

/* Notifies that change the form of payloads, if the answer has them. */
static void test_other_modes(void)
{
    static const struct {
        unsigned notify;
        ipsec_mode mode;
    } notifies[] = {{16386, IPSEC_MODE_TUNNEL},
                    {16387, IPSEC_MODE_ANY} /* IPComp */,
                    {16388, IPSEC_MODE_TUNNEL},
                    {16415, IPSEC_MODE_ANY} /* WESP */,
                    {16442, IPSEC_MODE_ANY} /* IP-TFS */,
                    {40959, IPSEC_MODE_TUNNEL},
                    {40960, IPSEC_MODE_ANY} /* BEET is one of these */};
    const ipsec_ike_contents plain = proposing(1);
    ipsec_ike_contents other = plain;

    for (unsigned i = 0; i < G_N_ELEMENTS(notifies); i++) {
        other = noting(plain, notifies[i].notify, 0);
        g_assert_cmpuint(row_for(&other, &other, true).mode, ==, notifies[i].mode);
        g_assert_cmpuint(row_for(&other, &plain, true).mode, ==, IPSEC_MODE_TUNNEL);
    }
    other = plain;
    other.incomplete = true;
    g_assert_cmpuint(row_for(&plain, &other, true).mode, ==, IPSEC_MODE_ANY);
    other.proposals[0].has_esn = false;
    g_assert_cmpuint(row_for(&plain, &other, true).esn, ==, IPSEC_ESN_AUTO);
    g_assert_cmpuint(ipsec_ike_protocol(IPSEC_IKE_PROTOCOL_ESP), ==, IPSEC_PROTOCOL_ESP);
    g_assert_cmpuint(ipsec_ike_protocol(IPSEC_IKE_PROTOCOL_AH), ==, IPSEC_PROTOCOL_AH);
    g_assert_cmpuint(ipsec_ike_protocol(IPSEC_IKE_PROTOCOL_IKE), ==, 0);
}

/* The row that results from one selector of the initiator, as the destination of what it receives. */
static void test_one_selector(void)
{
    static const struct {
        uint8_t first, last; /* of the addresses */
        uint8_t protocol, other_protocol;
        uint16_t first_port, last_port;
        bool present;
        uint8_t mask;
        uint16_t port, port_mask;
    } cases[] = {
        {0, 255, 0, 0, 0, 65535, true, 0, 0, 0},    {16, 31, 0, 0, 0, 65535, true, 0xf0, 0, 0},
        {16, 30, 0, 0, 0, 65535, false, 0, 0, 0},   {17, 31, 0, 0, 0, 65535, false, 0, 0, 0},
        {5, 4, 0, 0, 0, 65535, false, 0, 0, 0},     {7, 7, 17, 0, 53, 53, true, 0xff, 53, 65535},
        {7, 7, 17, 17, 53, 54, true, 0xff, 0, 0},   {7, 7, 0, 17, 0, 65535, true, 0xff, 0, 0},
        {7, 7, 6, 17, 0, 65535, false, 0, 0, 0},    {7, 7, 1, 1, 8, 8, true, 0xff, 0, 0}, /* ICMP has no ports */
        {7, 7, 58, 58, 8, 8, true, 0xff, 0, 0},                                           /* nor has ICMPv6 */
        {7, 7, 17, 17, 0, 0, true, 0xff, 0, 65535},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        ipsec_ike_contents contents = proposing(1);
        ipsec_key_row row;

        contents.initiator_count = contents.responder_count = 1;
        contents.initiator[0] = range(cases[i].first, cases[i].last);
        contents.initiator[0].protocol = cases[i].protocol;
        contents.initiator[0].first_port = cases[i].first_port;
        contents.initiator[0].last_port = cases[i].last_port;
        contents.responder[0] = range(0, 255);
        contents.responder[0].protocol = cases[i].other_protocol;
        row = row_for(&contents, &contents, true);
        g_assert_cmpuint(row.selector.present, ==, cases[i].present);
        if (!cases[i].present)
            continue;
        g_assert_cmphex(row.selector.destination.mask[3], ==, cases[i].mask);
        g_assert_cmpuint(row.selector.destination.octets[3], ==, cases[i].first);
        g_assert_cmpuint(row.selector.destination_port, ==, cases[i].port);
        g_assert_cmpuint(row.selector.destination_port_mask, ==, cases[i].port_mask);
        g_assert_cmpuint(row.selector.any_protocol, ==, cases[i].protocol == 0 && cases[i].other_protocol == 0);
        g_assert_cmpuint(row.selector.protocol, ==, MAX(cases[i].protocol, cases[i].other_protocol));
    }
}

/* As many pairs as a row holds, and more; and none, if the versions of IP differ. */
static void test_pairs_of_selectors(void)
{
    for (uint8_t count = 0; count <= 3; count++)
        for (uint8_t others = 0; others <= 3; others++) {
            ipsec_ike_contents contents = proposing(1);
            const unsigned pairs = count * others;
            ipsec_key_row row;

            contents.initiator_count = count;
            contents.responder_count = others;
            for (uint8_t i = 0; i < 3; i++) {
                contents.initiator[i] = range(i, i);
                contents.responder[i] = range(100 + i, 100 + i);
            }
            row = row_for(&contents, &contents, false);
            g_assert_cmpuint(row.selector.present, ==, pairs > 0 && pairs <= IPSEC_TERMS_MOST);
            g_assert_cmpuint(row.other_count, ==, pairs > 0 && pairs <= IPSEC_TERMS_MOST ? pairs - 1 : 0);
            contents.incomplete = true;
            g_assert_false(row_for(&contents, &contents, false).selector.present);
            contents.incomplete = false;
            contents.responder[0].address_length = 16;
            g_assert_false(row_for(&contents, &contents, false).selector.present);
        }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/agreement/mode", test_mode);
    g_test_add_func("/agreement/algorithms", test_algorithms);
    g_test_add_func("/agreement/selectors", test_selectors);
    g_test_add_func("/agreement/other-modes", test_other_modes);
    g_test_add_func("/agreement/one-selector", test_one_selector);
    g_test_add_func("/agreement/pairs-of-selectors", test_pairs_of_selectors);
    return g_test_run();
}
