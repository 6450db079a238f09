/* Slices of text.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/text.h"

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

static inline char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Whether it is that word, ignoring case. Does not call g_ascii_strncasecmp(), because most words differ in the first
 * letter.
 */
static inline bool is_alike(ipsec_text text, const char *word)
{
    for (size_t i = 0; i < text.length; i++)
        if (word[i] == '\0' || (text.at[i] != word[i] && to_lower(text.at[i]) != to_lower(word[i])))
            return false;
    return word[text.length] == '\0';
}

int ipsec_text_find(ipsec_text text, const ipsec_word *words)
{
    while (words->name && !is_alike(text, words->name))
        words++;
    return words->value;
}

/* Whether the number still fits in 64 bits with another digit. */
static bool may_append(uint64_t number, unsigned base, unsigned digit)
{
    return number <= (UINT64_MAX - digit) / base;
}

bool ipsec_text_number(ipsec_text text, uint64_t most, uint64_t *value)
{
    const bool hex = ipsec_text_has_0x(text);
    const unsigned base = hex ? 16 : 10;
    const uint64_t most_before = UINT64_MAX / 16; /* the largest number that any digit may follow */
    uint64_t result = 0;

    for (size_t i = hex ? 2 : 0; i < text.length; i++) {
        /* A character that is not a digit becomes a large number. */
        const unsigned digit = (unsigned)ipsec_text_hex_digit(text.at[i]);

        if (digit >= base || (result > most_before && !may_append(result, base, digit)))
            return false;
        result = result * base + digit;
    }
    if (text.length == (hex ? 2u : 0u) || result > most)
        return false;
    *value = result;
    return true;
}

/* Whether it contains something that names do not: a long run of hex digits, or 0x. */
static bool looks_like_key(ipsec_text text)
{
    unsigned run = 0;

    for (size_t i = 0; i < text.length; i++) {
        if (text.at[i] == '0' && i + 1 < text.length && (text.at[i + 1] | 0x20) == 'x')
            return true;
        run = ipsec_text_hex_digit(text.at[i]) < 0 ? 0 : run + 1;
        if (run >= 8)
            return true;
    }
    return false;
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
