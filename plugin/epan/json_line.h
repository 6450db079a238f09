/* JSON objects, each on a line of its own. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_JSON_LINE_H
#define IPSEC_EPAN_JSON_LINE_H

#include "cell.h"

#include <wsutil/json_dumper.h>

/* Begins an object and initializes the dumper. */
void ipsec_json_begin(json_dumper *line);

/* Ends the object and prints the line. */
void ipsec_json_end(json_dumper *line);

/* Each of these adds a member to the innermost object. */
void ipsec_json_number(json_dumper *line, const char *name, uint64_t value);
void ipsec_json_real(json_dumper *line, const char *name, double value);
void ipsec_json_bool(json_dumper *line, const char *name, bool value);
void ipsec_json_text(json_dumper *line, const char *name, const char *value); /* NULL: null */
void ipsec_json_cell(json_dumper *line, const char *name, ipsec_cell_type type, const ipsec_cell *cell);

#endif
