/* Judges clean headers of many SAs in turn: measures what a packet costs in the core. To be run under callgrind by
 * bench.py with two numbers of packets, so that the difference excludes the start.
 *
 * usage: bench_core {esp|gcm|ah|natt} PACKETS
 *
 * gcm is ESP whose IVs are a counter, as is usual with AES-GCM; they are remembered.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipsec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SAS = 200,
    LENGTH = 1000
};

static void put_u32(uint8_t *to, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

int main(int argc, char **argv)
{
    static const uint8_t addresses[8] = {192, 0, 2, 1, 192, 0, 2, 2};
    static uint8_t octets[LENGTH];
    const ipsec_config config = ipsec_config_default();
    ipsec_view view = {.data = octets,
                       .captured = LENGTH,
                       .length = LENGTH,
                       .source = addresses,
                       .destination = addresses + 4,
                       .address_length = 4,
                       .ip_version = 4};
    unsigned sound = 0;
    unsigned long packets;
    ipsec_db *db;
    bool ah, gcm;

    if (argc != 3)
        return EXIT_FAILURE;
    ah = strcmp(argv[1], "ah") == 0;
    gcm = strcmp(argv[1], "gcm") == 0;
    packets = strtoul(argv[2], NULL, 10);
    view.protocol = ah ? IPSEC_PROTOCOL_AH : IPSEC_PROTOCOL_ESP;
    view.encapsulation = strcmp(argv[1], "natt") == 0 ? IPSEC_ENCAPSULATION_UDP : IPSEC_ENCAPSULATION_NONE;
    srand(1);
    for (unsigned i = 0; i < LENGTH; i++)
        octets[i] = (uint8_t)rand();
    memcpy(octets, ah ? "\x06\x04\0\0" : "\0\0\0\0", 4);
    db = ipsec_db_new(&config);
    for (unsigned long i = 0; i < packets; i++) {
        ipsec_record record;
        ipsec_report report;

        put_u32(octets + (ah ? 4 : 0), 0xc0000000u + (uint32_t)(i % SAS) * 7919);
        put_u32(octets + (ah ? 8 : 4), (uint32_t)(i / SAS) + 1);
        if (gcm)
            put_u32(octets + 12, (uint32_t)(i / SAS) + 1);
        sound += ipsec_judge_briefly(db, &view, &record, &report) ||
                 (report.verdict == IPSEC_VERDICT_PLAUSIBLE && report.findings.count == 0);
    }
    printf("%u of %lu sound, %u SAs\n", sound, packets, ipsec_db_sa_count(db));
    ipsec_db_free(db);
    return sound == packets ? EXIT_SUCCESS : EXIT_FAILURE;
}
