/** @file
 * Slices of text, and the numbers and names in them. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_TEXT_H
#define IPSEC_CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** A piece of text that need not end with NUL. */
typedef struct ipsec_text {
    const char *at;
    size_t length;
} ipsec_text;

/** A word and its value; a list of them ends with a NULL name, whose value is that of all other words. */
typedef struct ipsec_word {
    const char *name;
    int value;
} ipsec_word;

/** A string constant as text. */
#define IPSEC_TEXT(literal)                                                                                            \
    {                                                                                                                  \
        literal, sizeof(literal) - 1                                                                                   \
    }

/** Whether both are the same. Most differ in length or the first octet, which costs no call. */
static inline bool ipsec_text_equal(ipsec_text a, ipsec_text b)
{
    return a.length == b.length && (a.length == 0 || (a.at[0] == b.at[0] && memcmp(a.at, b.at, a.length) == 0));
}

/** A whole string without the white space around it; NULL is an empty string. */
ipsec_text ipsec_text_trim(const char *string);

/** Whether it is that word, exactly. */
static inline bool ipsec_text_is(ipsec_text text, const char *word)
{
    /* Does not call memcmp(): words are short, and most differ in the first letter. */
    for (size_t i = 0; i < text.length; i++)
        if (text.at[i] != word[i] || word[i] == '\0')
            return false;
    return word[text.length] == '\0';
}

/** The value of the text in a list of words; case does not matter (ASCII). */
int ipsec_text_find(ipsec_text text, const ipsec_word *words);

/** Whether it begins with 0x or 0X. */
static inline bool ipsec_text_has_0x(ipsec_text text)
{
    return text.length >= 2 && text.at[0] == '0' && (text.at[1] == 'x' || text.at[1] == 'X');
}

/** The text without its first `count` octets; empty if it is not longer. */
static inline ipsec_text ipsec_text_from(ipsec_text text, size_t count)
{
    if (count > text.length)
        count = text.length;
    return (ipsec_text){text.at + count, text.length - count};
}

/** Splits off the part before the next `stop`, and skips that octet; takes the whole text if there is none. */
static inline ipsec_text ipsec_text_part(ipsec_text *text, char stop)
{
    const char *const found = memchr(text->at, stop, text->length);
    const ipsec_text part = {text->at, found ? (size_t)(found - text->at) : text->length};

    *text = ipsec_text_from(*text, part.length + 1);
    return part;
}

/** Whether it is white space or a control character: dumps may have been copied through many programs. */
static inline bool ipsec_text_is_space(char c)
{
    return (unsigned char)c <= ' ';
}

/** Splits off the next word of a line, delimited by white space. False, with an empty word, if there is none. */
static inline bool ipsec_text_word(ipsec_text *line, ipsec_text *word)
{
    const char *at = line->at;
    const char *const end = at + line->length;

    while (at < end && ipsec_text_is_space(*at))
        at++;
    word->at = at;
    /* Four at a time take half the instructions, and a dump is made of words. */
    while (end - at >= 4 && !ipsec_text_is_space(at[0]) && !ipsec_text_is_space(at[1]) && !ipsec_text_is_space(at[2]) &&
           !ipsec_text_is_space(at[3]))
        at += 4;
    while (at < end && !ipsec_text_is_space(*at))
        at++;
    word->length = (size_t)(at - word->at);
    *line = (ipsec_text){at, (size_t)(end - at)};
    return word->length > 0;
}

/** Reads the whole text as a number: decimal, or hex with 0x. False, leaving *value unchanged, if it is not a number or
 * is above `most`. */
bool ipsec_text_number(ipsec_text text, uint64_t most, uint64_t *value);

/** The value of each hex digit, plus 1; 0 for other octets. */
extern const uint8_t ipsec_text_hex_digits[UINT8_MAX + 1];

/** The value of a hex digit; -1 for another character. */
static inline int ipsec_text_hex_digit(char c)
{
    return ipsec_text_hex_digits[(uint8_t)c] - 1;
}

/** Octets for a name of any origin, made printable. */
#define IPSEC_TEXT_SHOWN 36

/** Copies the text as a string, cut off if it is long, with '?' for octets that are not printable ASCII. Text that
 * looks like a key in the wrong place is not copied. */
void ipsec_text_show(ipsec_text text, char shown[IPSEC_TEXT_SHOWN]);

#endif
