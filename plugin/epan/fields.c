/* The protocol, its fields and expert items, registered from the core's tables.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "fields.h"
#include "compat.h"

#include <epan/ipproto.h>

#include <glib.h>

/* Numbers that Wireshark assigns at registration; constant afterwards. */
int ipsec_proto_id = -1;
int ipsec_hf_ids[IPSEC_HF_COUNT];
expert_field ipsec_experts[IPSEC_FINDING_COUNT];
static const header_field_info *protocol;

/* --- the names of values ------------------------------------------------------------------------------------------ */

static const value_string protocol_vals[] = {
#define KIND(symbol, name, number, encrypts, covers_outer) {number, #symbol},
#include "../core/base/kind.def"
#undef KIND
    {0, NULL},
};

static const value_string encapsulation_vals[] = {
    {IPSEC_ENCAPSULATION_NONE, "none"},
    {IPSEC_ENCAPSULATION_UDP, "UDP"},
    {0, NULL},
};

/* Filled from the core's names before the fields are registered; constant afterwards. */
static value_string verdict_vals[IPSEC_VERDICT_DROP + 2];
static value_string cause_vals[IPSEC_CAUSE_LIMIT + 1];
static value_string windows_error_vals[IPSEC_WINDOWS_ERROR_COUNT + 1];
static value_string windows_status_vals[IPSEC_WINDOWS_ERROR_COUNT + 1];

static value_string ike_notify_vals[IPSEC_IKE_NOTIFY_COUNT + 1];
static value_string ike_windows_error_vals[IPSEC_IKE_WINDOWS_COUNT + 1];

static void fill_names(value_string *vals, const ipsec_ike_name *(*row_at)(unsigned number))
{
    const ipsec_ike_name *row;

    for (unsigned i = 0; (row = row_at(i)); i++)
        vals[i] = (value_string){row->number, row->name};
}

static void fill_value_strings(void)
{
    fill_names(ike_notify_vals, ipsec_ike_notify_row);
    fill_names(ike_windows_error_vals, ipsec_ike_windows_row);
    for (unsigned i = 0; i <= IPSEC_VERDICT_DROP; i++)
        verdict_vals[i] = (value_string){i, ipsec_verdict_name(i)};
    for (unsigned i = IPSEC_CAUSE_CORRUPTED; i <= IPSEC_CAUSE_LIMIT; i++)
        cause_vals[i - IPSEC_CAUSE_CORRUPTED] = (value_string){i, ipsec_cause_name(i)};
    for (unsigned i = 0; i < IPSEC_WINDOWS_ERROR_COUNT; i++) {
        const ipsec_windows_error *row = ipsec_windows_error_row(i);

        windows_error_vals[i] = (value_string){row->error, row->name};
        windows_status_vals[i] = (value_string){row->status, row->status_name};
    }
}

/* --- registration ------------------------------------------------------------------------------------------------- */

/* Wireshark keeps a pointer to it, and marks in it which fields are needed. */
static hf_register_info fields[] = {
#define FIELD(symbol, name, filter, type, display, strings, blurb)                                                     \
    [IPSEC_HF_##symbol] = {&ipsec_hf_ids[IPSEC_HF_##symbol], {name, filter, type, display, strings, 0x0, blurb, HFILL}},
#include "fields.def"
#undef FIELD
};

/* Not in the table above, because on Windows the address of an object in another library is not a constant expression.
 */
static void use_names_of_wireshark(void)
{
    fields[IPSEC_HF_ICV_STATUS].hfinfo.strings = VALS(proto_checksum_vals);
    fields[IPSEC_HF_TRAILER_NEXT_HEADER].hfinfo.strings = &ipproto_val_ext;
}

bool ipsec_field_is_seen(const proto_tree *tree, ipsec_hf field)
{
    return ipsec_compat_is_seen(tree, &fields[field].hfinfo);
}

bool ipsec_protocol_is_seen(const proto_tree *tree)
{
    return ipsec_compat_is_seen(tree, protocol);
}

/* One expert field per row of the catalogue; its blurb, which the status bar shows, says what to do. */
static void register_experts(void)
{
    static const int severities[] = {[IPSEC_SEVERITY_CHAT] = PI_CHAT,
                                     [IPSEC_SEVERITY_NOTE] = PI_NOTE,
                                     [IPSEC_SEVERITY_WARN] = PI_WARN,
                                     [IPSEC_SEVERITY_ERROR] = PI_ERROR};
    static const int groups[] = {[IPSEC_GROUP_ASSUMPTION] = PI_ASSUMPTION, [IPSEC_GROUP_CHECKSUM] = PI_CHECKSUM,
                                 [IPSEC_GROUP_DECRYPTION] = PI_DECRYPTION, [IPSEC_GROUP_MALFORMED] = PI_MALFORMED,
                                 [IPSEC_GROUP_PROTOCOL] = PI_PROTOCOL,     [IPSEC_GROUP_REASSEMBLE] = PI_REASSEMBLE,
                                 [IPSEC_GROUP_SECURITY] = PI_SECURITY,     [IPSEC_GROUP_SEQUENCE] = PI_SEQUENCE};
    static ei_register_info infos[IPSEC_FINDING_COUNT];

    for (unsigned id = 0; id < IPSEC_FINDING_COUNT; id++) {
        const ipsec_catalogue_row *row = ipsec_catalogue((ipsec_finding_id)id);

        ipsec_experts[id] = (expert_field)EI_INIT;
        infos[id] = (ei_register_info){&ipsec_experts[id],
                                       {wmem_strdup_printf(wmem_epan_scope(), "ipsec.%s", row->id), groups[row->group],
                                        severities[row->severity], row->summary, EXPFILL}};
        infos[id].eiinfo.hf_info.hfinfo.blurb =
            wmem_strdup_printf(wmem_epan_scope(), "%s: %s", row->reference, row->advice.next);
    }
    expert_register_field_array(expert_register_protocol(ipsec_proto_id), infos, array_length(infos));
}

int ipsec_fields_register(void)
{
    fill_value_strings();
    for (unsigned i = 0; i < IPSEC_HF_COUNT; i++)
        ipsec_hf_ids[i] = -1;
    use_names_of_wireshark();
    ipsec_proto_id = proto_register_protocol("IPsec Analysis", "IPsec", "ipsec");
    protocol = proto_registrar_get_nth(ipsec_proto_id);
    proto_register_field_array(ipsec_proto_id, fields, array_length(fields));
    register_experts();
    return ipsec_proto_id;
}
