/* The algorithms of the output of `ip xfrm state`.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys/xfrm_reader.h"

#include <string.h>

/* The line of an algorithm. */
typedef struct algorithm_line {
    ipsec_text name;
    ipsec_text key; /* empty if it is hidden, or there is none */
    unsigned bits;  /* of the ICV; 0 if not stated */
} algorithm_line;

/* "NAME KEY BITS": the key is in hex, or missing, or "<<Keys hidden>>"; with statistics "(128 bits)" follows
 * it. */
static algorithm_line read_algorithm(ipsec_xfrm_reader *reader, ipsec_text rest)
{
    algorithm_line result = {.key = {rest.at, 0}};
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

/* Whether this was looked up last. If not, remembers it, and the caller must look it up. */
static bool is_last(lookup *last, const algorithm_line *algorithm)
{
    if (is_last_text(&last->name, algorithm->name) && algorithm->bits == last->bits)
        return true;
    keep_text(&last->name, algorithm->name);
    last->bits = algorithm->bits;
    return false;
}

static void fail_unsupported(ipsec_xfrm_reader *reader, const char *column, const algorithm_line *algorithm)
{
    char shown[IPSEC_TEXT_SHOWN];

    if (reader->failed)
        return;
    reader->failed = true;
    ipsec_text_show(algorithm->name, shown);
    if (algorithm->name.length == 0)
        ipsec_key_row_fail(&reader->error, column, "the name of the algorithm is missing");
    else if (algorithm->bits)
        ipsec_key_row_fail(&reader->error, column, "%s with an ICV of %u bits is not supported", shown,
                           algorithm->bits);
    else
        ipsec_key_row_fail(&reader->error, column, "%s is not supported", shown);
}

static void read_encryption(ipsec_xfrm_reader *reader, ipsec_text rest, const char *column)
{
    const algorithm_line algorithm = read_algorithm(reader, rest);
    ipsec_key_row *const spec = &reader->spec;
    size_t length = 0;

    if (!is_last(&reader->encryption, &algorithm))
        reader->encryption.row = ipsec_encryption_by_linux_name(reader->encryption.name.octets, algorithm.bits);
    spec->encryption = reader->encryption.row;
    if (!spec->encryption) {
        fail_unsupported(reader, column, &algorithm);
        return;
    }
    if (!ipsec_key_row_decode_hex(algorithm.key, spec->encryption_key, IPSEC_ENCRYPTION_KEY_MOST, &length, column,
                                  &reader->error) ||
        (length > 0 && !ipsec_key_row_set_encryption_length(spec, length, column, &reader->error)))
        reader->failed = true;
    if (length == 0 && spec->encryption->mode != IPSEC_CIPHER_NULL)
        spec->has_keys = false;
}

void ipsec_xfrm_read_enc(ipsec_xfrm_reader *reader, ipsec_text rest)
{
    read_encryption(reader, rest, "enc");
}

void ipsec_xfrm_read_aead(ipsec_xfrm_reader *reader, ipsec_text rest)
{
    read_encryption(reader, rest, "aead");
}

static void read_integrity(ipsec_xfrm_reader *reader, ipsec_text rest, const char *column)
{
    const algorithm_line algorithm = read_algorithm(reader, rest);
    ipsec_key_row *const spec = &reader->spec;
    size_t length = 0;

    if (!is_last(&reader->integrity, &algorithm))
        reader->integrity.row = ipsec_integrity_by_linux_name(reader->integrity.name.octets, algorithm.bits);
    spec->integrity = reader->integrity.row;
    if (!spec->integrity) {
        fail_unsupported(reader, column, &algorithm);
        return;
    }
    if (!ipsec_key_row_decode_hex(algorithm.key, spec->integrity_key, IPSEC_INTEGRITY_KEY_MOST, &length, column,
                                  &reader->error) ||
        (length > 0 && !ipsec_key_row_set_integrity_length(spec, length, column, &reader->error)))
        reader->failed = true;
    if (length == 0 && ipsec_integrity_has_key(spec->integrity))
        spec->has_keys = false;
}

void ipsec_xfrm_read_auth(ipsec_xfrm_reader *reader, ipsec_text rest)
{
    read_integrity(reader, rest, "auth");
}

void ipsec_xfrm_read_auth_trunc(ipsec_xfrm_reader *reader, ipsec_text rest)
{
    read_integrity(reader, rest, "auth-trunc");
}
