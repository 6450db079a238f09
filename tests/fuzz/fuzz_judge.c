/* libFuzzer target over the core's entry points: any octets, any facts.
 *
 * The input is a short header that chooses the facts, then octets. They are used twice: as an IPsec header, and
 * as what stands in front of one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ip.h"
#include "judge.h"

#include <stdlib.h>
#include <string.h>

enum {
    FACTS = 8
};

/* The core promises not to read beyond `captured`: a block of just that size lets ASan see it. */
static uint8_t *exact_copy(const uint8_t *octets, size_t count)
{
    uint8_t *copy = malloc(count ? count : 1);

    if (copy && count)
        memcpy(copy, octets, count);
    return copy;
}

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_report(const ipsec_report *report)
{
    require(report->verdict <= IPSEC_VERDICT_DROP && report->count <= IPSEC_REPORT_FINDINGS);
    for (unsigned i = 0; i < report->count; i++)
        require(report->findings[i].id < IPSEC_FINDING_COUNT);
    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++)
        require(report->whole || !ipsec_outcome_at((ipsec_stack)stack, report));
}

static void judge(const uint8_t *facts, const uint8_t *octets, size_t count)
{
    static const uint8_t addresses[32];
    const ipsec_config config = {.receiver = (ipsec_stack)(facts[0] % IPSEC_STACK_COUNT),
                                 .report_reserved_spi = facts[0] & 0x80};
    const uint32_t lengths[] = {(uint32_t)count, (uint32_t)(count + facts[2]), IPSEC_LENGTH_UNKNOWN,
                                (uint32_t)(facts[2] << 8 | facts[3])};
    ipsec_view view = {
        .data = octets,
        .length = lengths[facts[1] & 3],
        .source = addresses,
        .destination = addresses + 16,
        .address_length = (uint8_t[]){0, 4, 16, 16}[facts[1] >> 2 & 3],
        .ip_version = (uint8_t[]){0, 4, 6, 6}[facts[1] >> 4 & 3],
        .protocol = facts[4] & 1 ? IPSEC_PROTOCOL_AH : IPSEC_PROTOCOL_ESP,
        .encapsulation = facts[4] & 3 ? IPSEC_ENCAPSULATION_NONE : IPSEC_ENCAPSULATION_UDP,
        .flags = facts[5] & 0x3f,
    };
    ipsec_db *db = ipsec_db_new(&config);
    ipsec_record record;
    ipsec_report judged, explained;

    view.captured = view.length < count ? view.length : (uint32_t)count;
    for (unsigned round = 0; round < 3; round++) {
        ipsec_judge(db, &view, &record, &judged);
        check_report(&judged);
        ipsec_explain(db, &view, &record, &explained);
        require(judged.verdict == explained.verdict && judged.count == explained.count);
        ipsec_explain(db, &view, NULL, &explained);
        check_report(&explained);
    }
    ipsec_db_free(db);
}

static void find(const uint8_t *facts, const uint8_t *octets, size_t count)
{
    const bool v6 = facts[6] & 1;
    const ipsec_ip_search search = {.octets = octets,
                                    .count = (uint32_t)count,
                                    .source = count >= 24 ? octets + (v6 ? 8 : 12) : octets,
                                    .address_length = count >= 24 ? (v6 ? 16 : 4) : 0,
                                    .protocol = facts[7],
                                    .hint = facts[6]};
    ipsec_ip_path path;
    ipsec_udp udp;

    if (ipsec_ip_find(&search, &path))
        require(path.header <= count);
    if (count >= 8)
        ipsec_udp_read(octets, (uint32_t)count, (uint16_t)(octets[count - 8] << 8 | octets[count - 7]),
                       (uint16_t)(octets[count - 6] << 8 | octets[count - 5]), &udp);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *octets;

    if (size < FACTS || size > 65536)
        return 0;
    octets = exact_copy(data + FACTS, size - FACTS);
    if (!octets)
        return 0;
    judge(data, octets, size - FACTS);
    find(data, octets, size - FACTS);
    free(octets);
    return 0;
}
