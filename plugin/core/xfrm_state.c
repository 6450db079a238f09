/* The output of `ip xfrm state`.
 *
 * An SA is a block of lines that begins with "src ... dst ...". What a line says is told by its first word; lines that
 * begin with another word are passed over. The lines are those of xfrm_state_info_print() of iproute2.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm_state.h"
#include "address.h"
#include "spec_parts.h"
#include "text.h"
#include "view.h"
#include "xfrm_selector.h"

#include <string.h>

/* The kernel's bound for names of algorithms, with room for quotes. */
#define NAME_MOST 68

/* Name and ICV of the algorithm that was looked up last: most dumps have one or two in all of their SAs. */
typedef struct lookup {
    char name[NAME_MOST];
    size_t length; /* of the name; 0 if there was none, or it was too long to be kept */
    unsigned bits;
    const void *row;
} lookup;

struct ipsec_xfrm_reader {
    const ipsec_xfrm_calls *calls;
    uint32_t line; /* number of the one that is read */
    uint32_t rows; /* handed over */
    lookup encryption, integrity;

    /* The SA that is read; its line is 0 where there is none. */
    ipsec_spec spec;
    ipsec_spec_error error;
    bool failed;            /* there is an error that is no warning */
    bool has_algorithm;     /* there was a line for one, known or not */
    bool has_replay_window; /* the statistics have a line that begins with that word too */
    bool has_esn_context;
};

typedef ipsec_xfrm_reader reader;

/* A word of a line, and what to do with the word behind it. */
typedef struct field {
    const char *name;
    void (*set)(reader *reader, ipsec_text value);
} field;

/* A line by its first word: either fields, from that word on, or a function for what stands behind it. */
typedef struct line_kind {
    const char *name;
    const field *fields; /* ends with a row of NULL */
    void (*read)(reader *reader, ipsec_text rest);
} line_kind;

/* --- errors --- */

static void fail(reader *reader, const char *column, const char *reason)
{
    if (!reader->failed)
        ipsec_spec_fail(&reader->error, column, "%s", reason);
    reader->failed = true;
}

/* --- the first line --- */

static void read_end(ipsec_text text, const char *column, ipsec_address_range *range, reader *reader)
{
    if (ipsec_address_range_read(text, false, range) || range->length == 0)
        fail(reader, column, "not an IP address");
}

static void finish_sa(reader *reader);

/* "src A dst B" begins an SA; with prefix lengths it begins a policy. */
static void begin_sa(reader *reader, ipsec_text rest)
{
    ipsec_text source, word, destination;

    finish_sa(reader);
    ipsec_text_word(&rest, &source);
    ipsec_text_word(&rest, &word);
    ipsec_text_word(&rest, &destination);
    if (memchr(source.at, '/', source.length))
        return;
    ipsec_spec_init(&reader->spec);
    reader->spec.line = reader->line;
    reader->spec.origin = IPSEC_ORIGIN_XFRM;
    reader->spec.encapsulation = IPSEC_ENCAP_NONE;
    reader->spec.esn = IPSEC_ESN_NO;
    reader->error = (ipsec_spec_error){.column = NULL};
    reader->failed = reader->has_algorithm = reader->has_replay_window = reader->has_esn_context = false;
    read_end(source, "src", &reader->spec.source, reader);
    if (ipsec_text_is(word, "dst"))
        read_end(destination, "dst", &reader->spec.destination, reader);
    else
        fail(reader, "dst", "an address is missing");
}

/* --- proto, spi, mode --- */

static void set_protocol(reader *reader, ipsec_text value)
{
    static const ipsec_word protocols[] = {
        {"esp", IPSEC_PROTOCOL_ESP},
        {"ah", IPSEC_PROTOCOL_AH},
        {"50", IPSEC_PROTOCOL_ESP},
        {"51", IPSEC_PROTOCOL_AH},
        {NULL, 0},
    };

    reader->spec.protocol = (uint8_t)ipsec_text_find(value, protocols);
}

/* With statistics the decimal follows at once: "0x00001000(4096)". */
static void set_spi(reader *reader, ipsec_text value)
{
    const char *const bracket = memchr(value.at, '(', value.length);
    uint64_t spi;

    if (bracket)
        value.length = (size_t)(bracket - value.at);
    if (!ipsec_text_number(value, UINT32_MAX, &spi)) {
        fail(reader, "spi", "not a number of 32 bits");
        return;
    }
    reader->spec.spi = (uint32_t)spi;
    reader->spec.spi_mask = UINT32_MAX;
}

/* An iproute2 that is older than a mode prints the kernel's number. */
static void set_mode(reader *reader, ipsec_text value)
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

static const field identity_fields[] = {{"proto", set_protocol}, {"spi", set_spi}, {"mode", set_mode}, {NULL, NULL}};

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

/* A flag by its name, or in hex those that iproute2 had no name for. */
static void set_flag(reader *reader, ipsec_text flag)
{
    static const ipsec_word names[] = {{"esn", FLAG_ESN}, {"align4", FLAG_ALIGN4}, {NULL, 0}};
    const unsigned bits = (unsigned)ipsec_text_find(flag, names) | read_flag_bits(flag);

    if (bits & FLAG_ESN)
        reader->spec.esn = IPSEC_ESN_YES;
    if (bits & FLAG_ALIGN4)
        reader->spec.align4 = true;
}

static bool read_count(ipsec_text value, uint32_t *count)
{
    uint64_t number;

    if (!ipsec_text_number(value, UINT32_MAX, &number))
        return false;
    *count = (uint32_t)number;
    return true;
}

static void read_replay_window(reader *reader, ipsec_text rest)
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

/* --- the context of ESN --- */

static void add_high(reader *reader, ipsec_text value)
{
    ipsec_spec *const spec = &reader->spec;
    uint32_t high;

    if (value.length > 0 && value.at[value.length - 1] == ',')
        value.length--;
    if (!read_count(value, &high) || spec->high_count == IPSEC_SPEC_HIGHS)
        return;
    for (unsigned i = 0; i < spec->high_count; i++)
        if (spec->highs[i] == high)
            return;
    spec->highs[spec->high_count++] = high;
}

static void set_esn_window(reader *reader, ipsec_text value)
{
    if (value.length > 0 && value.at[value.length - 1] == ',')
        value.length--;
    reader->has_esn_context = read_count(value, &reader->spec.replay_window);
}

static const field high_fields[] = {{"seq-hi", add_high}, {"oseq-hi", add_high}, {NULL, NULL}};
static const field window_fields[] = {{"replay_window", set_esn_window}, {NULL, NULL}};

/* --- encapsulation and lifetime --- */

static void set_encapsulation(reader *reader, ipsec_text value)
{
    static const ipsec_word types[] = {
        {"espinudp", IPSEC_ENCAP_UDP}, {"espinudp-nonike", IPSEC_ENCAP_UDP},
        {"espintcp", IPSEC_ENCAP_TCP}, {"7", IPSEC_ENCAP_TCP},
        {NULL, IPSEC_ENCAP_ANY},
    };

    reader->spec.encapsulation = (uint8_t)ipsec_text_find(value, types);
}

static const field encapsulation_fields[] = {{"type", set_encapsulation}, {NULL, NULL}};

/* "1000(bytes)", "1000(packets)" or "(INF)(bytes)"; the last is no number. */
static void set_hard(reader *reader, ipsec_text value)
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

static const field limit_fields[] = {{"hard", set_hard}, {NULL, NULL}};

/* --- the selector --- */

static void read_selector(reader *reader, ipsec_text rest)
{
    ipsec_xfrm_selector_read(rest, &reader->spec.selector);
}

/* --- algorithms --- */

/* The line of an algorithm. */
typedef struct algorithm {
    ipsec_text name;
    ipsec_text key; /* empty if it is hidden, or there is none */
    unsigned bits;  /* of the ICV; 0 if they are not stated */
} algorithm;

/* "NAME KEY BITS": the key is in hex, or missing, or "<<Keys hidden>>"; with statistics "(128 bits)" stands behind
 * it. */
static algorithm read_algorithm(reader *reader, ipsec_text rest)
{
    algorithm result = {.key = {rest.at, 0}};
    ipsec_text word;
    uint32_t bits;

    reader->has_algorithm = true;
    ipsec_text_word(&rest, &result.name);
    while (result.name.length > 2 && strchr("'\"", result.name.at[0]) &&
           result.name.at[result.name.length - 1] == result.name.at[0])
        result.name = (ipsec_text){result.name.at + 1, result.name.length - 2};
    while (ipsec_text_word(&rest, &word)) {
        if (ipsec_text_has_0x(word))
            result.key = word;
        else if (read_count(word, &bits))
            result.bits = bits;
    }
    return result;
}

/* Whether that was looked up last; if not, the caller does, and this remembers for what. */
static bool is_last(lookup *last, const algorithm *algorithm)
{
    const ipsec_text name = algorithm->name;

    if (last->length > 0 && name.length == last->length && algorithm->bits == last->bits &&
        memcmp(name.at, last->name, name.length) == 0)
        return true;
    last->length = name.length < NAME_MOST ? name.length : 0;
    memcpy(last->name, name.at, last->length);
    last->name[last->length] = '\0';
    last->bits = algorithm->bits;
    return false;
}

static void fail_unsupported(reader *reader, const char *column, const algorithm *algorithm)
{
    char shown[IPSEC_TEXT_SHOWN];

    if (reader->failed)
        return;
    reader->failed = true;
    ipsec_text_show(algorithm->name, shown);
    if (algorithm->name.length == 0)
        ipsec_spec_fail(&reader->error, column, "a name is missing");
    else if (algorithm->bits)
        ipsec_spec_fail(&reader->error, column, "%s with an ICV of %u bits is not supported", shown, algorithm->bits);
    else
        ipsec_spec_fail(&reader->error, column, "%s is not supported", shown);
}

static void read_encryption(reader *reader, ipsec_text rest, const char *column)
{
    const algorithm algorithm = read_algorithm(reader, rest);
    ipsec_spec *const spec = &reader->spec;
    size_t length = 0;

    if (!is_last(&reader->encryption, &algorithm))
        reader->encryption.row = ipsec_encryption_by_linux_name(reader->encryption.name, algorithm.bits);
    spec->encryption = reader->encryption.row;
    if (!spec->encryption) {
        fail_unsupported(reader, column, &algorithm);
        return;
    }
    if (!ipsec_spec_decode_hex(algorithm.key, spec->encryption_key, IPSEC_ENCRYPTION_KEY_MOST, &length, column,
                               &reader->error) ||
        (length > 0 && !ipsec_spec_set_encryption_length(spec, length, column, &reader->error)))
        reader->failed = true;
    if (length == 0 && spec->encryption->mode != IPSEC_CIPHER_NULL)
        spec->has_keys = false;
}

static void read_enc(reader *reader, ipsec_text rest)
{
    read_encryption(reader, rest, "enc");
}

static void read_aead(reader *reader, ipsec_text rest)
{
    read_encryption(reader, rest, "aead");
}

static void read_integrity(reader *reader, ipsec_text rest, const char *column)
{
    const algorithm algorithm = read_algorithm(reader, rest);
    ipsec_spec *const spec = &reader->spec;
    size_t length = 0;

    if (!is_last(&reader->integrity, &algorithm))
        reader->integrity.row = ipsec_integrity_by_linux_name(reader->integrity.name, algorithm.bits);
    spec->integrity = reader->integrity.row;
    if (!spec->integrity) {
        fail_unsupported(reader, column, &algorithm);
        return;
    }
    if (!ipsec_spec_decode_hex(algorithm.key, spec->integrity_key, IPSEC_INTEGRITY_KEY_MOST, &length, column,
                               &reader->error) ||
        (length > 0 && !ipsec_spec_set_integrity_length(spec, length, column, &reader->error)))
        reader->failed = true;
    if (length == 0 && ipsec_integrity_has_key(spec->integrity))
        spec->has_keys = false;
}

static void read_auth(reader *reader, ipsec_text rest)
{
    read_integrity(reader, rest, "auth");
}

static void read_auth_trunc(reader *reader, ipsec_text rest)
{
    read_integrity(reader, rest, "auth-trunc");
}

/* --- the end of an SA --- */

static bool is_zero(const uint8_t *octets, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (octets[i])
            return false;
    return true;
}

/* A kernel in lockdown prints zeros for keys; no IKE would make such ones. */
static void check_for_zeros(reader *reader)
{
    ipsec_spec *const spec = &reader->spec;

    if (spec->encryption_key_length + spec->integrity_key_length == 0 ||
        !is_zero(spec->encryption_key, spec->encryption_key_length) ||
        !is_zero(spec->integrity_key, spec->integrity_key_length))
        return;
    spec->has_keys = false;
    ipsec_spec_warn(&reader->error, NULL, "the keys are all zeros, as a kernel in lockdown prints them: not used");
}

/* What the kernel would not have let in. */
static void check_whole(reader *reader)
{
    ipsec_spec *const spec = &reader->spec;

    if (spec->protocol == IPSEC_PROTOCOL_AH && spec->encryption)
        fail(reader, "enc", "AH has no encryption");
    else if (spec->protocol == IPSEC_PROTOCOL_AH && spec->integrity->kind == IPSEC_MAC_NONE)
        fail(reader, "auth", "AH needs an algorithm");
    else if (spec->protocol == IPSEC_PROTOCOL_ESP && !spec->encryption)
        fail(reader, "enc", "an algorithm is missing");
    else if (spec->spi == 0)
        fail(reader, "spi", "no packet has the SPI 0");
    else if (spec->encryption && ipsec_encryption_is_combined(spec->encryption))
        spec->integrity = ipsec_integrity_none();
}

static void strip_keys(ipsec_spec *spec)
{
    if (spec->has_keys)
        return;
    memset(spec->encryption_key, 0, sizeof spec->encryption_key);
    memset(spec->integrity_key, 0, sizeof spec->integrity_key);
    spec->encryption_key_length = spec->integrity_key_length = 0;
}

static void hand_over(reader *reader)
{
    ipsec_spec *const spec = &reader->spec;

    /* Linux keeps the window of ESN in the context alone, which an old iproute2 does not print. */
    if (spec->esn == IPSEC_ESN_YES && !reader->has_esn_context)
        spec->replay_window = IPSEC_REPLAY_WINDOW_UNKNOWN;
    if (spec->esn != IPSEC_ESN_YES)
        spec->high_count = 0;
    strip_keys(spec);
    reader->rows++;
    reader->calls->row(spec, reader->calls->context);
}

/* Checks and hands over what was read. */
static void close_sa(reader *reader)
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

/* Ends the SA, if there is one. One without algorithms is one that IKE has only asked for. */
static void finish_sa(reader *reader)
{
    if (reader->spec.line == 0)
        return;
    if (reader->spec.protocol != 0 && (reader->has_algorithm || reader->failed))
        close_sa(reader);
    ipsec_spec_wipe(&reader->spec);
}

/* A message of `ip xfrm monitor` that is no SA. */
static void end_sa(reader *reader, ipsec_text rest)
{
    (void)rest;
    finish_sa(reader);
}

/* --- lines --- */

static const line_kind line_kinds[] = {
    {"src", NULL, begin_sa},
    {"proto", identity_fields, NULL},
    {"replay-window", NULL, read_replay_window},
    {"auth-trunc", NULL, read_auth_trunc},
    {"auth", NULL, read_auth},
    {"enc", NULL, read_enc},
    {"aead", NULL, read_aead},
    {"encap", encapsulation_fields, NULL},
    {"sel", NULL, read_selector},
    {"seq-hi", high_fields, NULL},
    {"replay_window", window_fields, NULL},
    {"limit:", limit_fields, NULL},
    {"acquire", NULL, end_sa},
    {"report", NULL, end_sa},
    {"Async", NULL, end_sa},
    {"Flushed", NULL, end_sa},
};

static void read_fields(reader *reader, ipsec_text line, const field *fields)
{
    ipsec_text word;

    while (ipsec_text_word(&line, &word)) {
        const field *field = fields;

        while (field->name && !ipsec_text_is(word, field->name))
            field++;
        if (field->name && ipsec_text_word(&line, &word))
            field->set(reader, word);
    }
}

static const line_kind *find_kind(ipsec_text first)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(line_kinds); i++)
        if (ipsec_text_is(first, line_kinds[i].name))
            return &line_kinds[i];
    return NULL;
}

/* Whether it says what befell an SA, whose first line goes on behind it. */
static bool is_event(ipsec_text word)
{
    static const ipsec_word events[] = {{"Deleted", true}, {"Updated", true}, {"Expired", true}, {NULL, false}};

    return ipsec_text_find(word, events);
}

/* Takes what stands in brackets at the beginning of a line, a time or a number of a namespace. */
static void skip_brackets(ipsec_text *line)
{
    while (line->length > 0 && (line->at[0] == '[' || ipsec_text_is_space(line->at[0]))) {
        if (line->at[0] == '[')
            ipsec_text_part(line, ']'); /* no space need follow */
        else
            *line = ipsec_text_from(*line, 1);
    }
}

/* Takes the first word off a line, behind what `ip xfrm monitor` puts in front of it, and finds what it begins; NULL if
 * that is of no interest. */
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

static void read_line(reader *reader, ipsec_text line)
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

/* Reads a line without its end. */
static void read_whole_line(reader *reader, ipsec_text line)
{
    reader->line++;
    while (line.length > 0) /* with -o the lines of an SA are joined by backslashes */
        read_line(reader, ipsec_text_part(&line, '\\'));
}

ipsec_xfrm_reader *ipsec_xfrm_reader_new(const ipsec_xfrm_calls *calls)
{
    reader *const reader = g_new0(ipsec_xfrm_reader, 1);

    reader->calls = calls;
    return reader;
}

size_t ipsec_xfrm_reader_feed(ipsec_xfrm_reader *reader, const char *text, size_t length)
{
    const char *at = text, *end;

    for (; (end = memchr(at, '\n', length - (size_t)(at - text))) != NULL; at = end + 1)
        read_whole_line(reader, (ipsec_text){at, (size_t)(end - at)});
    return (size_t)(at - text);
}

uint32_t ipsec_xfrm_reader_end(ipsec_xfrm_reader *reader, const char *text, size_t length)
{
    const size_t fed = ipsec_xfrm_reader_feed(reader, text, length);
    uint32_t rows;

    if (fed < length)
        read_whole_line(reader, (ipsec_text){text + fed, length - fed});
    finish_sa(reader);
    rows = reader->rows;
    g_free(reader);
    return rows;
}

uint32_t ipsec_xfrm_state_read(const char *text, size_t length, const ipsec_xfrm_calls *calls)
{
    return ipsec_xfrm_reader_end(ipsec_xfrm_reader_new(calls), text, length);
}
