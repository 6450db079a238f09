/* Slices of text.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"

#include <glib.h>

const uint8_t ipsec_text_hex_digits[UINT8_MAX + 1] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

ipsec_text ipsec_text_trim(const char *string)
{
    ipsec_text text = {string ? string : "", string ? strlen(string) : 0};

    while (text.length > 0 && ipsec_text_is_space(text.at[0]))
        text = ipsec_text_from(text, 1);
    while (text.length > 0 && ipsec_text_is_space(text.at[text.length - 1]))
        text.length--;
    return text;
}

int ipsec_text_find(ipsec_text text, const ipsec_word *words)
{
    while (words->name &&
           (strlen(words->name) != text.length || g_ascii_strncasecmp(text.at, words->name, text.length) != 0))
        words++;
    return words->value;
}

bool ipsec_text_has_0x(ipsec_text text)
{
    return text.length >= 2 && text.at[0] == '0' && (text.at[1] == 'x' || text.at[1] == 'X');
}

ipsec_text ipsec_text_from(ipsec_text text, size_t count)
{
    if (count > text.length)
        count = text.length;
    return (ipsec_text){text.at + count, text.length - count};
}

ipsec_text ipsec_text_part(ipsec_text *text, char stop)
{
    const char *const found = memchr(text->at, stop, text->length);
    const ipsec_text part = {text->at, found ? (size_t)(found - text->at) : text->length};

    *text = ipsec_text_from(*text, part.length + 1);
    return part;
}

bool ipsec_text_number(ipsec_text text, uint64_t most, uint64_t *value)
{
    const bool hex = ipsec_text_has_0x(text);
    const ipsec_text digits = ipsec_text_from(text, hex ? 2 : 0);
    const unsigned base = hex ? 16 : 10;
    uint64_t result = 0;

    for (size_t i = 0; i < digits.length; i++) {
        const int digit = ipsec_text_hex_digit(digits.at[i]);

        if (digit < 0 || (unsigned)digit >= base || (unsigned)digit > most || result > (most - (unsigned)digit) / base)
            return false;
        result = result * base + (unsigned)digit;
    }
    if (digits.length == 0)
        return false;
    *value = result;
    return true;
}

/* Whether it is as many hex digits as no name has. */
static bool looks_like_key(ipsec_text text)
{
    const ipsec_text digits = ipsec_text_from(text, ipsec_text_has_0x(text) ? 2 : 0);

    for (size_t i = 0; i < digits.length; i++)
        if (ipsec_text_hex_digit(digits.at[i]) < 0)
            return false;
    return digits.length >= 8;
}

void ipsec_text_show(ipsec_text text, char shown[IPSEC_TEXT_SHOWN])
{
    static const char more[] = "...", digits[] = "(hex digits)";
    const size_t most = IPSEC_TEXT_SHOWN - sizeof more;
    const size_t count = text.length < most ? text.length : most;

    if (looks_like_key(text)) {
        memcpy(shown, digits, sizeof digits);
        return;
    }
    for (size_t i = 0; i < count; i++)
        shown[i] = g_ascii_isprint(text.at[i]) ? text.at[i] : '?';
    shown[count] = '\0';
    if (count < text.length)
        memcpy(shown + count, more, sizeof more);
}
