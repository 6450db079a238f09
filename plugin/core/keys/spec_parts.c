/* Key rows: empty rows, keys and messages.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys/spec_parts.h"
#include "base/wipe.h"

#include <stdarg.h>
#include <string.h>

void ipsec_key_row_init(ipsec_key_row *spec)
{
    *spec = (ipsec_key_row){.esn = IPSEC_ESN_AUTO,
                            .mode = IPSEC_MODE_ANY,
                            .encapsulation = IPSEC_ENCAP_ANY,
                            .integrity = ipsec_integrity_none(),
                            .has_keys = true,
                            .replay_window = IPSEC_REPLAY_WINDOW_UNKNOWN,
                            .hard_bytes = UINT64_MAX,
                            .hard_packets = UINT64_MAX};
}

void ipsec_key_row_wipe(ipsec_key_row *spec)
{
    ipsec_wipe(spec, sizeof *spec);
}

static void G_GNUC_PRINTF(4, 0)
    state(ipsec_key_row_error *error, bool usable, const char *column, const char *format, va_list arguments)
{
    error->usable = usable;
    error->column = column;
    g_vsnprintf(error->reason, sizeof error->reason, format, arguments);
}

bool ipsec_key_row_fail(ipsec_key_row_error *error, const char *column, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    state(error, false, column, format, arguments);
    va_end(arguments);
    return false;
}

bool ipsec_key_row_warn(ipsec_key_row_error *error, const char *column, const char *format, ...)
{
    va_list arguments;

    if (error->reason[0])
        return true;
    va_start(arguments, format);
    state(error, true, column, format, arguments);
    va_end(arguments);
    return true;
}

bool ipsec_key_row_fail_unsupported(ipsec_key_row_error *error, const char *column, ipsec_text name)
{
    char shown[IPSEC_TEXT_SHOWN];

    ipsec_text_show(name, shown);
    return ipsec_key_row_fail(error, column, "%s is not supported", shown);
}

static bool is_hex(ipsec_text digits)
{
    for (size_t i = 0; i < digits.length; i++)
        if (ipsec_text_hex_digit(digits.at[i]) < 0)
            return false;
    return true;
}

/* Decodes an even number of hex digits; false if one of them is not a digit. */
static bool decode(ipsec_text digits, uint8_t *octets)
{
    const char *const end = digits.at + digits.length;

    for (const char *at = digits.at; at < end; at += 2) {
        const unsigned high = ipsec_text_hex_digits[(uint8_t)at[0]], low = ipsec_text_hex_digits[(uint8_t)at[1]];

        if (high == 0 || low == 0)
            return false;
        *octets++ = (uint8_t)(high * 16 + low - 17); /* the table holds each value plus 1 */
    }
    return true;
}

bool ipsec_key_row_decode_hex(ipsec_text hex, uint8_t *octets, size_t most, size_t *length, const char *column,
                              ipsec_key_row_error *error)
{
    const ipsec_text digits = ipsec_text_from(hex, ipsec_text_has_0x(hex) ? 2 : 0);
    const bool fits = digits.length % 2 == 0 && digits.length / 2 <= most;

    if (!(fits ? decode(digits, octets) : is_hex(digits)))
        return ipsec_key_row_fail(error, column, "the key has a character that is not a hex digit");
    if (digits.length % 2)
        return ipsec_key_row_fail(error, column, "the key has an odd number of hex digits");
    *length = digits.length / 2;
    return true;
}

/* The key lengths that an algorithm takes, salt included, as "16, 24 or 32". */
static void list_lengths(const ipsec_encryption *encryption, char *list, gulong size)
{
    list[0] = '\0';
    if (encryption->key_least) {
        g_snprintf(list, size, "%u to %u", encryption->key_least + encryption->salt,
                   encryption->keys[0].length + encryption->salt);
        return;
    }
    for (unsigned i = 0; i < IPSEC_CIPHER_LENGTHS && encryption->keys[i].length; i++) {
        const bool last = i + 1 == IPSEC_CIPHER_LENGTHS || !encryption->keys[i + 1].length;
        const gulong used = strlen(list);

        g_snprintf(list + used, size - used, "%s%u",
                   i == 0 ? ""
                   : last ? " or "
                          : ", ",
                   encryption->keys[i].length + encryption->salt);
    }
}

/* "needs a key of ... octets, not 15"; `suffix` is a remark on the length. */
static bool fail_length(ipsec_key_row_error *error, const char *column, const char *name, const char *lengths,
                        const char *suffix, size_t length)
{
    if (length == 0)
        return ipsec_key_row_fail(error, column, "the key is missing: %s needs %s octets%s", name, lengths, suffix);
    return ipsec_key_row_fail(error, column, "%s needs a key of %s octets%s, not %" G_GSIZE_FORMAT, name, lengths,
                              suffix, (gsize)length);
}

bool ipsec_key_row_set_encryption_length(ipsec_key_row *spec, size_t length, const char *column,
                                         ipsec_key_row_error *error)
{
    const ipsec_encryption *const encryption = spec->encryption;
    char lengths[48];

    if (length <= sizeof spec->encryption_key && ipsec_encryption_takes(encryption, (unsigned)length)) {
        spec->encryption_key_length = (uint16_t)length;
        return true;
    }
    list_lengths(encryption, lengths, sizeof lengths);
    if (!lengths[0])
        return ipsec_key_row_fail(error, column, "%s takes no key", encryption->name);
    return fail_length(error, column, encryption->name, lengths, encryption->salt ? " (salt included)" : "", length);
}

bool ipsec_integrity_has_key(const ipsec_integrity *integrity)
{
    return integrity->kind != IPSEC_MAC_NONE && integrity->kind != IPSEC_MAC_ANY;
}

bool ipsec_key_row_set_integrity_length(ipsec_key_row *spec, size_t length, const char *column,
                                        ipsec_key_row_error *error)
{
    const ipsec_integrity *const integrity = spec->integrity;
    const char *const suffix = integrity->salt ? " (salt included)" : "";
    char lengths[8];

    if (!ipsec_integrity_has_key(integrity)) {
        return length == 0 || ipsec_key_row_fail(error, column, "%s takes no key", integrity->name);
    }
    g_snprintf(lengths, sizeof lengths, "%u", integrity->key);
    if (length == 0 || !ipsec_integrity_takes(integrity, length < UINT16_MAX ? (unsigned)length : UINT16_MAX))
        return fail_length(error, column, integrity->name, lengths, suffix, length);
    if (length > sizeof spec->integrity_key)
        return ipsec_key_row_fail(error, column, "the key has more than %u octets", IPSEC_INTEGRITY_KEY_MOST);
    spec->integrity_key_length = (uint16_t)length;
    if (integrity->key && length != integrity->key)
        return ipsec_key_row_warn(error, column, "%s requires %s octets for %s, not %" G_GSIZE_FORMAT,
                                  integrity->reference, lengths, integrity->name, (gsize)length);
    return true;
}
