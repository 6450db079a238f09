/* The sample captures without Wireshark: pcap files, and the headers of IPsec in their frames, as far as IP, UDP and
 * the core lead to them. Nothing is put together from fragments, and no IKE is decrypted. SPDX-License-Identifier:
 * GPL-2.0-or-later */
#ifndef IPSEC_TESTS_FRAMES_H
#define IPSEC_TESTS_FRAMES_H

#include "ipsec.h"

#include <glib.h>

/* A frame of Ethernet. */
typedef struct frame {
    const uint8_t *octets; /* of the file */
    uint32_t captured, length;
    uint64_t time; /* nanoseconds */
} frame;

/* A capture. */
typedef struct capture {
    char *file;
    GArray *frames; /* of frame */
} capture;

/* A pcap file; ends the test if it cannot be read. */
capture capture_read(const char *path);

void capture_free(capture *capture);

/* What a frame shows, in words as the sidecars have them; of several headers the outer one first. */
typedef struct shown {
    GString *verdicts, *findings, *windows, *linux_counters, *icvs;
    bool is_partial; /* it is a fragment, so that what Wireshark shows of it is not to be seen here */
    uint32_t sa;     /* of the outermost header, or IPSEC_SA_NONE */
    bool in_udp;     /* likewise: that header */
    uint32_t peers;  /* both addresses of the frame, hashed, in any order */
} shown;

void shown_begin(shown *shown);

void shown_clear(shown *shown);

/* A pass over a capture, first or later. */
typedef struct pass {
    ipsec_db *db;
    GArray *records; /* of ipsec_record */
    bool is_later;
    void (*look)(const ipsec_view *view, const ipsec_report *report); /* NULL: nobody else wants to see the reports */
} pass;

/* Judges, or explains, all headers of the frame with that number. */
void pass_over_frame(pass *pass, const frame *frame, uint32_t number, shown *shown);

#endif
