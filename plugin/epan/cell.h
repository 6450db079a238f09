/* The values of statistics, in the form in which they are shown. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_CELL_H
#define IPSEC_EPAN_CELL_H

#include <stdbool.h>
#include <stdint.h>

/* The type of the cells of a column; a cell may also be empty. */
typedef enum {
    IPSEC_CELL_TEXT,
    IPSEC_CELL_COUNT,  /* a number of at most 32 bits, never empty */
    IPSEC_CELL_NUMBER, /* a number of up to 64 bits, not negative */
    IPSEC_CELL_REAL,
    IPSEC_CELL_EPOCH, /* seconds since 1970 as text, because a double does not hold all digits */
    IPSEC_CELL_YES_NO
} ipsec_cell_type;

#define IPSEC_CELL_SIZE 64

/* One value. */
typedef struct ipsec_cell {
    bool is_empty;   /* there is no value */
    uint64_t number; /* also for IPSEC_CELL_YES_NO */
    double real;
    const char *text; /* static, or `buffer` */
    char buffer[IPSEC_CELL_SIZE];
} ipsec_cell;

/* Each of these sets the text of the cell, or empties it. */
void ipsec_cell_set_address(ipsec_cell *cell, const uint8_t *octets, unsigned length);
void ipsec_cell_set_hex(ipsec_cell *cell, uint32_t value);
void ipsec_cell_set_time(ipsec_cell *cell, int64_t nanoseconds);  /* ISO 8601, in UTC */
void ipsec_cell_set_epoch(ipsec_cell *cell, int64_t nanoseconds); /* for IPSEC_CELL_EPOCH */
void ipsec_cell_set_key_source(ipsec_cell *cell, uint8_t origin, uint32_t line);

/* The name that one of the plugin's fields has for a value. */
void ipsec_cell_set_name(ipsec_cell *cell, const char *field, uint32_t value);

#endif
