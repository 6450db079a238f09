/* libFuzzer target over the compilers of key rows: the columns of a row, one a line, for both tables.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "keys/spec.h"

#include <stdlib.h>
#include <string.h>

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* Splits the columns into separate blocks, so that ASan notices reads beyond them; NULL for missing ones. */
static void split(const uint8_t *data, size_t size, char *columns[IPSEC_COLUMN_COUNT])
{
    for (unsigned i = 0; i < IPSEC_COLUMN_COUNT; i++) {
        const uint8_t *const end = size ? memchr(data, '\n', size) : NULL;
        const size_t length = end ? (size_t)(end - data) : size;

        columns[i] = size ? malloc(length + 1) : NULL;
        if (!columns[i])
            continue;
        memcpy(columns[i], data, length);
        columns[i][length] = '\0';
        data += length + (end ? 1 : 0);
        size -= length + (end ? 1 : 0);
    }
}

static void check_error(const ipsec_key_row_error *error, bool usable)
{
    require(memchr(error->reason, '\0', sizeof error->reason));
    require(usable || (error->reason[0] && error->column));
    require(!error->reason[0] || error->usable == usable);
    for (const char *c = error->reason; *c; c++)
        require(*c >= ' ' && *c <= '~');
}

static void check_row(const ipsec_key_row *spec)
{
    require(spec->integrity && spec->has_keys);
    require((spec->spi & ~spec->spi_mask) == 0);
    require(spec->encryption_key_length <= IPSEC_ENCRYPTION_KEY_MOST);
    require(spec->integrity_key_length <= IPSEC_INTEGRITY_KEY_MOST);
    require(!spec->encryption || ipsec_encryption_takes(spec->encryption, spec->encryption_key_length));
    require(ipsec_integrity_takes(spec->integrity, spec->integrity_key_length));
    for (unsigned i = 0; i < sizeof spec->source.mask; i++)
        require((spec->source.octets[i] & ~spec->source.mask[i]) == 0 &&
                (spec->destination.octets[i] & ~spec->destination.mask[i]) == 0);
}

static void check(const ipsec_key_row *spec, const ipsec_key_row_error *error, bool usable)
{
    check_error(error, usable);
    if (usable)
        check_row(spec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *columns[IPSEC_COLUMN_COUNT];
    ipsec_key_row_text text;
    ipsec_key_row spec;
    ipsec_key_row_error error;

    split(data, size, columns);
    memcpy(text.columns, columns, sizeof columns);
    check(&spec, &error, ipsec_key_row_compile(&text, &spec, &error));
    check(&spec, &error, ipsec_key_row_compile_wireshark(&text, &spec, &error));
    for (unsigned i = 0; i < IPSEC_COLUMN_COUNT; i++)
        free(columns[i]);
    return 0;
}
