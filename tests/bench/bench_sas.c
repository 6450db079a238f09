/* Many live SAs, touched at random: measures what a packet costs in the core, and the memory of an SA. To be run under
 * callgrind by bench.py, which counts only within judge_again(), not the creation of the SAs.
 *
 * usage: bench_sas {one|own} SAS PACKETS
 *
 * one  all SAs are between the same two hosts
 * own  each SA has a destination of its own
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipsec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LENGTH = 1000
};

static uint8_t octets[LENGTH] = {6, 4};
static uint8_t source[4] = {192, 0, 2, 1}, destination[4];

static void put_u32(uint8_t *to, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* The next packet of an SA. */
static void write_packet(uint32_t sa, uint32_t sequence, bool own)
{
    put_u32(destination, 0x0a000000 + (own ? sa : 0));
    put_u32(octets + 4, 0xc0000000 + sa);
    put_u32(octets + 8, sequence);
}

static bool is_sound(const ipsec_report *report, uint32_t sa)
{
    return report->verdict == IPSEC_VERDICT_PLAUSIBLE && report->findings.count == 0 && report->sa == sa;
}

static bool judge_first(ipsec_db *db, ipsec_view *view, uint32_t sa)
{
    ipsec_record record;
    ipsec_report report;

    view->frame++;
    ipsec_judge(db, view, &record, &report);
    return is_sound(&report, sa);
}

__attribute__((noinline)) static void judge_again(ipsec_db *db, const ipsec_view *view, ipsec_report *report)
{
    ipsec_record record;

    ipsec_judge(db, view, &record, report);
}

/* Resident memory of this process in octets; 0 if it is unknown. */
static long resident(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long pages = 0;

    if (!file)
        return 0;
    if (fscanf(file, "%*d %ld", &pages) != 1)
        pages = 0;
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

int main(int argc, char **argv)
{
    const ipsec_config config = ipsec_config_default();
    ipsec_view view = {.data = octets,
                       .captured = LENGTH,
                       .length = LENGTH,
                       .source = source,
                       .destination = destination,
                       .address_length = 4,
                       .ip_version = 4,
                       .protocol = IPSEC_PROTOCOL_AH};
    unsigned long count, packets, sound = 0;
    uint32_t *sequences;
    ipsec_db *db;
    long before;
    bool own;

    if (argc != 4)
        return EXIT_FAILURE;
    own = strcmp(argv[1], "own") == 0;
    count = strtoul(argv[2], NULL, 10);
    packets = strtoul(argv[3], NULL, 10);
    if (count == 0 || count > config.sas)
        return EXIT_FAILURE;
    sequences = malloc(count * sizeof *sequences);
    if (!sequences)
        return EXIT_FAILURE;
    for (uint32_t sa = 0; sa < count; sa++)
        sequences[sa] = 1;
    db = ipsec_db_new(&config);
    before = resident();
    for (uint32_t sa = 0; sa < count; sa++) {
        write_packet(sa, 1, own);
        sound += judge_first(db, &view, sa);
    }
    printf("%.0f octets per SA\n", (double)(resident() - before) / (double)count);
    srand(1);
    for (unsigned long i = 0; i < packets; i++) {
        const uint32_t sa = (uint32_t)((unsigned long)rand() % count);
        ipsec_report report;

        write_packet(sa, ++sequences[sa], own);
        view.frame++;
        judge_again(db, &view, &report);
        sound += is_sound(&report, sa);
    }
    printf("%lu of %lu sound, %u SAs\n", sound, count + packets, ipsec_db_sa_count(db));
    ipsec_db_free(db);
    free(sequences);
    return sound == count + packets ? EXIT_SUCCESS : EXIT_FAILURE;
}
