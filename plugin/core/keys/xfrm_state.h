/** @file
 * Reads what `ip xfrm state` prints (iproute2), with keys.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_XFRM_STATE_H
#define IPSEC_CORE_XFRM_STATE_H

#include "keys/spec.h"

#include <stddef.h>

/** What the reader calls while it reads. */
typedef struct ipsec_xfrm_calls {
    /** For each ESP or AH SA. The row belongs to the reader, which wipes it after the call; the call may change it. */
    void (*row)(ipsec_key_row *spec, void *context);
    /** For each SA that cannot be used, and each usable one that deserves a warning; `line` counts from 1. */
    void (*error)(uint32_t line, const ipsec_key_row_error *error, void *context);
    void *context; /**< handed to both */
} ipsec_xfrm_calls;

/** A reader of one text, which is fed in pieces. */
typedef struct ipsec_xfrm_reader ipsec_xfrm_reader;

/** Begins a text. `calls` must stay until its end. */
ipsec_xfrm_reader *ipsec_xfrm_reader_new(const ipsec_xfrm_calls *calls);

/**
 * Reads the complete lines at the beginning of a piece.
 *
 * @param text    `length` octets, need not end with NUL
 * @return how many octets were read; the rest, which has no end of a line, must be passed again with more text after it
 */
size_t ipsec_xfrm_reader_feed(ipsec_xfrm_reader *reader, const char *text, size_t length);

/**
 * Reads the last piece, whose last line needs no end, and frees the reader.
 *
 * @return number of rows handed over, from all pieces
 */
uint32_t ipsec_xfrm_reader_end(ipsec_xfrm_reader *reader, const char *text, size_t length);

/**
 * Reads a saved `ip xfrm state`, one or several dumps one after the other.
 *
 * Understands all that iproute2 prints: `ip -s` and `-d` with lifetimes, `nokeys`, directions, offload, marks,
 * interfaces, encapsulation, selectors, and the replay state of SAs with and without ESN; `ip -o`, and the SAs of `ip
 * xfrm monitor`. Skips SAs of IPComp and of its tunnels (proto 4 and 41), policies, SAs that the kernel has requested
 * but IKE has not set up yet, and anything unknown, except unknown algorithms. If the host is the sender of an SA, a
 * replay window of 0 is read as IPSEC_REPLAY_WINDOW_UNKNOWN, because the receiver is another host.
 *
 * Time and memory are proportional to `length`. Nothing is assumed about the text, which may come from anybody.
 *
 * @param text    `length` octets, need not end with NUL
 * @return number of rows handed over
 */
uint32_t ipsec_xfrm_state_read(const char *text, size_t length, const ipsec_xfrm_calls *calls);

#endif
