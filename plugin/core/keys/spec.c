/* Rows of the tables of keys, compiled from text.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys/spec.h"
#include "base/text.h"
#include "keys/address.h"
#include "keys/spec_parts.h"
#include "packet/kind.h"
#include "packet/view.h"

#include <string.h>

/* A row that is being compiled. */
typedef struct reading {
    const ipsec_key_row_text *text;
    ipsec_text columns[IPSEC_COLUMN_COUNT]; /* trimmed */
    const char *const *names;               /* of the columns */
    ipsec_key_row *spec;
    ipsec_key_row_error *error;
    bool no_integrity_key; /* ignore that column */
} reading;

/* One step of compiling: reads a column, or checks several. False, with the error filled in, if the row cannot be used.
 */
typedef bool (*step)(reading *row);

static const char *const own_names[IPSEC_COLUMN_COUNT] = {
    [IPSEC_COLUMN_PROTOCOL] = "protocol",
    [IPSEC_COLUMN_SOURCE] = "src",
    [IPSEC_COLUMN_DESTINATION] = "dst",
    [IPSEC_COLUMN_SPI] = "spi",
    [IPSEC_COLUMN_ENCRYPTION] = "encryption",
    [IPSEC_COLUMN_ENCRYPTION_KEY] = "encryption_key",
    [IPSEC_COLUMN_INTEGRITY] = "integrity",
    [IPSEC_COLUMN_INTEGRITY_KEY] = "integrity_key",
    [IPSEC_COLUMN_ESN] = "esn",
    [IPSEC_COLUMN_MODE] = "mode",
};

static const char *const wireshark_names[IPSEC_COLUMN_COUNT] = {
    [IPSEC_COLUMN_PROTOCOL] = "Protocol",
    [IPSEC_COLUMN_SOURCE] = "Src IP",
    [IPSEC_COLUMN_DESTINATION] = "Dest IP",
    [IPSEC_COLUMN_SPI] = "SPI",
    [IPSEC_COLUMN_ENCRYPTION] = "Encryption",
    [IPSEC_COLUMN_ENCRYPTION_KEY] = "Encryption Key",
    [IPSEC_COLUMN_INTEGRITY] = "Authentication",
    [IPSEC_COLUMN_INTEGRITY_KEY] = "Authentication Key",
    [IPSEC_COLUMN_ESN] = "SN Length",
    [IPSEC_COLUMN_MODE] = "ESN High Bits",
};

static const ipsec_word own_protocols[] = {
#define KIND(symbol, name, number, encrypts, covers_outer) {#symbol, number},
#include "base/kind.def"
#undef KIND
    {NULL, -1},
};

static const ipsec_word esn_modes[] = {
    {"", IPSEC_ESN_AUTO}, {"auto", IPSEC_ESN_AUTO}, {"no", IPSEC_ESN_NO}, {"yes", IPSEC_ESN_YES}, {NULL, -1},
};

static const ipsec_word modes[] = {
    {"", IPSEC_MODE_ANY},
    {"any", IPSEC_MODE_ANY},
    {"transport", IPSEC_MODE_TRANSPORT},
    {"tunnel", IPSEC_MODE_TUNNEL},
    {"beet", IPSEC_MODE_BEET},
    {"iptfs", IPSEC_MODE_IPTFS},
    {NULL, -1},
};

/* Words that an AH row may have in the encryption column. */
static const ipsec_word nothing[] = {{"", true}, {"NONE", true}, {"NULL", true}, {NULL, false}};

/* Octets of an address; 0: either version. */
static const ipsec_word wireshark_protocols[] = {{"IPv4", 4}, {"IPv6", 16}, {"Any", 0}, {NULL, -1}};

static const ipsec_word wireshark_esn[] = {{"64-bit", true}, {NULL, false}};
static const ipsec_word deprecated_gcm[] = {{"AES-GCM [RFC4106]", true}, {NULL, false}};

#define FAIL(row, column, ...) ipsec_key_row_fail((row)->error, (row)->names[column], __VA_ARGS__)
#define WARN(row, column, ...) ipsec_key_row_warn((row)->error, (row)->names[column], __VA_ARGS__)

/* Room for the longest algorithm name that is looked up. */
#define NAME_MOST 128

/* The name in a column as a string; "" if it is too long to be a name. */
static const char *name_of(const reading *row, ipsec_column column, char name[NAME_MOST])
{
    const ipsec_text text = row->columns[column];
    const size_t length = text.length < NAME_MOST ? text.length : 0;

    memcpy(name, text.at, length);
    name[length] = '\0';
    return name;
}

static bool is_empty(const reading *row, ipsec_column column)
{
    return row->columns[column].length == 0;
}

/* --- common to both tables --- */

static bool read_range(reading *row, ipsec_column column, bool wildcards, ipsec_address_range *range)
{
    const char *const wrong = ipsec_address_range_read(row->columns[column], wildcards, range);

    return wrong ? FAIL(row, column, "%s", wrong) : true;
}

static bool check_addresses(reading *row)
{
    const ipsec_key_row *const spec = row->spec;

    if (spec->source.length && spec->destination.length && spec->source.length != spec->destination.length)
        return FAIL(row, IPSEC_COLUMN_DESTINATION, "one address is IPv4, the other IPv6");
    row->spec->match_source = !ipsec_text_is(row->columns[IPSEC_COLUMN_SOURCE], "*");
    return true;
}

static bool set_spi(reading *row, uint64_t spi)
{
    if (spi == 0) /* as in test vectors */
        WARN(row, IPSEC_COLUMN_SPI, "no packet may have SPI 0");
    row->spec->spi = (uint32_t)spi;
    row->spec->spi_mask = UINT32_MAX;
    return true;
}

static void set_high(ipsec_key_row *spec, uint64_t high)
{
    spec->esn = IPSEC_ESN_YES;
    spec->highs[0] = (uint32_t)high;
    spec->high_count = 1;
}

static bool check_whole(reading *row)
{
    const ipsec_key_row *const spec = row->spec;

    if (spec->encryption && spec->encryption->mode == IPSEC_CIPHER_NULL && spec->integrity->kind == IPSEC_MAC_NONE)
        return WARN(row, IPSEC_COLUMN_INTEGRITY, "without encryption and integrity, nothing can be verified");
    return true;
}

/* --- the own table --- */

static bool read_protocol(reading *row)
{
    const int protocol = ipsec_text_find(row->columns[IPSEC_COLUMN_PROTOCOL], own_protocols);

    if (protocol < 0)
        return FAIL(row, IPSEC_COLUMN_PROTOCOL, "neither ESP nor AH");
    row->spec->protocol = (uint8_t)protocol;
    return true;
}

static bool read_addresses(reading *row)
{
    return read_range(row, IPSEC_COLUMN_SOURCE, false, &row->spec->source) &&
           read_range(row, IPSEC_COLUMN_DESTINATION, false, &row->spec->destination) && check_addresses(row);
}

static bool read_spi(reading *row)
{
    const ipsec_text text = row->columns[IPSEC_COLUMN_SPI];
    uint64_t spi;

    if (ipsec_text_is(text, "*"))
        return true;
    if (!ipsec_text_number(text, UINT32_MAX, &spi))
        return FAIL(row, IPSEC_COLUMN_SPI, "neither * nor a 32-bit number (decimal, or hex with 0x)");
    return set_spi(row, spi);
}

static bool encrypts(const ipsec_key_row *spec)
{
    return ipsec_encrypts(spec->protocol);
}

/* AH encrypts nothing; only the words for nothing are accepted. */
static bool read_no_encryption(reading *row)
{
    if (!ipsec_text_find(row->columns[IPSEC_COLUMN_ENCRYPTION], nothing))
        return FAIL(row, IPSEC_COLUMN_ENCRYPTION, "AH has no encryption");
    return is_empty(row, IPSEC_COLUMN_ENCRYPTION_KEY) || FAIL(row, IPSEC_COLUMN_ENCRYPTION_KEY, "AH has no encryption");
}

static bool read_encryption(reading *row)
{
    const ipsec_column column = IPSEC_COLUMN_ENCRYPTION;
    char name[NAME_MOST];

    if (!encrypts(row->spec))
        return read_no_encryption(row);
    if (is_empty(row, column))
        return FAIL(row, column, "the encryption algorithm is missing (use NULL for none)");
    row->spec->encryption = ipsec_encryption_by_name(name_of(row, column, name));
    return row->spec->encryption ||
           ipsec_key_row_fail_unsupported(row->error, row->names[column], row->columns[column]);
}

static bool read_encryption_key(reading *row)
{
    const ipsec_column column = IPSEC_COLUMN_ENCRYPTION_KEY;
    size_t length;

    if (!row->spec->encryption)
        return true;
    return ipsec_key_row_decode_hex(row->columns[column], row->spec->encryption_key, IPSEC_ENCRYPTION_KEY_MOST, &length,
                                    row->names[column], row->error) &&
           ipsec_key_row_set_encryption_length(row->spec, length, row->names[column], row->error);
}

/* Whether the integrity algorithm fits the rest of the row. */
static bool check_integrity(reading *row)
{
    const ipsec_column column = IPSEC_COLUMN_INTEGRITY;
    ipsec_key_row *const spec = row->spec;

    if (!encrypts(spec))
        return spec->integrity->kind != IPSEC_MAC_NONE || FAIL(row, column, "AH needs an integrity algorithm");
    if (spec->integrity->kind == IPSEC_MAC_AES_GMAC)
        return FAIL(row, column, "%s is for AH; for ESP use the encryption NULL_AUTH_AES_GMAC", spec->integrity->name);
    if (!ipsec_encryption_is_combined(spec->encryption) || spec->integrity->kind == IPSEC_MAC_NONE)
        return true;
    spec->integrity = ipsec_integrity_none();
    row->no_integrity_key = true;
    return WARN(row, column, "ignored: %s has its own integrity", spec->encryption->name);
}

static bool read_integrity(reading *row)
{
    const ipsec_column column = IPSEC_COLUMN_INTEGRITY;
    char name[NAME_MOST];

    if (!is_empty(row, column))
        row->spec->integrity = ipsec_integrity_by_name(name_of(row, column, name));
    if (!row->spec->integrity)
        return ipsec_key_row_fail_unsupported(row->error, row->names[column], row->columns[column]);
    return check_integrity(row);
}

static bool read_integrity_key(reading *row)
{
    const ipsec_column column = IPSEC_COLUMN_INTEGRITY_KEY;
    ipsec_key_row *const spec = row->spec;
    size_t length;

    if (row->no_integrity_key)
        return true;
    return ipsec_key_row_decode_hex(row->columns[column], spec->integrity_key, IPSEC_INTEGRITY_KEY_MOST, &length,
                                    row->names[column], row->error) &&
           ipsec_key_row_set_integrity_length(spec, length, row->names[column], row->error);
}

static bool read_esn(reading *row)
{
    const ipsec_text text = row->columns[IPSEC_COLUMN_ESN];
    const int esn = ipsec_text_find(text, esn_modes);
    uint64_t high;

    if (esn >= 0) {
        row->spec->esn = (uint8_t)esn;
        return true;
    }
    if (!ipsec_text_has_0x(text) || !ipsec_text_number(text, UINT32_MAX, &high))
        return FAIL(row, IPSEC_COLUMN_ESN, "neither no, yes, auto nor the high 32 bits in hex with 0x");
    set_high(row->spec, high);
    return true;
}

static bool read_mode(reading *row)
{
    const int mode = ipsec_text_find(row->columns[IPSEC_COLUMN_MODE], modes);

    if (mode < 0)
        return FAIL(row, IPSEC_COLUMN_MODE, "neither any, transport, tunnel, beet nor iptfs");
    row->spec->mode = (uint8_t)mode;
    return true;
}

/* --- Wireshark's table --- */

static bool read_wireshark_range(reading *row, ipsec_column column, unsigned length, ipsec_address_range *range)
{
    if (!read_range(row, column, true, range))
        return false;
    if (length == 0)
        return true;
    if (range->length == 0)
        range->length = (uint8_t)length; /* "*" in a row for one version */
    return range->length == length || FAIL(row, column, "not an IPv%u address", length == 4 ? 4u : 6u);
}

static bool read_wireshark_addresses(reading *row)
{
    const int length = ipsec_text_find(row->columns[IPSEC_COLUMN_PROTOCOL], wireshark_protocols);

    row->spec->protocol = IPSEC_PROTOCOL_ESP;
    if (length < 0)
        return FAIL(row, IPSEC_COLUMN_PROTOCOL, "neither IPv4, IPv6 nor Any");
    return read_wireshark_range(row, IPSEC_COLUMN_SOURCE, (unsigned)length, &row->spec->source) &&
           read_wireshark_range(row, IPSEC_COLUMN_DESTINATION, (unsigned)length, &row->spec->destination) &&
           check_addresses(row);
}

/* "0x" and eight digits, any of which may be "*". */
static bool read_spi_pattern(reading *row, ipsec_text digits)
{
    uint32_t spi = 0, mask = 0;

    if (digits.length != 8)
        return FAIL(row, IPSEC_COLUMN_SPI, "a pattern needs 0x and eight characters, each a hex digit or *");
    for (size_t i = 0; i < digits.length; i++) {
        const bool any = digits.at[i] == '*';
        const int digit = any ? 0 : ipsec_text_hex_digit(digits.at[i]);

        if (digit < 0)
            return FAIL(row, IPSEC_COLUMN_SPI, "a pattern needs 0x and eight characters, each a hex digit or *");
        spi = spi << 4 | (uint32_t)digit;
        mask = mask << 4 | (any ? 0 : 0xf);
    }
    row->spec->spi = spi;
    row->spec->spi_mask = mask;
    return true;
}

static bool read_wireshark_spi(reading *row)
{
    const ipsec_text text = row->columns[IPSEC_COLUMN_SPI];
    char *end = NULL;
    guint64 spi;

    if (ipsec_text_is(text, "*"))
        return true;
    if (ipsec_text_has_0x(text) && memchr(text.at, '*', text.length))
        return read_spi_pattern(row, ipsec_text_from(text, 2));
    /* As Wireshark does: decimal, hex with 0x, octal with 0. */
    if (text.length > 0 && g_ascii_isdigit(text.at[0])) {
        spi = g_ascii_strtoull(text.at, &end, 0);
        if (end == text.at + text.length && spi <= UINT32_MAX)
            return set_spi(row, spi);
    }
    return FAIL(row, IPSEC_COLUMN_SPI, "neither * nor a 32-bit number (decimal, or hex with 0x)");
}

/* Wireshark's first name for AES-GCM does not state the ICV length, which is then in the authentication column. */
static bool set_deprecated_gcm(reading *row)
{
    static const char *const by_length[] = {[8] = "AES_GCM_8", [12] = "AES_GCM_12", [16] = "AES_GCM_16"};
    const ipsec_integrity *const integrity = row->spec->integrity;

    if (integrity->kind == IPSEC_MAC_NONE) {
        row->spec->encryption = ipsec_encryption_by_name("AES_GCM_16");
        return WARN(row, IPSEC_COLUMN_INTEGRITY, "no ICV length given: 16 octets assumed");
    }
    if (integrity->kind != IPSEC_MAC_ANY || integrity->icv >= G_N_ELEMENTS(by_length) || !by_length[integrity->icv])
        return FAIL(row, IPSEC_COLUMN_INTEGRITY, "AES-GCM needs ANY 64, 96 or 128 bit as its ICV");
    row->spec->encryption = ipsec_encryption_by_name(by_length[integrity->icv]);
    return true;
}

static bool read_wireshark_algorithms(reading *row)
{
    ipsec_key_row *const spec = row->spec;
    char name[NAME_MOST];

    spec->encryption = ipsec_encryption_by_wireshark_name(name_of(row, IPSEC_COLUMN_ENCRYPTION, name));
    if (!spec->encryption)
        return ipsec_key_row_fail_unsupported(row->error, row->names[IPSEC_COLUMN_ENCRYPTION],
                                              row->columns[IPSEC_COLUMN_ENCRYPTION]);
    spec->integrity = ipsec_integrity_by_wireshark_name(name_of(row, IPSEC_COLUMN_INTEGRITY, name));
    if (!spec->integrity)
        return ipsec_key_row_fail_unsupported(row->error, row->names[IPSEC_COLUMN_INTEGRITY],
                                              row->columns[IPSEC_COLUMN_INTEGRITY]);
    if (ipsec_text_find(row->columns[IPSEC_COLUMN_ENCRYPTION], deprecated_gcm) && !set_deprecated_gcm(row))
        return false;
    if (ipsec_encryption_is_combined(spec->encryption))
        spec->integrity = ipsec_integrity_none();
    return true;
}

/* Hex with 0x, with a zero in front of an odd number of digits; else the characters themselves, white space at the
 * ends included. */
static bool decode_wireshark_key(reading *row, ipsec_column column, uint8_t *octets, size_t most, size_t *length)
{
    const char *const string = row->text->columns[column] ? row->text->columns[column] : "";
    const ipsec_text text = {string, strlen(string)};
    const size_t odd = text.length % 2;

    if (!ipsec_text_has_0x(text)) {
        *length = text.length;
        if (text.length <= most)
            memcpy(octets, text.at, text.length);
        return true;
    }
    if (odd && ipsec_text_hex_digit(text.at[2]) >= 0)
        octets[0] = (uint8_t)ipsec_text_hex_digit(text.at[2]);
    if (!ipsec_key_row_decode_hex(ipsec_text_from(text, 2 + odd), octets + odd, most - odd, length, row->names[column],
                                  row->error))
        return false;
    *length += odd;
    return !odd || ipsec_text_hex_digit(text.at[2]) >= 0 ||
           FAIL(row, column, "the key has a character that is not a hex digit");
}

static bool read_wireshark_encryption_key(reading *row)
{
    const ipsec_column column = IPSEC_COLUMN_ENCRYPTION_KEY;
    ipsec_key_row *const spec = row->spec;
    size_t length;

    if (spec->encryption->mode == IPSEC_CIPHER_NULL)
        return true;
    return decode_wireshark_key(row, column, spec->encryption_key, IPSEC_ENCRYPTION_KEY_MOST, &length) &&
           ipsec_key_row_set_encryption_length(spec, length, row->names[column], row->error);
}

static bool read_wireshark_integrity_key(reading *row)
{
    const ipsec_column column = IPSEC_COLUMN_INTEGRITY_KEY;
    ipsec_key_row *const spec = row->spec;
    size_t length;

    if (!ipsec_integrity_has_key(spec->integrity))
        return true;
    return decode_wireshark_key(row, column, spec->integrity_key, IPSEC_INTEGRITY_KEY_MOST, &length) &&
           ipsec_key_row_set_integrity_length(spec, length, row->names[column], row->error);
}

static bool read_wireshark_esn(reading *row)
{
    const ipsec_text text = row->columns[IPSEC_COLUMN_MODE];
    const ipsec_text digits = ipsec_text_from(text, ipsec_text_has_0x(text) ? 2 : 0);
    uint64_t high = 0;

    if (!ipsec_text_find(row->columns[IPSEC_COLUMN_ESN], wireshark_esn))
        return true;
    for (size_t i = 0; i < digits.length; i++) {
        const int digit = ipsec_text_hex_digit(digits.at[i]);

        if (digit < 0 || high > UINT32_MAX >> 4)
            return FAIL(row, IPSEC_COLUMN_MODE, "not 32 bits in hex");
        high = high << 4 | (unsigned)digit;
    }
    set_high(row->spec, high);
    if (high == 0)
        row->spec->high_count = 0; /* the table's value if nothing was entered */
    return true;
}

/* --- both --- */

static bool compile(const ipsec_key_row_text *text, const char *const *names, const step *steps, size_t count,
                    ipsec_key_row *spec, ipsec_key_row_error *error)
{
    reading row = {.text = text, .names = names, .spec = spec, .error = error};

    *error = (ipsec_key_row_error){.column = NULL};
    ipsec_key_row_init(spec);
    for (unsigned column = 0; column < IPSEC_COLUMN_COUNT; column++)
        row.columns[column] = ipsec_text_trim(text->columns[column]);
    for (size_t i = 0; i < count; i++) {
        if (!steps[i](&row)) {
            ipsec_key_row_wipe(spec);
            return false;
        }
    }
    return true;
}

bool ipsec_key_row_compile(const ipsec_key_row_text *text, ipsec_key_row *spec, ipsec_key_row_error *error)
{
    static const step steps[] = {
        read_protocol,       read_addresses,     read_spi, read_encryption, read_integrity,
        read_encryption_key, read_integrity_key, read_esn, read_mode,       check_whole,
    };

    return compile(text, own_names, steps, G_N_ELEMENTS(steps), spec, error);
}

bool ipsec_key_row_compile_wireshark(const ipsec_key_row_text *text, ipsec_key_row *spec, ipsec_key_row_error *error)
{
    static const step steps[] = {
        read_wireshark_addresses,
        read_wireshark_spi,
        read_wireshark_algorithms,
        read_wireshark_encryption_key,
        read_wireshark_integrity_key,
        read_wireshark_esn,
        check_whole,
    };

    return compile(text, wireshark_names, steps, G_N_ELEMENTS(steps), spec, error);
}
