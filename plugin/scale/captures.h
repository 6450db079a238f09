/* Capture files, read and written by libwiretap; differences between its versions are handled here.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_SCALE_CAPTURES_H
#define IPSEC_SCALE_CAPTURES_H

#include "hosts.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* One packet that was read; valid until the next one is read. */
typedef struct capture_packet {
    const uint8_t *octets;
    uint32_t count;
    ipsec_link link;
    int encapsulation;   /* libwiretap's number, for messages */
    int64_t nanoseconds; /* since 1970, if has_time */
    bool has_time;
} capture_packet;

/* A file that is being read. */
typedef struct capture capture;

/* Must be called once, before everything else. */
void captures_begin(void);
void captures_end(void);

/* Returns NULL if the file cannot be opened, with the reason in *error, which the caller frees. */
capture *capture_open(const char *path, char **error);
void capture_close(capture *from);

/* Returns false at the end, with the reason in *error if the file ends too early or cannot be read further. Records
 * that are not packets are skipped. */
bool capture_read(capture *from, capture_packet *packet, char **error);

/* The name of an encapsulation. */
const char *capture_encapsulation_name(int encapsulation);

/* A pcapng file for packets of `from`, with all of its interfaces and their numbers. */
typedef struct capture_part capture_part;

capture_part *capture_part_open(const char *path, capture *from, char **error);

/* Adds the packet that was read last. */
bool capture_part_add(capture_part *part, capture *from, char **error);

/* Frees the part even if writing failed, in which case it returns false; `part` may be NULL. */
bool capture_part_close(capture_part *part, char **error);

#endif
