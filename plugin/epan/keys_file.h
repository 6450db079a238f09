/* Reads a saved dump of SAs. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_KEYS_FILE_H
#define IPSEC_EPAN_KEYS_FILE_H

#include "../core/ipsec.h"

/* Passes the rows of the file to the callbacks. Returns NULL, or a sentence, which the caller frees, that says why the
 * file was not read, or not to its end. */
char *ipsec_keys_file_read(const char *path, const ipsec_xfrm_calls *calls);

/* A number that changes when the file does, calculated from its length and modification time. */
uint32_t ipsec_keys_file_stamp(const char *path);

#endif
