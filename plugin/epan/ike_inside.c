/* The content of an IKE message that stock Wireshark can decrypt.
 *
 * The stock dissector does not pass on what it has decrypted, but shows it in a data source of its own, to which the
 * tree refers. On a first pass, which has no tree, the dissector is given a private one for the messages of this frame.
 * It is called only once in any case, and with the packet's own packet_info, so nothing is dissected twice.
 *
 * The core decides how far the content can be trusted.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike_inside.h"
#include "../core/ipsec.h"
#include "compat.h"

#include <epan/exceptions.h>
#include <epan/proto.h>

#include <glib.h>

/* The state of a walk through the tree. */
typedef struct look {
    const tvbuff_t *clear;  /* the data source of the message */
    const tvbuff_t *inside; /* the data source of the first content that was decrypted; NULL: there is none */
    bool is_correct;        /* the dissector says that the ICV of the message is correct */
} look;

/* Fields of the stock dissector; looked up at the first message. */
static int hf_payload, hf_decrypted, hf_icv;

/* Owned by this file, from the first message that needs one until the end of the capture file. */
static epan_dissect_t *private_dissection;
static uint32_t private_frame; /* the frame that its tree belongs to */

static void find_fields(void)
{
    if (hf_payload != 0)
        return;
    hf_payload = proto_registrar_get_id_byname("isakmp.typepayload");
    hf_decrypted = proto_registrar_get_id_byname("isakmp.enc.decrypted");
    hf_icv = proto_registrar_get_id_byname("isakmp.enc.icd");
}

/* If the dissector does not check an ICV, the label ends with "[not validated]". IKEv1 has no item for decrypted data,
 * only those of payloads. */
static void look_at(const ipsec_tree_field *field, void *context)
{
    look *found = context;

    if (field->id == hf_icv && field->source == found->clear)
        found->is_correct = field->label && g_str_has_suffix(field->label, "[correct]");
    else if ((field->id == hf_decrypted || field->id == hf_payload) && field->source != found->clear && !found->inside)
        found->inside = field->source;
}

static ipsec_ike_shown look_inside(const proto_tree *tree, const ipsec_tree_mark *mark, tvbuff_t *tvb)
{
    look found = {.clear = tvb_get_ds_tvb(tvb)};
    ipsec_ike_shown shown = {.octets = NULL};

    ipsec_compat_visit_fields(tree, mark, look_at, &found);
    if (!found.inside)
        return shown;
    shown.count = tvb_captured_length(found.inside);
    shown.octets = tvb_get_ptr((tvbuff_t *)found.inside, 0, (int)shown.count);
    shown.is_correct = found.is_correct;
    return shown;
}

/* --- the call ----------------------------------------------------------------------------------------------------- */

/* In a tree that is not visible, items that nobody asked for are not made, nor are labels; so the tree is made visible.
 */
static int call_and_look(dissector_handle_t stock, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data,
                         ipsec_ike_shown *shown)
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
        *shown = look_inside(tree, &mark, tvb);
    }
    ENDTRY;
    return result;
}

/* The tree is kept until the next frame, because an expert item in it may still be queued for a tap. */
static proto_tree *private_tree(const packet_info *pinfo)
{
    if (!private_dissection)
        private_dissection = epan_dissect_new(pinfo->epan, true, true);
    else if (private_frame != pinfo->num)
        ipsec_compat_reset_dissection(private_dissection);
    private_frame = pinfo->num;
    return private_dissection->tree;
}

int ipsec_ike_inside_call(dissector_handle_t stock, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data,
                          ipsec_ike_shown *shown)
{
    *shown = (ipsec_ike_shown){.octets = NULL};
    if (pinfo->flags.in_error_pkt || !ipsec_compat_has_ike_keys())
        return call_dissector_only(stock, tvb, pinfo, tree, data);
    find_fields();
    return call_and_look(stock, tvb, pinfo, tree ? tree : private_tree(pinfo), data, shown);
}

void ipsec_ike_inside_end(void)
{
    if (private_dissection)
        ipsec_compat_free_dissection(private_dissection);
    private_dissection = NULL;
}
