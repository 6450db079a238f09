/* Views and expectations for the unit tests.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_TESTS_PACKETS_H
#define IPSEC_TESTS_PACKETS_H

#include "ipsec.h"

#include <glib.h>

/* The most findings that an expectation lists. */
#define EXPECT_MOST 4

/* What a report must hold: these findings in this order and no others. */
typedef struct expectation {
    ipsec_verdict verdict;
    unsigned count;
    ipsec_finding_id findings[EXPECT_MOST];
} expectation;

#define FINDINGS(verdict_name, ...)                                                                                    \
    {                                                                                                                  \
        IPSEC_VERDICT_##verdict_name, sizeof((int[]){__VA_ARGS__}) / sizeof(int),                                      \
        {                                                                                                              \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    }
#define NO_FINDINGS(verdict_name)                                                                                      \
    {                                                                                                                  \
        IPSEC_VERDICT_##verdict_name, 0,                                                                               \
        {                                                                                                              \
            0                                                                                                          \
        }                                                                                                              \
    }

/* A view of `captured` octets (copied to the edge of readable memory), native, whole, between two fixed
 * addresses of IP version 4 or 6. */
ipsec_view view_of(uint8_t protocol, uint8_t ip_version, const uint8_t *octets, size_t captured);

/* An ESP header and `length` - 8 octets that are not zero; `length` at most 512. */
ipsec_view esp_view(uint8_t ip_version, uint32_t spi, uint32_t sequence, size_t length);

/* The same in UDP, port 4500. */
ipsec_view esp_in_udp_view(uint8_t ip_version, uint32_t spi, uint32_t sequence, size_t length);

/* An AH header with `words` in its length field, and `length` octets in all; at most 2048. */
ipsec_view ah_view(uint8_t ip_version, uint8_t next, uint8_t words, uint32_t spi, uint32_t sequence, size_t length);

/* Judges the view in `db`, or in an empty database with the defaults if db is NULL; checks that explaining
 * gives the same; fails with `what` if the report is not as expected. */
ipsec_report expect(ipsec_db *db, const ipsec_view *view, const expectation *wanted, const char *what);

/* The initial report on the view, before its octets are read. */
ipsec_report report_on(const ipsec_view *view);

/* An empty database with the defaults, for `receiver`. */
ipsec_db *db_for(ipsec_stack receiver);

#endif
