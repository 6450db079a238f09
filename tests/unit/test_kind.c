/* Kinds of headers: each is described completely. SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys/envelope.h"
#include "packet/kind.h"
#include "packets.h"
#include "report/outcomes.h"

#include <string.h>

/* A missing member would be 0, which is also a finding. */
static void expect_findings_of(const ipsec_header_kind *kind)
{
    const ipsec_finding_id own[] = {kind->spi_zero, kind->spi_reserved, kind->spi_unknown, kind->icv,
                                    kind->fragment, kind->v6_order,     kind->ip_checksum, kind->v4_option};
    const char *family = ipsec_catalogue(own[0])->id;
    const size_t length = strcspn(family, ".") + 1;

    for (unsigned i = 0; i < G_N_ELEMENTS(own); i++) {
        g_assert_cmpmem(ipsec_catalogue(own[i])->id, length, family, length);
        for (unsigned j = 0; j < i; j++)
            g_assert_cmpint(own[i], !=, own[j]);
    }
}

static void test_kinds_are_described(void)
{
    for (unsigned i = 0; i < IPSEC_HEADER_KINDS; i++) {
        const ipsec_header_kind *kind = ipsec_header_kinds[i];

        g_assert_true(ipsec_kind_of(kind->protocol) == kind);
        g_assert_cmpuint(kind->spi_at + 4, <=, kind->fixed);
        g_assert_cmpuint(kind->sequence_at + 4, <=, kind->fixed);
        g_assert_cmpuint(kind->sequence_at, >=, kind->spi_at + 4);
        expect_findings_of(kind);
    }
}

/* No two kinds have the same carriers. */
static void test_carriers_differ(void)
{
    for (unsigned i = 0; i < IPSEC_HEADER_KINDS; i++)
        for (unsigned j = 0; j < i; j++) {
            const ipsec_report one = {.header = {.protocol = ipsec_header_kinds[i]->protocol}};
            const ipsec_report other = {.header = {.protocol = ipsec_header_kinds[j]->protocol}};

            g_assert_cmphex(ipsec_carriers_of(&one), !=, ipsec_carriers_of(&other));
        }
}

/* Each kind states where its ICV is; a kind that encrypts leaves that, and its own length, to a key. */
static void test_kinds_have_a_cover(void)
{
    static uint8_t outer[IPSEC_AH_OUTER_MOST];

    for (unsigned i = 0; i < IPSEC_HEADER_KINDS; i++) {
        const ipsec_header_kind *kind = ipsec_header_kinds[i];
        const bool encrypts = ipsec_encrypts(kind->protocol);
        const ipsec_view view = {.protocol = kind->protocol, .length = 100};
        const ipsec_envelope envelope = ipsec_envelope_of(&view, encrypts ? ipsec_encryption_by_name("NULL") : NULL,
                                                          ipsec_integrity_by_name("HMAC_SHA1_96"), outer);

        g_assert_cmpuint(envelope.icv, ==, 12);
        g_assert_cmpuint(envelope.front, ==, kind->fixed);
        g_assert_cmpuint(ipsec_envelope_icv_at(&envelope, 12), ==, encrypts ? 88 : kind->fixed);
        g_assert_cmpint(ipsec_envelope_is_verifiable(&envelope), ==, !ipsec_covers_outer(kind->protocol));
        g_assert_true(!encrypts || !kind->length);
    }
    g_assert_false(ipsec_encrypts(0));
    g_assert_false(ipsec_covers_outer(0));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kind/described", test_kinds_are_described);
    g_test_add_func("/kind/carriers", test_carriers_differ);
    g_test_add_func("/kind/cover", test_kinds_have_a_cover);
    return g_test_run();
}
