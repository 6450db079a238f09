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
    chosen->integrity = 1000; /* so the length is not known */
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

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/agreement/mode", test_mode);
    g_test_add_func("/agreement/algorithms", test_algorithms);
    g_test_add_func("/agreement/selectors", test_selectors);
    return g_test_run();
}
