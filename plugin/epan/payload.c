/* Passes the content of an ESP packet to the next dissector if the stock dissector could not. SPDX-License-Identifier:
 * GPL-2.0-or-later */
#include "payload.h"
#include "compat.h"

#include <epan/exceptions.h>
#include <epan/packet.h>

/* The payload that this file has passed to a dissector which is still running, or NULL. Restored on every way out. */
static const tvbuff_t *handed_on;

/* The content of the header whose stock dissector is running; NULL otherwise, and after a header inside it has been
 * judged. */
static const ipsec_opened *expected;

void ipsec_payload_expect(const ipsec_opened *opened)
{
    expected = opened && opened->plaintext && opened->payload_length > 0 ? opened : NULL;
}

/* The octets are compared, because it is not known how the stock dissector has taken them from the packet. */
uint32_t ipsec_payload_length(tvbuff_t *tvb)
{
    if (tvb == handed_on)
        return tvb_reported_length(tvb);
    if (expected && tvb_memeql(tvb, 0, expected->plaintext, expected->payload_length) == 0)
        return expected->payload_length;
    return IPSEC_LENGTH_UNKNOWN;
}

payload_mark ipsec_payload_mark(const packet_info *pinfo, unsigned wrappers)
{
    return (payload_mark){.layers = wmem_list_count(pinfo->layers),
                          .data_sources = g_slist_length(pinfo->data_src),
                          .wrappers = wrappers};
}

/* Whether a protocol is ESP, UDP encapsulation, or "data", which stands for unknown octets. */
static bool is_envelope(int proto)
{
    static int envelopes[3]; /* set at the first call; constant afterwards */

    if (envelopes[0] == 0) {
        envelopes[0] = proto_get_id_by_filter_name("esp");
        envelopes[1] = proto_get_id_by_filter_name("udpencap");
        envelopes[2] = proto_get_id_by_filter_name("data");
    }
    return proto == envelopes[0] || proto == envelopes[1] || proto == envelopes[2];
}

/* Whether the stock dissector has dissected the payload: if so, it has decrypted something, or called the dissector of
 * another protocol or of a further IPsec header. */
static bool was_dissected(const packet_info *pinfo, const payload_mark *mark, unsigned wrappers)
{
    wmem_list_frame_t *layer = wmem_list_tail(pinfo->layers);

    if (wrappers != mark->wrappers || g_slist_length(pinfo->data_src) != mark->data_sources)
        return true;
    for (unsigned count = wmem_list_count(pinfo->layers); count > mark->layers && layer; count--) {
        if (!is_envelope(GPOINTER_TO_INT(wmem_list_frame_data(layer))))
            return true;
        layer = wmem_list_frame_prev(layer);
    }
    return false;
}

/* Octets that were not encrypted need no data source of their own. */
static tvbuff_t *show_plaintext(const ipsec_opened *opened, tvbuff_t *tvb, packet_info *pinfo)
{
    const int length = (int)opened->plaintext_length;
    tvbuff_t *plaintext;

    if (opened->clear_at)
        return tvb_new_subset_length(tvb, (int)opened->clear_at, length);
    plaintext = tvb_new_child_real_data(tvb, wmem_memdup(pinfo->pool, opened->plaintext, opened->plaintext_length),
                                        opened->plaintext_length, length);
    add_new_data_source(pinfo, plaintext, IPSEC_PLAINTEXT_SOURCE);
    return plaintext;
}

/* The dissector of an IP protocol; "data" if there is none. */
static dissector_handle_t dissector_of(uint8_t next_header)
{
    /* Set at the first call, because finding it by name would take a hash lookup per packet. */
    static dissector_table_t table;
    dissector_handle_t handle;

    if (!table)
        table = find_dissector_table("ip.proto");
    handle = dissector_get_uint_handle(table, next_header);
    return handle ? handle : find_dissector("data");
}

static void hand_on(uint8_t protocol, tvbuff_t *payload, packet_info *pinfo, proto_tree *tree)
{
    const tvbuff_t *volatile const before = handed_on;
    const volatile uint32_t match_before = pinfo->match_uint;

    handed_on = payload;
    pinfo->match_uint = protocol;
    TRY
    {
        call_dissector(dissector_of(protocol), payload, pinfo, tree);
    }
    FINALLY
    {
        handed_on = before;
        pinfo->match_uint = match_before;
    }
    ENDTRY;
}

void ipsec_payload_dissect(const ipsec_report *report, const payload_mark *mark, unsigned wrappers, tvbuff_t *tvb,
                           packet_info *pinfo, proto_tree *tree)
{
    const ipsec_opened *opened = &report->opened;
    tvbuff_t *plaintext;

    if (!report->opened.valid || !opened->plaintext || was_dissected(pinfo, mark, wrappers))
        return;
    plaintext = show_plaintext(opened, tvb, pinfo);
    if (opened->payload_length == 0)
        return;
    hand_on(opened->next_header, tvb_new_subset_length(plaintext, 0, (int)opened->payload_length), pinfo, tree);
}
