/** @file
 * What the parts of the reader of `ip xfrm state` share. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_XFRM_READER_H
#define IPSEC_CORE_XFRM_READER_H

#include "base/text.h"
#include "keys/spec_parts.h"
#include "keys/xfrm_state.h"

/* The kernel's limit for names of algorithms, with room for quotes. */
#define NAME_MOST 68

/* A text that was read, kept with the result: in most dumps, all SAs have the same one or two algorithms, the same
 * selector, and the dumping host as one end. */
typedef struct last_text {
    char octets[NAME_MOST];
    size_t length; /* 0 if there was none, or it was too long to be kept */
} last_text;

typedef struct lookup {
    last_text name; /* also terminated by NUL */
    unsigned bits;
    const void *row;
} lookup;

typedef struct last_end {
    last_text text;
    ipsec_address_range range;
} last_end;

typedef struct last_selector {
    last_text text;
    ipsec_selector selector;
} last_selector;

/* What follows the SPI. */
typedef struct last_tail {
    last_text text;
    uint8_t mode;
} last_tail;

struct ipsec_xfrm_reader {
    const ipsec_xfrm_calls *calls;
    uint32_t line; /* number of the line that is being read */
    uint32_t rows; /* number handed over */
    lookup encryption, integrity;
    last_end source, destination;
    last_tail tail;
    last_selector selector;

    /* The SA that is being read; its line is 0 if there is none. */
    ipsec_key_row spec;
    ipsec_key_row_error error;
    bool failed;            /* there is an error, not just a warning */
    bool has_algorithm;     /* there was a line for one, known or not */
    bool has_replay_window; /* remembered because the statistics have a line that begins with that word, too */
    bool has_esn_context;
    bool is_outbound; /* iproute2 says so */
    bool has_sent; /* the host has counted packets that it sent on the SA; without ESN, read only if the window is 0 */
    bool has_received; /* likewise */
};

static inline bool is_last_text(const last_text *last, ipsec_text text)
{
    return text.length > 0 && text.length == last->length && memcmp(text.at, last->octets, text.length) == 0;
}

static inline void keep_text(last_text *last, ipsec_text text)
{
    last->length = text.length < sizeof last->octets ? text.length : 0;
    memcpy(last->octets, text.at, last->length);
    last->octets[last->length] = '\0';
}

static inline void fail(ipsec_xfrm_reader *reader, const char *column, const char *reason)
{
    if (!reader->failed)
        ipsec_key_row_fail(&reader->error, column, "%s", reason);
    reader->failed = true;
}

static inline bool read_count(ipsec_text value, uint32_t *count)
{
    uint64_t number;

    if (!ipsec_text_number(value, UINT32_MAX, &number))
        return false;
    *count = (uint32_t)number;
    return true;
}

/** Read the rest of an algorithm's line, after its first word. */
void ipsec_xfrm_read_enc(ipsec_xfrm_reader *reader, ipsec_text rest);
void ipsec_xfrm_read_aead(ipsec_xfrm_reader *reader, ipsec_text rest);
void ipsec_xfrm_read_auth(ipsec_xfrm_reader *reader, ipsec_text rest);
void ipsec_xfrm_read_auth_trunc(ipsec_xfrm_reader *reader, ipsec_text rest);

#endif
