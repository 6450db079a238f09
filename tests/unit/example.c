/* A program that uses only the core: judges one packet with its key, and prints what is wrong with it. From the root of
 * the repository, after a build:
 *
 *     cc tests/unit/example.c -Iplugin/core build/plugin/libipsec_core.a \
 *         $(pkg-config --cflags --libs glib-2.0 libgcrypt) -o example
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipsec.h"

#include <gcrypt.h>
#include <stdio.h>
#include <stdlib.h>

/* ESP with AES-GCM, from 192.0.2.1 to 192.0.2.2: the ICV is right, and the pad length is 200. */
static const uint8_t packet[] = {
    0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0xf7,
    0x05, 0x19, 0xb9, 0x4a, 0x7e, 0x51, 0xf4, 0xdb, 0x0a, 0xa2, 0xd6, 0x4c, 0x7f, 0xa8, 0x36, 0xd9, 0x68,
    0x83, 0x41, 0xab, 0xc3, 0x48, 0x82, 0xfe, 0xb9, 0x1f, 0xf4, 0x07, 0x84, 0x47, 0x5c, 0x85, 0x85, 0x7f,
    0xf8, 0xc1, 0xc9, 0x0f, 0xb5, 0xa1, 0x29, 0x96, 0x6e, 0x6a, 0xaf, 0xd1, 0xbe, 0xc8, 0x4b, 0xac, 0xa4,
};
static const uint8_t source[] = {192, 0, 2, 1}, destination[] = {192, 0, 2, 2};

/* The key, in the form of a row of the table ipsec_sa. */
static const ipsec_key_row_text row = {.columns = {"ESP", "192.0.2.1", "192.0.2.2", "0x1000", "AES_GCM_16",
                                                   "000102030405060708090a0b0c0d0e0fcafebabe", "NONE", "", "no",
                                                   "tunnel"}};

static void add_key(ipsec_db *db)
{
    ipsec_key_row_error error;
    ipsec_key_row spec;

    if (!ipsec_key_row_compile(&row, &spec, &error)) {
        fprintf(stderr, "%s: %s\n", error.column, error.reason);
        exit(EXIT_FAILURE);
    }
    ipsec_db_add(db, &spec);
    ipsec_key_row_wipe(&spec);
}

int main(void)
{
    const ipsec_view view = {.data = packet,
                             .captured = sizeof packet,
                             .length = sizeof packet, /* according to the IP header */
                             .source = source,
                             .destination = destination,
                             .address_length = 4,
                             .ip_version = 4,
                             .protocol = IPSEC_PROTOCOL_ESP,
                             .frame = 1};
    ipsec_config config = ipsec_config_default();
    const ipsec_outcome *linux_says;
    char advice[IPSEC_ADVICE_SIZE];
    ipsec_record record;
    ipsec_report report;
    ipsec_db *db;

    gcry_check_version(NULL);
    gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
    config.receiver = IPSEC_STACK_LINUX;
    db = ipsec_db_new(&config);
    add_key(db);
    ipsec_judge(db, &view, &record, &report);
    printf("SPI 0x%08x, sequence number %u: %s\n", report.header.spi, report.header.sequence,
           ipsec_verdict_name(report.verdict));
    for (unsigned i = 0; i < report.findings.count; i++) {
        const ipsec_finding *finding = &report.findings.list[i];

        const ipsec_catalogue_row *about = ipsec_catalogue(finding->id);

        printf("%s: %s. %s\n", about->id, about->summary, ipsec_finding_advice(finding, advice));
    }
    linux_says = ipsec_outcome_at(IPSEC_STACK_LINUX, &report);
    printf("Linux counts %s\n", linux_says ? linux_says->counter : "nothing");
    ipsec_db_free(db);
    return EXIT_SUCCESS;
}
