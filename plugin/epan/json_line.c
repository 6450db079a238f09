/* JSON objects, each on a line of its own. SPDX-License-Identifier: GPL-2.0-or-later */
#include "json_line.h"

#include <glib.h>

#include <inttypes.h>
#include <stdio.h>

/* The current line; empty between lines. It is a buffer, because the dumper writes octet by octet. */
static GString *text;

void ipsec_json_begin(json_dumper *line)
{
    if (!text)
        text = g_string_new(NULL);
    *line = (json_dumper){.output_string = text};
    json_dumper_begin_object(line);
}

void ipsec_json_end(json_dumper *line)
{
    json_dumper_end_object(line);
    json_dumper_finish(line);
    fwrite(text->str, 1, text->len, stdout);
    g_string_truncate(text, 0);
}

void ipsec_json_number(json_dumper *line, const char *name, uint64_t value)
{
    json_dumper_set_member_name(line, name);
    json_dumper_value_anyf(line, "%" PRIu64, value);
}

/* With a decimal point in every locale. */
void ipsec_json_real(json_dumper *line, const char *name, double value)
{
    char digits[G_ASCII_DTOSTR_BUF_SIZE];

    json_dumper_set_member_name(line, name);
    json_dumper_value_anyf(line, "%s", g_ascii_formatd(digits, sizeof digits, "%.6f", value));
}

void ipsec_json_bool(json_dumper *line, const char *name, bool value)
{
    json_dumper_set_member_name(line, name);
    json_dumper_value_anyf(line, value ? "true" : "false");
}

void ipsec_json_text(json_dumper *line, const char *name, const char *value)
{
    json_dumper_set_member_name(line, name);
    json_dumper_value_string(line, value);
}

void ipsec_json_cell(json_dumper *line, const char *name, ipsec_cell_type type, const ipsec_cell *cell)
{
    if (cell->is_empty)
        ipsec_json_text(line, name, NULL);
    else if (type == IPSEC_CELL_TEXT)
        ipsec_json_text(line, name, cell->text);
    else if (type == IPSEC_CELL_YES_NO)
        ipsec_json_bool(line, name, cell->number);
    else if (type == IPSEC_CELL_REAL)
        ipsec_json_real(line, name, cell->real);
    else if (type == IPSEC_CELL_EPOCH) {
        json_dumper_set_member_name(line, name);
        json_dumper_value_anyf(line, "%s", cell->text);
    } else
        ipsec_json_number(line, name, cell->number);
}
