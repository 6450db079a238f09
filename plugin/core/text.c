/* Slices of text.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"

#include <glib.h>
#include <string.h>

/* Also NUL and all that a terminal does not show: a saved dump may have been through many hands. */
static bool is_space(char c)
{
    return (unsigned char)c <= ' ';
}

ipsec_text ipsec_text_trim(const char *string)
{
    ipsec_text text = {string ? string : "", string ? strlen(string) : 0};

    while (text.length > 0 && is_space(text.at[0]))
        text = ipsec_text_from(text, 1);
    while (text.length > 0 && is_space(text.at[text.length - 1]))
        text.length--;
    return text;
}

bool ipsec_text_is(ipsec_text text, const char *word)
{
    return strncmp(text.at, word, text.length) == 0 && word[text.length] == '\0';
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

bool ipsec_text_word(ipsec_text *line, ipsec_text *word)
{
    const char *at = line->at;
    const char *const end = at + line->length;

    while (at < end && is_space(*at))
        at++;
    word->at = at;
    while (at < end && !is_space(*at))
        at++;
    word->length = (size_t)(at - word->at);
    *line = (ipsec_text){at, (size_t)(end - at)};
    return word->length > 0;
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

int ipsec_text_hex_digit(char c)
{
    /* One more than the value, so that what is not listed is no digit. */
    static const uint8_t values[UINT8_MAX + 1] = {
        ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
        ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
        ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
    };

    return values[(uint8_t)c] - 1;
}

/* The shortest keys are 64 bits, and no name has so many hex digits in a row. */
static bool may_be_key(ipsec_text text)
{
    unsigned digits = 0;

    for (size_t i = 0; i < text.length && digits < 16; i++)
        digits = ipsec_text_hex_digit(text.at[i]) < 0 ? 0 : digits + 1;
    return digits >= 16;
}

void ipsec_text_show(ipsec_text text, char shown[IPSEC_TEXT_SHOWN])
{
    static const char more[] = "...";
    const size_t most = IPSEC_TEXT_SHOWN - sizeof more;
    const size_t count = text.length < most ? text.length : most;

    if (may_be_key(text)) {
        g_strlcpy(shown, "a text that may be a key", IPSEC_TEXT_SHOWN);
        return;
    }
    for (size_t i = 0; i < count; i++)
        shown[i] = g_ascii_isprint(text.at[i]) ? text.at[i] : '?';
    shown[count] = '\0';
    if (count < text.length)
        memcpy(shown + count, more, sizeof more);
}
