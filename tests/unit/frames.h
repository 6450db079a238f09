/* Reads the sample captures without Wireshark: pcap files, and the IPsec headers in their frames, as far as IP, UDP and
 * the core lead to them. Fragments are not reassembled, and IKE is not decrypted. SPDX-License-Identifier:
 * GPL-2.0-or-later */
#ifndef IPSEC_TESTS_FRAMES_H
#define IPSEC_TESTS_FRAMES_H

#include "ipsec.h"

#include <glib.h>

/* An Ethernet frame. */
typedef struct frame {
    const uint8_t *octets; /* in the file */
    uint32_t captured, length;
    uint64_t time; /* nanoseconds */
} frame;

/* A capture. */
typedef struct capture {
    char *file;
    GArray *frames; /* of frame */
} capture;

/* Reads a pcap file; aborts the test if that fails. */
capture capture_read(const char *path);

void capture_free(capture *capture);

/* What a frame shows, in the words of the sidecars; of several headers the outer one first. */
typedef struct shown {
    GString *verdicts, *findings, *windows, *linux_counters, *icvs;
    bool is_partial; /* it is a fragment, so that it does not show the same here as in Wireshark */
    uint32_t sa;     /* of the outermost header, or IPSEC_SA_NONE */
    bool in_udp;     /* whether that header is in UDP */
    uint32_t peers;  /* hash of both addresses of the frame, in any order */
} shown;

void shown_begin(shown *shown);

void shown_clear(shown *shown);

/* A first or later pass over a capture. */
typedef struct pass {
    ipsec_db *db;
    GArray *records; /* of ipsec_record */
    bool is_later;
    void (*look)(const ipsec_view *view, const ipsec_report *report); /* if not NULL, called with each report */
} pass;

/* Judges, or explains, all headers of the frame with that number. */
void pass_over_frame(pass *pass, const frame *frame, uint32_t number, shown *shown);

#endif
