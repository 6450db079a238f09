/* Octets that end at a protected page: reading one octet too many aborts the test. SPDX-License-Identifier:
 * GPL-2.0-or-later */
#ifndef IPSEC_TESTS_GUARD_H
#define IPSEC_TESTS_GUARD_H

#include <stddef.h>
#include <stdint.h>

/* A copy of `length` octets that ends where readable memory ends; `octets` may be NULL if length is 0. Never returns
 * NULL, not even for 0 octets. Valid until guard_free_all(). */
uint8_t *guard_copy(const uint8_t *octets, size_t length);

/* Frees all copies made so far. */
void guard_free_all(void);

#endif
