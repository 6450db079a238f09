/* libFuzzer target over the reader of `ip xfrm state`: any octets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "keys/xfrm_state.h"

#include "packet/view.h"

#include <stdlib.h>
#include <string.h>

/* What has been reported so far. */
typedef struct seen {
    uint32_t rows, errors;
    uint32_t line; /* of the last row or error, because they must be in order */
} seen;

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_keys(const ipsec_key_row *spec)
{
    if (!spec->has_keys) {
        require(spec->encryption_key_length == 0 && spec->integrity_key_length == 0);
        return;
    }
    if (spec->encryption)
        require(spec->encryption_key_length <= IPSEC_ENCRYPTION_KEY_MOST &&
                ipsec_encryption_takes(spec->encryption, spec->encryption_key_length));
    require(spec->integrity_key_length <= IPSEC_INTEGRITY_KEY_MOST &&
            ipsec_integrity_takes(spec->integrity, spec->integrity_key_length));
}

static void check_row(ipsec_key_row *spec, void *context)
{
    seen *const seen = context;

    require(spec->line >= seen->line);
    seen->line = spec->line;
    seen->rows++;
    require(spec->protocol == IPSEC_PROTOCOL_AH || (spec->protocol == IPSEC_PROTOCOL_ESP && spec->encryption));
    require(spec->integrity && spec->spi != 0 && spec->spi_mask == UINT32_MAX && !spec->match_source);
    require(spec->source.length == 4 || spec->source.length == 16);
    require(spec->destination.length == 4 || spec->destination.length == 16);
    require(ipsec_address_in_range(&spec->source, spec->source.octets, spec->source.length));
    require(spec->high_count <= IPSEC_SPEC_HIGHS && (spec->high_count == 0 || spec->esn == IPSEC_ESN_YES));
    require(spec->mode <= IPSEC_MODE_IPTFS && spec->encapsulation <= IPSEC_ENCAP_TCP);
    check_keys(spec);
}

static void check_error(uint32_t line, const ipsec_key_row_error *error, void *context)
{
    seen *const seen = context;

    require(line > 0 && line >= seen->line);
    seen->line = line;
    seen->errors++;
    require(error->reason[0] && memchr(error->reason, '\0', sizeof error->reason));
    for (const char *c = error->reason; *c; c++)
        require(*c >= ' ' && *c <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A block of exactly that size, so that ASan notices reads beyond it. */
    char *text = malloc(size ? size : 1);
    seen seen = {.rows = 0};
    const ipsec_xfrm_calls calls = {.row = check_row, .error = check_error, .context = &seen};

    if (!text)
        return 0;
    if (size)
        memcpy(text, data, size);
    require(ipsec_xfrm_state_read(text, size, &calls) == seen.rows);
    free(text);
    return 0;
}
