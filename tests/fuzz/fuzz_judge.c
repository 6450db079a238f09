/* libFuzzer target over the core's central calls: sequences of headers, with keys and without, judged in one database
 * and then explained: each with its own record, with none, with those of all others, and with invalid records.
 *
 * The input chooses a configuration and the key rows, then headers, each with the facts of its view in front. A header
 * may be sealed: the fuzzer cannot find an ICV, so it is computed here, with libgcrypt alone. make_corpus.py writes the
 * same form.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys/crypto.h"
#include "report/advice.h"
#include "packet/ip.h"
#include "ipsec.h"
#include "packet/kind.h"
#include "sa/ruling.h"

#include <gcrypt.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONFIG = 4,  /* octets at the beginning: receiver, flags, rows, window */
    FACTS = 10,  /* octets in front of each header, see the enum below */
    MOST = 64,   /* headers: enough for a rekey and its stragglers, and for what is due with those of steady SAs */
    OTHERS = 12, /* records of others with which each header is explained; drawn at random if there are more */
    MUTATIONS = 8
};

enum {
    FACT_COUNT_HIGH, /* octets of the header and after it, 13 bits; the other three choose the length */
    FACT_COUNT_LOW,
    FACT_ADDRESSES, /* 2 bits each: length, IP version, source, destination */
    FACT_CARRIER,   /* 2 bits: protocol, encapsulation; then what is sealed */
    FACT_FLAGS,     /* IPSEC_VIEW_..., the lower eight */
    FACT_REFUSED,   /* 7 bits: stacks that refused a header in front; then the ninth of the flags */
    FACT_FRAME,     /* 2 bits: frames since the previous header; milliseconds */
    FACT_ADVANCE,   /* of the sequence number; 0x80: none, the octets are not changed */
    FACT_OUTER,     /* octets of the outer headers, which precede the others */
    FACT_PORTS
};

enum {
    ROW_NULL,
    ROW_GCM,
    ROW_AH,
    ROW_CBC,
    ROW_NO_INTEGRITY,
    ROW_COUNT
};

#define SPI_OF(row) (0x1001u + (row))

/* The same octet repeated, as often as each algorithm needs. */
#define KEY16     "55555555555555555555555555555555"
#define KEY20     KEY16 "55555555"
#define KEY32     KEY16 KEY16
#define KEY_OCTET 0x55

static const char *const row_texts[ROW_COUNT][IPSEC_COLUMN_COUNT] = {
    [ROW_NULL] = {"ESP", "*", "*", "0x1001", "NULL", "", "HMAC_SHA2_256_128", KEY32, "no", "transport"},
    [ROW_GCM] = {"ESP", "*", "*", "0x1002", "AES_GCM_16", KEY20, "NONE", "", "yes", "tunnel"},
    [ROW_AH] = {"AH", "*", "*", "*", "", "", "HMAC_SHA1_96", KEY20, "no", "any"},
    [ROW_CBC] = {"ESP", "*", "*", "*", "AES_CBC", KEY16, "HMAC_SHA1_96", KEY20, "auto", "any"},
    [ROW_NO_INTEGRITY] = {"ESP", "192.0.2.0/24", "*", "0x1005", "NULL", "", "NONE", "", "no", "any"},
};
static ipsec_key_row rows[ROW_COUNT];

/* Copies in blocks of exactly 4 and 16 octets, made once. */
static uint8_t *addresses4[4], *addresses6[4];

/* One header: the view and its octets, each in a block of exactly their size, and the report on it. */
typedef struct item {
    ipsec_view view;
    uint8_t *data, *outer;
    ipsec_record record;
    ipsec_report judged;
} item;

typedef struct session {
    item items[MOST];
    uint32_t count;
} session;

typedef struct input {
    const uint8_t *octets;
    size_t count;
} input;

static void require(bool holds)
{
    if (!holds)
        abort();
}

static uint8_t *copy_of(const uint8_t *octets, size_t count)
{
    uint8_t *copy = malloc(count ? count : 1);

    require(copy);
    if (count)
        memcpy(copy, octets, count);
    return copy;
}

static void compile_rows(void)
{
    for (unsigned row = 0; row < ROW_COUNT; row++) {
        ipsec_key_row_text text;
        ipsec_key_row_error error;

        memcpy(text.columns, row_texts[row], sizeof text.columns);
        require(ipsec_key_row_compile(&text, &rows[row], &error));
    }
    /* Settings that no table can express. */
    rows[ROW_GCM].selector = (ipsec_selector){.present = true, .protocol = 17};
    rows[ROW_AH].hard_packets = 5;
    rows[ROW_NULL].hard_bytes = 200;
}

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    require(gcry_check_version(NULL));
    gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
    gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
    compile_rows();
    for (unsigned i = 0; i < 4; i++) {
        const uint8_t address[16] = {192, 0, 2, (uint8_t)i, [15] = (uint8_t)i};

        addresses4[i] = copy_of(address, 4);
        addresses6[i] = copy_of(address, 16);
    }
    return 0;
}

/* --- octets -------------------------------------------------------------------------------------------- */

static void put_u32(uint8_t *to, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* The core must not read beyond a view: in a block of exactly that size, ASan notices it. */
static uint8_t *take(input *in, size_t count)
{
    uint8_t *copy = copy_of(in->octets, count);

    in->octets += count;
    in->count -= count;
    return copy;
}

/* --- sealing ------------------------------------------------------------------------------------------- */

static void digest(int algorithm, unsigned key_length, const ipsec_view *outer, const uint8_t *octets, size_t count,
                   uint8_t *icv, size_t icv_length)
{
    uint8_t key[32];
    gcry_mac_hd_t mac;

    memset(key, KEY_OCTET, sizeof key);
    require(!gcry_mac_open(&mac, algorithm, 0, NULL) && !gcry_mac_setkey(mac, key, key_length));
    if (outer)
        require(!gcry_mac_write(mac, outer->outer, outer->outer_length));
    require(!gcry_mac_write(mac, octets, count) && !gcry_mac_read(mac, icv, &icv_length));
    gcry_mac_close(mac);
}

/* ESP with an HMAC as its ICV. */
static void seal_with_hmac(item *it, int algorithm, unsigned key_length, unsigned icv)
{
    if (it->view.captured >= 8 + icv)
        digest(algorithm, key_length, NULL, it->data, it->view.captured - icv, it->data + it->view.captured - icv, icv);
}

/* RFC 4106, with the high half of the number 0. */
static void seal_with_gcm(item *it)
{
    uint8_t key[16], nonce[12], aad[12] = {0};
    const uint32_t count = it->view.captured;
    gcry_cipher_hd_t cipher;

    if (count < 8 + 8 + 16)
        return;
    memset(key, KEY_OCTET, sizeof key);
    memset(nonce, KEY_OCTET, 4);
    memcpy(nonce + 4, it->data + 8, 8);
    memcpy(aad, it->data, 4);
    memcpy(aad + 8, it->data + 4, 4);
    require(!gcry_cipher_open(&cipher, GCRY_CIPHER_AES128, GCRY_CIPHER_MODE_GCM, 0));
    require(!gcry_cipher_setkey(cipher, key, sizeof key) && !gcry_cipher_setiv(cipher, nonce, sizeof nonce) &&
            !gcry_cipher_authenticate(cipher, aad, sizeof aad) &&
            !gcry_cipher_encrypt(cipher, it->data + 16, count - 32, NULL, 0) &&
            !gcry_cipher_gettag(cipher, it->data + count - 16, 16));
    gcry_cipher_close(cipher);
}

/* AH after an IP header without options, whose mutable fields are all 0, so that it is covered as it is. */
static void seal_ah(item *it)
{
    const bool v6 = it->view.ip_version == 6;
    const uint32_t size = v6 ? 40 : 20, length = v6 ? it->view.captured : it->view.captured + size;
    const unsigned width = v6 ? 16 : 4;

    if (it->view.captured < 24 || it->view.address_length != width || it->view.ip_version == 0)
        return;
    free(it->outer);
    it->outer = calloc(1, size);
    require(it->outer);
    it->outer[0] = v6 ? 0x60 : 0x45;
    it->outer[v6 ? 4 : 2] = (uint8_t)(length >> 8);
    it->outer[v6 ? 5 : 3] = (uint8_t)length;
    it->outer[v6 ? 6 : 9] = IPSEC_PROTOCOL_AH;
    memcpy(it->outer + (v6 ? 8 : 12), it->view.source, width);
    memcpy(it->outer + (v6 ? 24 : 16), it->view.destination, width);
    it->view.outer = it->outer;
    it->view.outer_length = size;
    it->data[1] = 24 / 4 - 2;
    memset(it->data + 12, 0, 12);
    digest(GCRY_MAC_HMAC_SHA1, 20, &it->view, it->data, it->view.captured, it->data + 12, 12);
}

static void seal(item *it, unsigned row)
{
    switch (row) {
    case ROW_NULL:
        seal_with_hmac(it, GCRY_MAC_HMAC_SHA256, 32, 16);
        break;
    case ROW_GCM:
        seal_with_gcm(it);
        break;
    case ROW_AH:
        seal_ah(it);
        break;
    case ROW_CBC:
        seal_with_hmac(it, GCRY_MAC_HMAC_SHA1, 20, 12);
        break;
    default:
        break;
    }
}

/* Writes the SPI of a row, and a number that follows the previous one. */
static void put_numbers(item *it, unsigned row, int8_t advance, uint32_t *sequence)
{
    const uint32_t at = it->view.protocol == IPSEC_PROTOCOL_AH ? 4 : 0;

    if (it->view.captured < at + 8)
        return;
    if (row < ROW_COUNT)
        put_u32(it->data + at, SPI_OF(row));
    if (advance == INT8_MIN) {
        *sequence = ipsec_read_u32(it->data + at + 4);
        return;
    }
    *sequence += (uint32_t)advance;
    put_u32(it->data + at + 4, *sequence);
}

/* --- views --------------------------------------------------------------------------------------------- */

static uint32_t length_of(const uint8_t *facts, size_t count)
{
    const uint32_t lengths[] = {(uint32_t)count,
                                (uint32_t)count,
                                (uint32_t)count,
                                IPSEC_LENGTH_UNKNOWN,
                                (uint32_t)count + 7,
                                count > 4 ? (uint32_t)count - 4 : 0,
                                65535,
                                0};

    return lengths[facts[FACT_COUNT_HIGH] >> 5];
}

static void set_addresses(ipsec_view *view, uint8_t fact)
{
    view->address_length = (uint8_t[]){4, 16, 0, 4}[fact & 3];
    view->ip_version = (uint8_t[]){4, 6, 0, 4}[fact >> 2 & 3];
    if (view->address_length == 0)
        return;
    view->source = view->address_length == 4 ? addresses4[fact >> 4 & 3] : addresses6[fact >> 4 & 3];
    view->destination = view->address_length == 4 ? addresses4[fact >> 6] : addresses6[fact >> 6];
}

/* No link; two links of one interface; another interface. */
static const uint32_t places[] = {0, 1, 2, 1u << IPSEC_PLACE_LINK_BITS | 1};

/* Reads the next header of the input; false at its end. */
static bool read_item(session *s, input *in, uint32_t *sequence)
{
    item *it = &s->items[s->count];
    const item *before = s->count ? it - 1 : NULL;
    const uint8_t *facts = in->octets;
    uint32_t length, captured;
    size_t outer, count;

    if (s->count == MOST || in->count < FACTS)
        return false;
    in->octets += FACTS;
    in->count -= FACTS;
    outer = facts[FACT_OUTER] < in->count ? facts[FACT_OUTER] : in->count;
    it->outer = outer ? take(in, outer) : NULL;
    count = (size_t)(facts[FACT_COUNT_HIGH] & 0x1f) << 8 | facts[FACT_COUNT_LOW];
    count = count < in->count ? count : in->count;
    length = length_of(facts, count);
    captured = length < count ? length : (uint32_t)count;
    it->data = take(in, captured);
    in->octets += count - captured;
    in->count -= count - captured;
    it->view = (ipsec_view){
        .data = it->data,
        .captured = captured,
        .length = length,
        .outer = it->outer,
        .outer_length = (uint32_t)outer,
        .frame = (before ? before->view.frame : 1) + (facts[FACT_FRAME] & 3),
        .offset = s->count,
        .time = (before ? before->view.time : 1) + (uint64_t)(facts[FACT_FRAME] >> 2) * 1000000,
        .protocol = facts[FACT_CARRIER] & 1 ? IPSEC_PROTOCOL_AH : IPSEC_PROTOCOL_ESP,
        .encapsulation = (facts[FACT_CARRIER] & 3) == 2 ? IPSEC_ENCAPSULATION_UDP : IPSEC_ENCAPSULATION_NONE,
        .flags = (uint16_t)(facts[FACT_FLAGS] | (facts[FACT_REFUSED] & 0x80) << 1),
        .refused_by = facts[FACT_REFUSED] & 0x7f,
        .source_port = (uint16_t)(facts[FACT_PORTS] & 1 ? 4500 : facts[FACT_PORTS] << 4),
        .destination_port = 4500,
        .place = places[facts[FACT_PORTS] >> 1 & 3],
        .packet_id = facts[FACT_PORTS] >> 7,
    };
    set_addresses(&it->view, facts[FACT_ADDRESSES]);
    put_numbers(it, facts[FACT_CARRIER] >> 2 & 7, (int8_t)facts[FACT_ADVANCE], sequence);
    if (facts[FACT_CARRIER] & 0x80)
        seal(it, facts[FACT_CARRIER] >> 2 & 7);
    s->count++;
    return true;
}

static void free_items(session *s)
{
    for (uint32_t i = 0; i < s->count; i++) {
        free(s->items[i].data);
        free(s->items[i].outer);
    }
}

/* --- judging and explaining ------------------------------------------------------------------------------ */

static void check_report(const ipsec_report *report)
{
    require(report->verdict <= IPSEC_VERDICT_DROP && report->findings.count <= IPSEC_FINDINGS_MOST);
    for (unsigned i = 0; i < report->findings.count; i++)
        require(report->findings.list[i].id < IPSEC_FINDING_COUNT);
    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++)
        require(report->findings.whole || !ipsec_outcome_at((ipsec_stack)stack, report));
}

static void explain_with(const ipsec_db *db, const ipsec_view *view, const ipsec_record *record)
{
    ipsec_report report;

    ipsec_explain(db, view, record, &report);
    check_report(&report);
}

/* Explains a view with any record, as it is and as if it belonged to this header: the result need not make sense, but
 * nothing must be read out of bounds. */
static void explain_any(const ipsec_db *db, const ipsec_view *view, const ipsec_record *record)
{
    ipsec_ruling ruling = {.bits = record->bits};
    ipsec_record here = *record;

    explain_with(db, view, record);
    ruling.buffer = view->buffer & IPSEC_BUFFER_MOST;
    ruling.kind = ipsec_kind_index(view->protocol);
    ruling.udp = view->encapsulation == IPSEC_ENCAPSULATION_UDP;
    here.bits = ruling.bits;
    explain_with(db, view, &here); /* its note may be that of any header at the same place */
    ruling.noted = false;
    here.bits = ruling.bits;
    here.where_or_note = record->where_or_note << 16 | (view->offset & UINT16_MAX);
    explain_with(db, view, &here);
}

static void explain_own(const ipsec_db *db, const item *it)
{
    ipsec_report report;
    bool in_hindsight;

    ipsec_explain(db, &it->view, &it->record, &report);
    in_hindsight = report.opened.valid && report.opened.in_hindsight;
    require(report.verdict == it->judged.verdict && report.findings.count == it->judged.findings.count &&
            report.sa == it->judged.sa);
    for (unsigned i = 0; i < report.findings.count; i++)
        require(report.findings.list[i].id == it->judged.findings.list[i].id);
    /* Knowledge about ESP-NULL by now opens earlier packets. */
    require(in_hindsight || report.opened.valid == it->judged.opened.valid);
    require(report.findings.whole == it->judged.findings.whole);
    require(report.number.is_doubtful == it->judged.number.is_doubtful && report.unproven == it->judged.unproven);
    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++)
        require(ipsec_outcome_at((ipsec_stack)stack, &report) == ipsec_outcome_at((ipsec_stack)stack, &it->judged));
    if (!report.opened.valid || in_hindsight)
        return;
    require(report.opened.icv_status == it->judged.opened.icv_status);
    require(report.opened.icv_status != IPSEC_ICV_UNVERIFIED ||
            report.opened.unverified == it->judged.opened.unverified);
    require(report.opened.has_trailer == it->judged.opened.has_trailer);
    require(report.opened.plaintext_length == it->judged.opened.plaintext_length);
}

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

/* Changes single octets, because the members are internal to the core, or runs of 4, the size of most members. */
static void mutate(ipsec_record *record, uint32_t *state)
{
    static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff};
    uint8_t *octets = (uint8_t *)record;
    const size_t at = next_random(state) % sizeof *record;
    const uint8_t value =
        next_random(state) & 1 ? values[next_random(state) % sizeof values] : (uint8_t)next_random(state);
    const size_t most = sizeof *record - at;
    const size_t run = next_random(state) & 1 ? 1 : most < 4 ? most : 4;

    memset(octets + at, value, run);
}

static void explain_mutated(const ipsec_db *db, const item *it, uint32_t *state)
{
    ipsec_record record = it->record;

    for (unsigned i = 0; i < MUTATIONS; i++) {
        /* Keep only this change, or all so far. */
        if (next_random(state) & 1)
            record = it->record;
        mutate(&record, state);
        explain_any(db, &it->view, &record);
    }
}

static void explain_all(const ipsec_db *db, const session *s, uint32_t seed)
{
    for (uint32_t i = 0; i < s->count; i++) {
        const item *it = &s->items[i];

        explain_own(db, it);
        explain_with(db, &it->view, NULL);
        for (uint32_t other = 0; other < s->count && other < OTHERS; other++)
            explain_any(db, &it->view, &s->items[s->count <= OTHERS ? other : next_random(&seed) % s->count].record);
        explain_mutated(db, it, &seed);
    }
}

static ipsec_db *new_db(const uint8_t *octets)
{
    static const uint32_t windows[] = {IPSEC_REPLAY_WINDOW_UNKNOWN, 0, 32, 4096};
    ipsec_config config = ipsec_config_default();
    ipsec_db *db;

    config.receiver = (ipsec_stack)(octets[0] % IPSEC_STACK_COUNT);
    config.report_reserved_spi = octets[1] & 1;
    config.sa_complete = octets[1] & 2;
    config.null_heuristic = octets[1] & 4;
    config.sas = octets[1] & 8 ? 2 : 0;
    config.replay_window = windows[octets[3] & 3];
    db = ipsec_db_new(&config);
    for (unsigned row = 0; row < ROW_COUNT; row++)
        if (octets[2] & 1u << row)
            ipsec_db_add(db, &rows[row]);
    return db;
}

/* On the quick path, which makes no report if there is nothing to say. The build compares it with the long way, see
 * twin.h. */
static void judge_briefly(ipsec_db *db, item *it)
{
    if (!ipsec_judge_briefly(db, &it->view, &it->record, &it->judged))
        return;
    ipsec_explain(db, &it->view, &it->record, &it->judged);
    require(it->judged.findings.count == 0 && it->judged.sa != IPSEC_SA_NONE);
}

static void judge_all(ipsec_db *db, session *s, bool brief)
{
    char advice[IPSEC_ADVICE_SIZE];

    for (uint32_t i = 0; i < s->count; i++) {
        item *it = &s->items[i];

        if (brief)
            judge_briefly(db, it);
        else
            ipsec_judge(db, &it->view, &it->record, &it->judged);
        check_report(&it->judged);
        for (unsigned finding = 0; finding < it->judged.findings.count; finding++)
            require(strlen(ipsec_finding_advice(&it->judged.findings.list[finding], advice)) < sizeof advice);
        explain_own(db, it);
    }
}

/* --- headers in front --------------------------------------------------------------------- */

static void find(const item *it)
{
    const bool v6 = it->view.ip_version == 6;
    const uint32_t count = it->view.captured;
    const uint8_t *octets = it->data;
    const ipsec_ip_search search = {.octets = octets,
                                    .count = count,
                                    .source = count >= 24 ? octets + (v6 ? 8 : 12) : octets,
                                    .address_length = count >= 24 ? (v6 ? 16 : 4) : 0,
                                    .protocol = it->view.protocol,
                                    .hint = it->view.source_port};
    ipsec_ip_path path;
    ipsec_udp udp;

    if (ipsec_ip_find(&search, &path))
        require(path.header <= count);
    if (count >= 8)
        ipsec_udp_read(octets, count, (uint16_t)(octets[count - 8] << 8 | octets[count - 7]),
                       (uint16_t)(octets[count - 6] << 8 | octets[count - 5]), &udp);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    session s = {.count = 0};
    uint32_t sequence = 0;
    input in;
    ipsec_db *db;

    if (size < CONFIG + FACTS || size > 65536)
        return 0;
    in = (input){data + CONFIG, size - CONFIG};
    while (read_item(&s, &in, &sequence))
        ;
    db = new_db(data);
    judge_all(db, &s, data[1] & 16);
    explain_all(db, &s, data[3] * 2654435761u + (uint32_t)size);
    for (uint32_t i = 0; i < s.count; i++)
        find(&s.items[i]);
    ipsec_db_free(db);
    free_items(&s);
    return 0;
}
