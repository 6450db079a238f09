/** @file
 * What the readers of key rows share: empty rows, keys and messages. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_SPEC_PARTS_H
#define IPSEC_CORE_SPEC_PARTS_H

#include "base/text.h"
#include "keys/spec.h"

#include <glib.h>
#include <stddef.h>

/** Initialises a row without information: no protocol, no keys, any address and SPI. */
void ipsec_key_row_init(ipsec_key_row *spec);

/** States an error, replacing an earlier one. Always returns false. */
bool ipsec_key_row_fail(ipsec_key_row_error *error, const char *column, const char *format, ...) G_GNUC_PRINTF(3, 4);

/** States a warning, unless there is one already. Always returns true. */
bool ipsec_key_row_warn(ipsec_key_row_error *error, const char *column, const char *format, ...) G_GNUC_PRINTF(3, 4);

/** States that the algorithm `name` is not supported. Always returns false. */
bool ipsec_key_row_fail_unsupported(ipsec_key_row_error *error, const char *column, ipsec_text name);

/**
 * Decodes a key in hex, with or without 0x.
 *
 * @param octets  room for `most` octets; untouched if there are more
 * @param length set to the number of octets of the key, even if they do not fit; only if it is hex
 * @return whether it is hex
 */
bool ipsec_key_row_decode_hex(ipsec_text hex, uint8_t *octets, size_t most, size_t *length, const char *column,
                              ipsec_key_row_error *error);

/** Checks and sets the length of the key that was decoded into spec->encryption_key, for spec->encryption. */
bool ipsec_key_row_set_encryption_length(ipsec_key_row *spec, size_t length, const char *column,
                                         ipsec_key_row_error *error);

/** The same for integrity; warns of a length that works but is not that of the RFC. */
bool ipsec_key_row_set_integrity_length(ipsec_key_row *spec, size_t length, const char *column,
                                        ipsec_key_row_error *error);

/** Whether the algorithm has a key at all. */
bool ipsec_integrity_has_key(const ipsec_integrity *integrity);

#endif
