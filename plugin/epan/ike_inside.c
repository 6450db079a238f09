/* What stock Wireshark reads in an IKE message that it can decrypt.
 *
 * It does not hand out what it decrypted, but shows it: the first inner payload is an item of the tree, in a data
 * source of its own. From there the core reads it. So only the tree is needed. A first pass has none, so the dissector
 * is given a private one for this message. The dissector is called once in any case, and with the packet's own
 * packet_info: nothing of the packet is done twice.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike_inside.h"
#include "../core/ipsec.h"
#include "compat.h"

#include <epan/exceptions.h>
#include <epan/proto.h>

#include <glib.h>

#include <string.h>

/* Fragments with a wrong checksum that are remembered. If there are more, no message in fragments is believed. */
#define SPOILT_MOST 1024u

/* What the walk looks for, and what it has found. */
typedef struct inside {
    const tvbuff_t *clear;  /* the data source of the message */
    const tvbuff_t *source; /* of what was decrypted; NULL: nothing was */
    int start;              /* of the first payload in it */
    uint8_t first;          /* the type of that */
    bool is_open;           /* something was decrypted */
    bool is_empty;          /* and there is nothing in it */
    bool in_fragments;
    bool is_spoilt; /* the integrity checksum is wrong */
} inside;

/* Fields of the stock dissector; found when the first message comes. */
static int hf_payload, hf_open, hf_content, hf_fragment, hf_wrong;

/* Owned by this file, from the first message that needs one until the end of the capture file. */
static epan_dissect_t *private_dissection;

/* Of messages in fragments, one of which has a wrong checksum: a digest of what they have in common, with the frame of
 * that fragment. A later pass must not know more than the first one, so the frame counts. Likewise owned. */
static GHashTable *spoilt;
static uint32_t spoilt_all_from; /* frame from which on there were too many; 0: none */

static void find_fields(void)
{
    if (hf_payload != 0)
        return;
    hf_payload = proto_registrar_get_id_byname("isakmp.typepayload");
    hf_open = proto_registrar_get_id_byname("isakmp.enc.decrypted");
    hf_content = proto_registrar_get_id_byname("isakmp.enc.contained");
    hf_fragment = proto_registrar_get_id_byname("isakmp.frag.number");
    hf_wrong = proto_registrar_get_id_byname("isakmp.ikev2.integrity_checksum");
}

static void look_at(const ipsec_tree_field *field, void *context)
{
    inside *found = context;

    if (field->id == hf_wrong)
        found->is_spoilt = true;
    else if (field->id == hf_fragment)
        found->in_fragments = true;
    else if (field->id == hf_open)
        found->is_open = found->is_empty = true;
    else if (field->id == hf_content)
        found->is_empty = false;
    else if (field->id == hf_payload && !found->source && field->source && field->source != found->clear) {
        found->source = field->source;
        found->start = field->start;
        found->first = (uint8_t)field->value;
    }
}

/* --- fragments ---------------------------------------------------------------------------------------------------- */

/* SPIs, exchange, flags and message id: what fragments of a message have in common. 0: it is no message. */
static guint key_of(tvbuff_t *tvb)
{
    const unsigned count = tvb_captured_length(tvb);
    const unsigned at = count >= 4 && tvb_get_ntohl(tvb, 0) == 0 ? 4 : 0; /* after the non-ESP marker */
    ipsec_ike_message message;
    uint64_t hash;

    if (count <= at || !ipsec_ike_read(tvb_get_ptr(tvb, (int)at, (int)(count - at)), count - at, &message))
        return 0;
    hash = ipsec_hash_mix(message.initiator_spi, message.responder_spi);
    return (guint)ipsec_hash_mix(hash, (uint64_t)message.id << 16 | message.exchange << 8 | message.flags);
}

static void spoil(tvbuff_t *tvb, uint32_t frame)
{
    const gpointer key = GUINT_TO_POINTER(key_of(tvb));

    if (!spoilt)
        spoilt = g_hash_table_new(NULL, NULL);
    if (g_hash_table_contains(spoilt, key))
        return;
    if (g_hash_table_size(spoilt) < SPOILT_MOST)
        g_hash_table_insert(spoilt, key, GUINT_TO_POINTER(frame));
    else if (spoilt_all_from == 0)
        spoilt_all_from = frame;
}

static bool was_spoilt(tvbuff_t *tvb, uint32_t frame)
{
    uint32_t from;

    if (!spoilt)
        return false;
    from = GPOINTER_TO_UINT(g_hash_table_lookup(spoilt, GUINT_TO_POINTER(key_of(tvb))));
    return (from != 0 && from <= frame) || (spoilt_all_from != 0 && spoilt_all_from <= frame);
}

/* --- what was found ----------------------------------------------------------------------------------------------- */

static bool is_believed(const inside *found, tvbuff_t *tvb, const packet_info *pinfo)
{
    if (found->is_spoilt && found->in_fragments)
        spoil(tvb, pinfo->num);
    if (found->is_spoilt || !(found->source || found->is_open))
        return false;
    return !(found->in_fragments && was_spoilt(tvb, pinfo->num));
}

/* What IKEv1 has encrypted has no checksum that Wireshark looks at: with a wrong key, or forged, it is noise, which no
 * chain of payloads ends well in. */
static bool is_sound(unsigned version, const ipsec_ike_contents *contents)
{
    return version == 2 || !contents->incomplete;
}

static bool read_inside(const inside *found, ipsec_ike_contents *contents)
{
    const unsigned version = found->first < IPSEC_IKE_PAYLOAD_SA ? 1 : 2;
    int left;

    contents->decrypted = true;
    if (!found->source) /* many answers say nothing; but a fragment is not a message */
        return found->is_empty && !found->in_fragments;
    left = (int)tvb_captured_length(found->source) - found->start;
    if (found->start < 0 || left <= 0)
        return false;
    ipsec_ike_read_payloads(version, found->first, tvb_get_ptr((tvbuff_t *)found->source, found->start, left),
                            (uint32_t)left, contents);
    return is_sound(version, contents);
}

static void learn(const proto_tree *tree, const ipsec_tree_mark *mark, tvbuff_t *tvb, const packet_info *pinfo,
                  ipsec_ike_contents *contents, bool *is_inside)
{
    inside found = {.clear = tvb_get_ds_tvb(tvb)};

    ipsec_compat_visit_fields(tree, mark, look_at, &found);
    *is_inside = is_believed(&found, tvb, pinfo) && read_inside(&found, contents);
    if (!*is_inside)
        memset(contents, 0, sizeof *contents);
}

/* --- the call ----------------------------------------------------------------------------------------------------- */

/* Items that nobody asked for are not made in a tree that is not shown. */
static int call_and_learn(dissector_handle_t stock, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data,
                          ipsec_ike_contents *contents, bool *is_inside)
{
    const ipsec_tree_mark mark = ipsec_compat_mark_tree(tree);
    const volatile bool was_visible = proto_tree_set_visible(tree, true);
    volatile int result = 0;

    TRY
    {
        result = call_dissector_only(stock, tvb, pinfo, tree, data);
    }
    FINALLY
    {
        proto_tree_set_visible(tree, was_visible);
        learn(tree, &mark, tvb, pinfo, contents, is_inside);
    }
    ENDTRY;
    return result;
}

/* The tree stays until the next message: an expert item may still be waiting for its tap. */
static proto_tree *private_tree(const packet_info *pinfo)
{
    if (private_dissection)
        ipsec_compat_reset_dissection(private_dissection);
    else
        private_dissection = epan_dissect_new(pinfo->epan, true, true);
    return private_dissection->tree;
}

int ipsec_ike_inside_call(dissector_handle_t stock, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data,
                          ipsec_ike_contents *contents, bool *is_inside)
{
    memset(contents, 0, sizeof *contents);
    *is_inside = false;
    if (pinfo->flags.in_error_pkt || !ipsec_compat_has_ike_keys())
        return call_dissector_only(stock, tvb, pinfo, tree, data);
    find_fields();
    return call_and_learn(stock, tvb, pinfo, tree ? tree : private_tree(pinfo), data, contents, is_inside);
}

void ipsec_ike_inside_end(void)
{
    if (private_dissection)
        ipsec_compat_free_dissection(private_dissection);
    private_dissection = NULL;
    if (spoilt)
        g_hash_table_destroy(spoilt);
    spoilt = NULL;
    spoilt_all_from = 0;
}
