/* The output of `ip xfrm state`.
 *
 * An SA is a block of lines that begins with "src ... dst ...". The first word of a line says what it is about; lines
 * that begin with another word are skipped. The lines are those of xfrm_state_info_print() of iproute2.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys/xfrm_state.h"
#include "base/wipe.h"
#include "keys/address.h"
#include "keys/xfrm_reader.h"
#include "keys/xfrm_selector.h"
#include "packet/kind.h"
#include "packet/view.h"

#include <string.h>

/* A word of a line, and what to do with the word after it. */
typedef struct line_field {
    ipsec_text name;
    void (*set)(ipsec_xfrm_reader *reader, ipsec_text value);
} line_field;

/* A line, by its first word: either fields, from that word on, or a function that reads what follows it. */
typedef struct line_kind {
    ipsec_text name;
    const line_field *fields; /* ends with a row without name */
    void (*read)(ipsec_xfrm_reader *reader, ipsec_text rest);
} line_kind;

/* --- the first line --- */

static void read_end(ipsec_text text, const char *column, last_end *last, ipsec_address_range *range,
                     ipsec_xfrm_reader *reader)
{
    if (is_last_text(&last->text, text)) {
        *range = last->range;
    } else if (ipsec_address_range_read(text, false, range) || range->length == 0) {
        fail(reader, column, "not an IP address");
    } else {
        keep_text(&last->text, text);
        last->range = *range;
    }
}

static void finish_sa(ipsec_xfrm_reader *reader);

/* "src A dst B" begins an SA; with prefix lengths it begins a policy. */
static void begin_sa(ipsec_xfrm_reader *reader, ipsec_text rest)
{
    ipsec_text source, word, destination;

    finish_sa(reader);
    ipsec_text_word(&rest, &source);
    ipsec_text_word(&rest, &word);
    ipsec_text_word(&rest, &destination);
    if (memchr(source.at, '/', source.length))
        return;
    ipsec_key_row_init(&reader->spec);
    reader->spec.line = reader->line;
    reader->spec.origin = IPSEC_ORIGIN_XFRM;
    reader->spec.encapsulation = IPSEC_ENCAP_NONE;
    reader->spec.esn = IPSEC_ESN_NO;
    reader->error = (ipsec_key_row_error){.column = NULL};
    reader->failed = reader->has_algorithm = reader->has_replay_window = reader->has_esn_context = false;
    reader->is_outbound = reader->has_sent = reader->has_received = false;
    read_end(source, "src", &reader->source, &reader->spec.source, reader);
    if (ipsec_text_is(word, "dst"))
        read_end(destination, "dst", &reader->destination, &reader->spec.destination, reader);
    else
        fail(reader, "dst", "an address is missing");
}

/* --- proto, spi, mode --- */

static void set_protocol(ipsec_xfrm_reader *reader, ipsec_text value)
{
    static const ipsec_word protocols[] = {
#define KIND(symbol, name, number, encrypts, covers_outer) {#name, number}, {#number, number},
#include "base/kind.def"
#undef KIND
        {NULL, 0},
    };

    reader->spec.protocol = (uint8_t)ipsec_text_find(value, protocols);
}

/* With statistics the decimal follows at once: "0x00001000(4096)". */
static void set_spi(ipsec_xfrm_reader *reader, ipsec_text value)
{
    const char *const bracket = memchr(value.at, '(', value.length);
    uint64_t spi;

    if (bracket)
        value.length = (size_t)(bracket - value.at);
    if (!ipsec_text_number(value, UINT32_MAX, &spi)) {
        fail(reader, "spi", "not a 32-bit number");
        return;
    }
    reader->spec.spi = (uint32_t)spi;
    reader->spec.spi_mask = UINT32_MAX;
}

/* An iproute2 that is older than a mode prints the kernel's number. */
static void set_mode(ipsec_xfrm_reader *reader, ipsec_text value)
{
    static const ipsec_word modes[] = {
        {"transport", IPSEC_MODE_TRANSPORT},
        {"tunnel", IPSEC_MODE_TUNNEL},
        {"beet", IPSEC_MODE_BEET},
        {"iptfs", IPSEC_MODE_IPTFS},
        {"4", IPSEC_MODE_BEET},
        {"5", IPSEC_MODE_IPTFS},
        {NULL, IPSEC_MODE_ANY},
    };

    reader->spec.mode = (uint8_t)ipsec_text_find(value, modes);
}

static void read_fields(ipsec_xfrm_reader *reader, ipsec_text line, const line_field *fields)
{
    ipsec_text word;

    while (ipsec_text_word(&line, &word)) {
        const line_field *field = fields;

        while (field->set && !ipsec_text_equal(word, field->name))
            field++;
        if (field->set && ipsec_text_word(&line, &word))
            field->set(reader, word);
    }
}

/* --- protocol, SPI and mode --- */

static const line_field identity_fields[] = {{IPSEC_TEXT("proto"), set_protocol},
                                             {IPSEC_TEXT("spi"), set_spi},
                                             {IPSEC_TEXT("mode"), set_mode},
                                             {{NULL, 0}, NULL}};
static const line_field mode_fields[] = {{IPSEC_TEXT("mode"), set_mode}, {{NULL, 0}, NULL}};

/* Whether the text names protocol or SPI again, which iproute2 does not print. */
static bool has_identity(ipsec_text text)
{
    ipsec_text word;

    while (ipsec_text_word(&text, &word))
        if (ipsec_text_is(word, "proto") || ipsec_text_is(word, "spi"))
            return true;
    return false;
}

/* Reads the mode from what follows the SPI. */
static void read_tail(ipsec_xfrm_reader *reader, ipsec_text tail)
{
    enum {
        NOT_SET = UINT8_MAX
    };
    last_tail *const last = &reader->tail;
    const uint8_t before = reader->spec.mode;

    if (is_last_text(&last->text, tail)) {
        reader->spec.mode = last->mode;
        return;
    }
    reader->spec.mode = NOT_SET;
    read_fields(reader, tail, mode_fields);
    if (reader->spec.mode == NOT_SET) {
        reader->spec.mode = before;
        return;
    }
    keep_text(&last->text, tail);
    last->mode = reader->spec.mode;
}

/* "esp spi S reqid R mode M", in which only the SPI differs from one SA to the next. Anything else is read word by
 * word. */
static void read_identity(ipsec_xfrm_reader *reader, ipsec_text rest)
{
    static const ipsec_text usual = IPSEC_TEXT(" esp spi ");
    const ipsec_text line = rest;
    ipsec_text spi;

    rest = ipsec_text_from(rest, usual.length);
    if (line.length > usual.length && memcmp(line.at, usual.at, usual.length) == 0 && ipsec_text_word(&rest, &spi) &&
        (is_last_text(&reader->tail.text, rest) || !has_identity(rest))) {
        reader->spec.protocol = IPSEC_PROTOCOL_ESP;
        set_spi(reader, spi);
        read_tail(reader, rest);
    } else {
        read_fields(reader, (ipsec_text){line.at - strlen("proto"), line.length + strlen("proto")}, identity_fields);
    }
}

/* --- replay-window and flags --- */

enum {
    FLAG_ALIGN4 = 0x40, /* XFRM_STATE_ALIGN4 */
    FLAG_ESN = 0x80     /* XFRM_STATE_ESN */
};

/* Flags in hex; 0 if that is something else. */
static unsigned read_flag_bits(ipsec_text flag)
{
    unsigned bits = 0;

    if (flag.length > 2)
        return 0;
    for (size_t i = 0; i < flag.length; i++) {
        const int digit = ipsec_text_hex_digit(flag.at[i]);

        if (digit < 0)
            return 0;
        bits = bits << 4 | (unsigned)digit;
    }
    return bits;
}

/* Sets a flag by its name, or flags in hex for which iproute2 had no name. */
static void set_flag(ipsec_xfrm_reader *reader, ipsec_text flag)
{
    static const ipsec_word names[] = {{"esn", FLAG_ESN}, {"align4", FLAG_ALIGN4}, {NULL, 0}};
    const unsigned bits = (unsigned)ipsec_text_find(flag, names) | read_flag_bits(flag);

    if (bits & FLAG_ESN)
        reader->spec.esn = IPSEC_ESN_YES;
    if (bits & FLAG_ALIGN4)
        reader->spec.align4 = true;
}

static void read_replay_window(ipsec_xfrm_reader *reader, ipsec_text rest)
{
    bool flags = false;
    ipsec_text word;

    if (reader->has_replay_window)
        return;
    reader->has_replay_window = true;
    ipsec_text_word(&rest, &word);
    if (!reader->has_esn_context)
        read_count(word, &reader->spec.replay_window);
    while (ipsec_text_word(&rest, &word) && !ipsec_text_is(word, "extra_flag")) {
        if (flags)
            set_flag(reader, word);
        flags = flags || ipsec_text_is(word, "flag");
    }
}

/* --- whose window it is --- */

/* A number of a list, with its comma. */
static bool read_part(ipsec_text value, uint32_t *number)
{
    if (value.length > 0 && value.at[value.length - 1] == ',')
        value.length--;
    return read_count(value, number);
}

/* What the host has sent or received shows which end of the SA it is. The numbers themselves are not used, because they
 * are not from the time of the capture. */
static void set_sequence(ipsec_xfrm_reader *reader, ipsec_text value)
{
    uint32_t number;

    reader->has_received = reader->has_received || (read_part(value, &number) && number > 0);
}

static void set_output_sequence(ipsec_xfrm_reader *reader, ipsec_text value)
{
    uint32_t number;

    reader->has_sent = reader->has_sent || (read_part(value, &number) && number > 0);
}

static void set_direction(ipsec_xfrm_reader *reader, ipsec_text value)
{
    if (ipsec_text_is(value, "out"))
        reader->is_outbound = true;
}

/* "crypto offload parameters: dev eth0 dir out", perhaps with "mode packet" after it. */
static void set_offload(ipsec_xfrm_reader *reader, ipsec_text value)
{
    reader->spec.offload = ipsec_text_is(value, "parameters:");
}

static const line_field sequence_fields[] = {
    {IPSEC_TEXT("seq"), set_sequence}, {IPSEC_TEXT("oseq"), set_output_sequence}, {{NULL, 0}, NULL}};
static const line_field direction_fields[] = {{IPSEC_TEXT("dir"), set_direction}, {{NULL, 0}, NULL}};
static const line_field offload_fields[] = {
    {IPSEC_TEXT("offload"), set_offload}, {IPSEC_TEXT("dir"), set_direction}, {{NULL, 0}, NULL}};

/* "anti-replay context: seq 0x0, oseq 0x0, bitmap 0x00000000". If there is a window, it does not matter whose it is. */
static void read_anti_replay(ipsec_xfrm_reader *reader, ipsec_text rest)
{
    if (reader->spec.replay_window == 0)
        read_fields(reader, rest, sequence_fields);
}

/* The host has no window for an SA on which it sends; the window of the other end is not known here. */
static bool is_senders(const ipsec_xfrm_reader *reader)
{
    return reader->is_outbound || (reader->has_sent && !reader->has_received);
}

/* --- the context of ESN --- */

static void add_high(ipsec_xfrm_reader *reader, ipsec_text value)
{
    ipsec_key_row *const spec = &reader->spec;
    uint32_t high;

    if (!read_part(value, &high) || spec->high_count == IPSEC_SPEC_HIGHS)
        return;
    for (unsigned i = 0; i < spec->high_count; i++)
        if (spec->highs[i] == high)
            return;
    spec->highs[spec->high_count++] = high;
}

static void set_high(ipsec_xfrm_reader *reader, ipsec_text value)
{
    add_high(reader, value);
    set_sequence(reader, value);
}

static void set_output_high(ipsec_xfrm_reader *reader, ipsec_text value)
{
    add_high(reader, value);
    set_output_sequence(reader, value);
}

static void set_esn_window(ipsec_xfrm_reader *reader, ipsec_text value)
{
    reader->has_esn_context = read_part(value, &reader->spec.replay_window);
}

static const line_field esn_fields[] = {{IPSEC_TEXT("seq-hi"), set_high},
                                        {IPSEC_TEXT("seq"), set_sequence},
                                        {IPSEC_TEXT("oseq-hi"), set_output_high},
                                        {IPSEC_TEXT("oseq"), set_output_sequence},
                                        {{NULL, 0}, NULL}};
static const line_field window_fields[] = {{IPSEC_TEXT("replay_window"), set_esn_window}, {{NULL, 0}, NULL}};

/* --- encapsulation and lifetime --- */

static void set_encapsulation(ipsec_xfrm_reader *reader, ipsec_text value)
{
    static const ipsec_word types[] = {
        {"espinudp", IPSEC_ENCAP_UDP}, {"espinudp-nonike", IPSEC_ENCAP_UDP},
        {"espintcp", IPSEC_ENCAP_TCP}, {"7", IPSEC_ENCAP_TCP},
        {NULL, IPSEC_ENCAP_ANY},
    };

    reader->spec.encapsulation = (uint8_t)ipsec_text_find(value, types);
}

static uint16_t port_of(ipsec_text value)
{
    uint64_t port;

    return ipsec_text_number(value, UINT16_MAX, &port) ? (uint16_t)port : 0;
}

static void set_source_port(ipsec_xfrm_reader *reader, ipsec_text value)
{
    reader->spec.source_port = port_of(value);
}

static void set_destination_port(ipsec_xfrm_reader *reader, ipsec_text value)
{
    reader->spec.destination_port = port_of(value);
}

static const line_field encapsulation_fields[] = {{IPSEC_TEXT("type"), set_encapsulation},
                                                  {IPSEC_TEXT("sport"), set_source_port},
                                                  {IPSEC_TEXT("dport"), set_destination_port},
                                                  {{NULL, 0}, NULL}};

/* "1000(bytes)", "1000(packets)" or "(INF)(bytes)"; the last is not a number. */
static void set_hard(ipsec_xfrm_reader *reader, ipsec_text value)
{
    const char *const bracket = memchr(value.at, '(', value.length);
    const ipsec_text number = {value.at, bracket ? (size_t)(bracket - value.at) : 0};
    const ipsec_text unit = ipsec_text_from(value, number.length);
    uint64_t limit;

    if (!ipsec_text_number(number, UINT64_MAX, &limit))
        return;
    if (ipsec_text_is(unit, "(bytes)"))
        reader->spec.hard_bytes = limit;
    else if (ipsec_text_is(unit, "(packets)"))
        reader->spec.hard_packets = limit;
}

static const line_field limit_fields[] = {{IPSEC_TEXT("hard"), set_hard}, {{NULL, 0}, NULL}};

/* --- the selector --- */

static void read_selector(ipsec_xfrm_reader *reader, ipsec_text rest)
{
    last_selector *const last = &reader->selector;

    if (!is_last_text(&last->text, rest)) {
        ipsec_xfrm_selector_read(rest, &last->selector);
        keep_text(&last->text, rest);
    }
    reader->spec.selector = last->selector;
}

/* --- the end of an SA --- */

static bool is_zero(const uint8_t *octets, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (octets[i])
            return false;
    return true;
}

/* A kernel in lockdown prints zeros for keys; IKE would never generate such keys. */
static void check_for_zeros(ipsec_xfrm_reader *reader)
{
    ipsec_key_row *const spec = &reader->spec;

    if (spec->encryption_key_length + spec->integrity_key_length == 0 ||
        !is_zero(spec->encryption_key, spec->encryption_key_length) ||
        !is_zero(spec->integrity_key, spec->integrity_key_length))
        return;
    spec->has_keys = false;
    ipsec_key_row_warn(&reader->error, NULL,
                       "the keys are ignored: they are all zeros, as a kernel in lockdown prints them");
}

/* Checks for SAs that the kernel would not have accepted. */
static void check_whole(ipsec_xfrm_reader *reader)
{
    ipsec_key_row *const spec = &reader->spec;
    const bool encrypts = ipsec_encrypts(spec->protocol);

    if (!encrypts && spec->encryption)
        fail(reader, "enc", "AH has no encryption");
    else if (!encrypts && spec->integrity->kind == IPSEC_MAC_NONE)
        fail(reader, "auth", "AH needs an integrity algorithm");
    else if (encrypts && !spec->encryption)
        fail(reader, "enc", "an encryption algorithm is missing");
    else if (spec->spi == 0)
        fail(reader, "spi", "no packet may have SPI 0");
    else if (spec->encryption && ipsec_encryption_is_combined(spec->encryption))
        spec->integrity = ipsec_integrity_none();
}

static void strip_keys(ipsec_key_row *spec)
{
    if (spec->has_keys)
        return;
    memset(spec->encryption_key, 0, sizeof spec->encryption_key);
    memset(spec->integrity_key, 0, sizeof spec->integrity_key);
    spec->encryption_key_length = spec->integrity_key_length = 0;
}

static void hand_over(ipsec_xfrm_reader *reader)
{
    ipsec_key_row *const spec = &reader->spec;

    /* Linux keeps the window of ESN only in the context, which an old iproute2 does not print. */
    if (spec->esn == IPSEC_ESN_YES && !reader->has_esn_context)
        spec->replay_window = IPSEC_REPLAY_WINDOW_UNKNOWN;
    /* A sender's SA needs no window, but with ESN Linux requires at least 1. */
    if (spec->replay_window <= 1 && is_senders(reader))
        spec->replay_window = IPSEC_REPLAY_WINDOW_UNKNOWN;
    if (spec->esn != IPSEC_ESN_YES)
        spec->high_count = 0;
    strip_keys(spec);
    reader->rows++;
    reader->calls->row(spec, reader->calls->context);
}

/* Checks the SA that was read, and hands it over. */
static void close_sa(ipsec_xfrm_reader *reader)
{
    if (!reader->failed)
        check_whole(reader);
    if (!reader->failed)
        check_for_zeros(reader);
    if (reader->error.reason[0])
        reader->calls->error(reader->spec.line, &reader->error, reader->calls->context);
    if (!reader->failed)
        hand_over(reader);
}

/* Ends the SA, if there is one. One without algorithms has only been requested from IKE. */
static void finish_sa(ipsec_xfrm_reader *reader)
{
    if (reader->spec.line == 0)
        return;
    if (reader->spec.protocol != 0 && (reader->has_algorithm || reader->failed))
        close_sa(reader);
    ipsec_key_row_wipe(&reader->spec);
}

/* A message of `ip xfrm monitor` that is not an SA. */
static void end_sa(ipsec_xfrm_reader *reader, ipsec_text rest)
{
    (void)rest;
    finish_sa(reader);
}

/* --- lines --- */

/* The most common ones come first, because they are tried in turn. */
static const line_kind line_kinds[] = {
    {IPSEC_TEXT("src"), NULL, begin_sa},
    {IPSEC_TEXT("proto"), NULL, read_identity},
    {IPSEC_TEXT("replay-window"), NULL, read_replay_window},
    {IPSEC_TEXT("sel"), NULL, read_selector},
    {IPSEC_TEXT("anti-replay"), NULL, read_anti_replay},
    {IPSEC_TEXT("aead"), NULL, ipsec_xfrm_read_aead},
    {IPSEC_TEXT("auth-trunc"), NULL, ipsec_xfrm_read_auth_trunc},
    {IPSEC_TEXT("enc"), NULL, ipsec_xfrm_read_enc},
    {IPSEC_TEXT("encap"), encapsulation_fields, NULL},
    {IPSEC_TEXT("seq-hi"), esn_fields, NULL},
    {IPSEC_TEXT("replay_window"), window_fields, NULL},
    {IPSEC_TEXT("limit:"), limit_fields, NULL},
    {IPSEC_TEXT("auth"), NULL, ipsec_xfrm_read_auth},
    {IPSEC_TEXT("dir"), direction_fields, NULL},
    {IPSEC_TEXT("crypto"), offload_fields, NULL},
    {IPSEC_TEXT("acquire"), NULL, end_sa},
    {IPSEC_TEXT("report"), NULL, end_sa},
    {IPSEC_TEXT("Async"), NULL, end_sa},
    {IPSEC_TEXT("Flushed"), NULL, end_sa},
};

static const line_kind *find_kind(ipsec_text first)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(line_kinds); i++)
        if (ipsec_text_equal(first, line_kinds[i].name))
            return &line_kinds[i];
    return NULL;
}

/* Whether the word says what happened to an SA; the SA's first line follows it. */
static bool is_event(ipsec_text word)
{
    static const ipsec_word events[] = {{"Deleted", true}, {"Updated", true}, {"Expired", true}, {NULL, false}};

    return ipsec_text_find(word, events);
}

/* Skips text in brackets at the beginning of a line: a time or the number of a namespace. */
static void skip_brackets(ipsec_text *line)
{
    while (line->length > 0 && (line->at[0] == '[' || ipsec_text_is_space(line->at[0]))) {
        if (line->at[0] == '[')
            ipsec_text_part(line, ']'); /* there may be no space after it */
        else
            *line = ipsec_text_from(*line, 1);
    }
}

/* Skips what `ip xfrm monitor` puts in front of a line, splits off the first word, and finds the kind of line that it
 * begins; NULL if that is of no interest. */
static const line_kind *take_kind(ipsec_text *line)
{
    const line_kind *kind = NULL;
    ipsec_text first;

    do {
        skip_brackets(line);
        if (!ipsec_text_word(line, &first))
            return NULL;
        kind = find_kind(first);
    } while (!kind && is_event(first));
    return kind;
}

static void read_line(ipsec_xfrm_reader *reader, ipsec_text line)
{
    ipsec_text rest = line;
    const line_kind *const kind = take_kind(&rest);

    if (!kind || (reader->spec.line == 0 && kind->read != begin_sa))
        return;
    if (kind->fields)
        read_fields(reader, line, kind->fields);
    else
        kind->read(reader, rest);
}

/* Reads a line without its end. With -o the lines of an SA are joined by backslashes. */
static void read_joined_lines(ipsec_xfrm_reader *reader, ipsec_text line)
{
    while (line.length > 0)
        read_line(reader, ipsec_text_part(&line, '\\'));
}

ipsec_xfrm_reader *ipsec_xfrm_reader_new(const ipsec_xfrm_calls *calls)
{
    ipsec_xfrm_reader *const reader = g_new0(ipsec_xfrm_reader, 1);

    reader->calls = calls;
    return reader;
}

size_t ipsec_xfrm_reader_feed(ipsec_xfrm_reader *reader, const char *text, size_t length)
{
    const bool joined = memchr(text, '\\', length) != NULL; /* looked up once for all lines */
    const char *at = text, *end;

    for (; (end = memchr(at, '\n', length - (size_t)(at - text))) != NULL; at = end + 1) {
        const ipsec_text line = {at, (size_t)(end - at)};

        reader->line++;
        if (joined)
            read_joined_lines(reader, line);
        else
            read_line(reader, line);
    }
    return (size_t)(at - text);
}

uint32_t ipsec_xfrm_reader_end(ipsec_xfrm_reader *reader, const char *text, size_t length)
{
    const size_t fed = ipsec_xfrm_reader_feed(reader, text, length);
    uint32_t rows;

    if (fed < length) {
        reader->line++;
        read_joined_lines(reader, (ipsec_text){text + fed, length - fed});
    }
    finish_sa(reader);
    rows = reader->rows;
    ipsec_wipe(reader, sizeof *reader);
    g_free(reader);
    return rows;
}

uint32_t ipsec_xfrm_state_read(const char *text, size_t length, const ipsec_xfrm_calls *calls)
{
    return ipsec_xfrm_reader_end(ipsec_xfrm_reader_new(calls), text, length);
}
