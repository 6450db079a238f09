/* libFuzzer target over IKE: sequences of messages, judged in one database and then explained.
 *
 * The input is messages, each with its length and the facts of its view in front; make_corpus.py writes the same form.
 * Some are given with contents as if they had been decrypted: their own unencrypted payloads, marked as encrypted. For
 * others the octets themselves are given as the decrypted content.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipsec.h"

#include <gcrypt.h>
#include <stdlib.h>
#include <string.h>

enum {
    FACTS = 4, /* 2 of the length, then the next two */
    MOST = 64,
    MARKER = 4
};

/* A message in a block of exactly its size, and the report on it. */
typedef struct item {
    ipsec_view view;
    uint8_t *data;
    ipsec_ike_report judged;
} item;

static const uint8_t hosts[2][4] = {{192, 0, 2, 1}, {192, 0, 2, 2}};

static void require(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    require(gcry_check_version(NULL));
    gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
    gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
    return 0;
}

static ipsec_view view_of(const uint8_t *facts, uint8_t *data, uint32_t count, uint32_t number, uint64_t before)
{
    const unsigned way = facts[2];

    return (ipsec_view){.data = data,
                        .captured = count,
                        .length = count,
                        .source = hosts[way & 1],
                        .destination = hosts[!(way & 1)],
                        .address_length = way & 0x40 ? 0 : 4,
                        .ip_version = 4,
                        .frame = number + 1,
                        .offset = 42,
                        .time = before + facts[3] * UINT64_C(10000000),
                        .protocol = IPSEC_PROTOCOL_ESP,
                        .encapsulation = IPSEC_ENCAPSULATION_UDP,
                        .source_port = 500,
                        .destination_port = 500,
                        .flags = (uint16_t)((way & 2 ? IPSEC_VIEW_IKE_PORT : 0) | (way & 4 ? IPSEC_VIEW_QUOTED : 0))};
}

static void check(const ipsec_ike_report *report)
{
    char text[IPSEC_ADVICE_SIZE], outcome[IPSEC_IKE_OUTCOME_SIZE], remark[IPSEC_IKE_REMARK_SIZE];

    require(report->count == report->findings.count && report->count <= IPSEC_IKE_FINDINGS_MOST);
    for (unsigned i = 0; i < report->count; i++) {
        require(report->said[i].finding == report->findings.list[i].id);
        require(strlen(ipsec_finding_advice(&report->findings.list[i], text)) < sizeof text);
        require(strlen(ipsec_ike_remark(&report->said[i], report->message.version, remark)) < sizeof remark);
    }
    if (report->has_progress)
        require(strlen(ipsec_ike_outcome(&report->progress, outcome)) < sizeof outcome);
}

/* The findings without those that may appear or disappear later. */
static unsigned steady(const ipsec_ike_report *report)
{
    unsigned count = 0;

    for (unsigned i = 0; i < report->count; i++)
        count += !ipsec_catalogue((ipsec_finding_id)report->said[i].finding)->is_later;
    return count;
}

static void judge(ipsec_db *db, item *it, bool decrypted, bool shown)
{
    const uint32_t in_front = it->view.flags & IPSEC_VIEW_IKE_PORT ? 0 : MARKER;
    ipsec_ike_contents contents;
    ipsec_ike_message message;

    if (shown) {
        const ipsec_ike_shown inside = {
            .octets = it->view.data, .count = it->view.captured, .is_correct = it->view.source == hosts[0]};
        const bool is_read = ipsec_read_hidden_ike(db, &it->view, &inside, &contents);

        ipsec_judge_ike(db, &it->view, is_read ? &contents : NULL, &it->judged);
        return;
    }
    if (!decrypted || it->view.captured < in_front ||
        !ipsec_ike_read(it->view.data + in_front, it->view.captured - in_front, &message)) {
        ipsec_judge_ike(db, &it->view, NULL, &it->judged);
        return;
    }
    ipsec_ike_read_clear(&message, it->view.data + in_front, it->view.captured - in_front, &contents);
    contents.decrypted = true;
    contents.verified = message.version == 2;
    ipsec_judge_ike(db, &it->view, &contents, &it->judged);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const ipsec_config config = ipsec_config_default();
    ipsec_db *db = ipsec_db_new(&config);
    item items[MOST];
    uint32_t count = 0;
    uint64_t time = 1;

    for (; size > FACTS && count < MOST; count++) {
        const uint8_t *facts = data;
        size_t length = (size_t)(data[0] << 8 | data[1]);
        item *it = &items[count];

        data += FACTS;
        size -= FACTS;
        length = length < size ? length : size;
        it->data = malloc(length ? length : 1);
        require(it->data);
        memcpy(it->data, data, length);
        it->view = view_of(facts, it->data, (uint32_t)length, count, time);
        time = it->view.time;
        data += length;
        size -= length;
        judge(db, it, facts[2] & 8, facts[2] & 16);
        check(&it->judged);
    }
    for (uint32_t i = 0; i < count; i++) {
        ipsec_ike_report report;

        ipsec_explain_ike(db, &items[i].view, &report);
        check(&report);
        require(report.is_ike == items[i].judged.is_ike && steady(&report) == steady(&items[i].judged));
    }
    ipsec_db_free(db);
    for (uint32_t i = 0; i < count; i++)
        free(items[i].data);
    return 0;
}
