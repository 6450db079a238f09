/* Puts the analysis in front of the stock dissectors of ESP, AH, UDP encapsulation, IKE and ICMP.
 *
 * A wrapper judges first, calls the stock dissector, and draws last, into the item that the stock dissector made, even
 * if it throws, so that a finding is shown next to "Malformed Packet".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "hooks.h"
#include "../core/ipsec.h"
#include "compat.h"
#include "draw.h"
#include "fragments.h"
#include "frames.h"
#include "ike.h"
#include "icmp.h"
#include "info_column.h"
#include "outer.h"
#include "payload.h"
#include "prefs.h"
#include "taps.h"

#include <epan/exceptions.h>
#include <epan/packet.h>
#include <epan/proto_data.h>

enum {
#define KIND(symbol, name, number, encrypts, covers_outer) HOOK_##symbol,
#include "../core/base/kind.def"
#undef KIND
    HOOK_UDPENCAP,
    HOOK_ISAKMP,
    HOOK_FRAGMENT,
    HOOK_ICMP,
    HOOK_ICMPV6,
    HOOK_COUNT
};

typedef struct hook {
    const char *filter_name; /* of the stock protocol */
    const char *table;       /* dissector table in which the stock dissector is registered */
    const char *description; /* of the wrapper, in Decode As */
    unsigned header;         /* the hook of the header that the protocol carries, or is */
    uint8_t protocol;        /* IPSEC_PROTOCOL_...; 0: none, or ESP in UDP */
    int proto;               /* the stock protocol */
    bool is_enabled; /* whether the stock protocol is enabled; asked once per file, because a change makes Wireshark
                        dissect the file again */
    bool is_judged;  /* likewise whether the header's protocol and this plugin are, too; only of headers and UDP */
    dissector_handle_t stock; /* called by the wrapper */
    /* Has no protocol; otherwise Wireshark would check for each packet whether that is enabled, and show it as a layer.
     */
    dissector_handle_t wrapper;
    /* The wrapper under the stock dissector's description, which Decode As saves for an entry that the user has
     * changed, and must find at the next start. */
    dissector_handle_t twin;
} hook;

/* Protocol ids and handles are set at registration and handoff, and constant afterwards. */
static hook hooks[HOOK_COUNT] = {
#define KIND(symbol, name, number, encrypts, covers_outer)                                                             \
    [HOOK_##symbol] = {.filter_name = #name,                                                                           \
                       .table = "ip.proto",                                                                            \
                       .header = HOOK_##symbol,                                                                        \
                       .protocol = (number),                                                                           \
                       .description = #symbol " (analysis)"},
#include "../core/base/kind.def"
#undef KIND
    [HOOK_UDPENCAP] = {.filter_name = "udpencap",
                       .table = "udp.port",
                       .header = HOOK_ESP,
                       .description = "UDPENCAP (analysis)"},
    [HOOK_ISAKMP] = {.filter_name = "isakmp",
                     .table = "udp.port",
                     .header = HOOK_ESP,
                     .description = "ISAKMP (analysis)"},
    [HOOK_FRAGMENT] = {.filter_name = "ipv6.fraghdr", .table = "ip.proto", .description = "IPv6 Fragment (analysis)"},
    [HOOK_ICMP] = {.filter_name = "icmp", .table = "ip.proto", .description = "ICMP (analysis)"},
    [HOOK_ICMPV6] = {.filter_name = "icmpv6", .table = "ip.proto", .description = "ICMPv6 (analysis)"},
};

/* The IPv4 dissector passes fragments to nobody, so a postdissector looks at them. `proto` is the id of the stock IPv4
 * protocol. */
static hook after_ipv4 = {.filter_name = "ip", .header = HOOK_FRAGMENT};

/* A postdissector must belong to a protocol: this is a helper protocol of IPv4. */
static int proto_ipv4_fragments = -1; /* set at registration */

/* What is known from the headers around the one that is dissected now. Set while their stock dissectors run and their
 * payload is dissected; restored on every way out. */
typedef union surroundings {
    struct {
        ipsec_stacks refused_by; /* the stacks that have discarded the packet, see ipsec_view.refused_by */
        bool unproven;           /* a header is `unproven`, see ipsec_report */
        bool is_lost;            /* no receiver would get what is dissected now, see ipsec_report_hides_payload() */
    };
    uint32_t any; /* 0: nothing */
} surroundings;

G_STATIC_ASSERT(sizeof(surroundings) == sizeof(uint32_t));

static surroundings around;

/* Counts the headers that were judged; compared around the call of a stock dissector, so that it need not be reset. */
static unsigned wrappers_run;

static int proto_ipsec = -1; /* set at registration */

/* Whether the protocol "ipsec" is enabled: asked once per file, as for the stock ones. */
static bool is_ipsec_enabled;

/* The item to which the report is added: that of the header that it is about, or else of the protocol that carries it;
 * NULL if there is neither. */
static proto_item *parent_of(const ipsec_report *report, const hook *at, proto_tree *tree, const ipsec_tree_mark *mark)
{
    const bool header = report->header.subject == IPSEC_SUBJECT_HEADER;
    proto_item *item = ipsec_compat_find_item(tree, mark, header ? hooks[at->header].proto : at->proto);

    return item ? item : ipsec_compat_find_item(tree, mark, at->proto);
}

static void draw(const ipsec_report *report, const hook *at, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                 const ipsec_tree_mark *mark)
{
    const char *const current = pinfo->current_proto;

    /* The Expert Information dialog shows it, and so does the message about an exception, if drawing throws. */
    pinfo->current_proto = "IPsec";
    ipsec_draw_report(report, tvb, pinfo, tree, parent_of(report, at, tree, mark));
    pinfo->current_proto = current;
}

/* A clean header whose fields nobody asks for draws nothing. If the payload is lost, what is inside must not be judged
 * on any pass, with or without a tree. */
static bool is_wanted(const ipsec_report *report, proto_tree *tree)
{
    if (!ipsec_report_has_subject(report))
        return false;
    return report->findings.count > 0 || ipsec_report_hides_payload(report) ||
           (tree && proto_field_is_referenced(tree, proto_ipsec));
}

/* Not on the path of clean packets, like everything else that catches exceptions, because that would slow them down. */
static IPSEC_COLD int call_and_draw(const ipsec_report *report, const hook *at, tvbuff_t *tvb, packet_info *pinfo,
                                    proto_tree *tree, void *data)
{
    const ipsec_tree_mark mark = ipsec_compat_mark_tree(tree);
    /* The plugin's item needs its parent even if the stock protocol's item is not needed; otherwise nested headers
     * would be shown in the order in which their dissectors return. */
    const volatile bool fake_before = ipsec_compat_fake_protocols(tree, false);
    const volatile surroundings before = around;
    volatile int result = 0;

    around.is_lost = around.is_lost || ipsec_report_hides_payload(report);
    TRY
    {
        result = call_dissector_only(at->stock, tvb, pinfo, tree, data);
    }
    CATCH_ALL
    {
        around = before;
        ipsec_compat_fake_protocols(tree, fake_before);
        draw(report, at, tvb, pinfo, tree, &mark);
        RETHROW;
    }
    ENDTRY;
    around = before;
    ipsec_compat_fake_protocols(tree, fake_before);
    draw(report, at, tvb, pinfo, tree, &mark);
    return result;
}

static inline int call_stock(const ipsec_report *report, const hook *at, tvbuff_t *tvb, packet_info *pinfo,
                             proto_tree *tree, void *data)
{
    if (is_wanted(report, tree))
        return call_and_draw(report, at, tvb, pinfo, tree, data);
    return call_dissector_only(at->stock, tvb, pinfo, tree, data);
}

/* The same for a header that was opened: the stock dissector may find a payload that is already known. */
static int call_stock_opened(const ipsec_report *report, const hook *at, tvbuff_t *tvb, packet_info *pinfo,
                             proto_tree *tree, void *data)
{
    volatile int result = 0;

    ipsec_payload_expect(&report->opened);
    TRY
    {
        result = call_stock(report, at, tvb, pinfo, tree, data);
    }
    FINALLY
    {
        ipsec_payload_expect(NULL);
    }
    ENDTRY;
    return result;
}

/* If only later passes open a packet, its content was not judged on the first pass, and so is not judged now. */
static void dissect_in_hindsight(const ipsec_report *report, const payload_mark *mark, tvbuff_t *tvb,
                                 packet_info *pinfo, proto_tree *tree)
{
    const volatile surroundings before = around;

    around.is_lost = true;
    TRY
    {
        ipsec_payload_dissect(report, mark, wrappers_run, tvb, pinfo, tree);
    }
    FINALLY
    {
        around = before;
    }
    ENDTRY;
}

/* The same, and passes on the payload if the stock dissector did not. */
static IPSEC_COLD int dissect_opened(const ipsec_report *report, const hook *at, tvbuff_t *tvb, packet_info *pinfo,
                                     proto_tree *tree, void *data)
{
    const payload_mark mark = ipsec_payload_mark(pinfo, wrappers_run);
    const int result = call_stock_opened(report, at, tvb, pinfo, tree, data);

    if (!ipsec_prefs_decrypt())
        return result;
    if (report->opened.in_hindsight)
        dissect_in_hindsight(report, &mark, tvb, pinfo, tree);
    else
        ipsec_payload_dissect(report, &mark, wrappers_run, tvb, pinfo, tree);
    return result;
}

static int dissect(const ipsec_report *report, const hook *at, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                   void *data)
{
    if (report->opened.valid)
        return dissect_opened(report, at, tvb, pinfo, tree, data);
    return call_stock(report, at, tvb, pinfo, tree, data);
}

/* The same for a packet that could not be verified, or that some stacks discard, so that they never see its content. */
static IPSEC_COLD int dissect_refused(const ipsec_report *report, const hook *at, tvbuff_t *tvb, packet_info *pinfo,
                                      proto_tree *tree, void *data)
{
    const volatile surroundings before = around;
    const volatile unsigned order = wrappers_run;
    volatile int result = 0;

    around.refused_by = ipsec_stacks_refusing(report);
    around.unproven = around.unproven || report->unproven;
    TRY
    {
        result = dissect(report, at, tvb, pinfo, tree, data);
    }
    FINALLY
    {
        around = before;
        ipsec_info_column_tell(&report->findings, order, pinfo);
    }
    ENDTRY;
    return result;
}

/* If both ports lead to the same dissector, UDP offers a payload again after the dissector rejected it. Payloads of a
 * frame are distinguished by their address in memory. */
static bool was_offered_before(packet_info *pinfo, const uint8_t *payload)
{
    wmem_list_t *offered = p_get_proto_data(pinfo->pool, pinfo, proto_ipsec, 0);

    if (!offered) {
        offered = wmem_list_new(pinfo->pool);
        p_add_proto_data(pinfo->pool, pinfo, proto_ipsec, 0, offered);
    }
    if (wmem_list_find(offered, payload))
        return true;
    wmem_list_prepend(offered, (void *)payload);
    return false;
}

/* Draws the report on a fragment that nobody reassembles. */
static void draw_fragment(ipsec_report *report, const hook *at, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                          const ipsec_tree_mark *mark)
{
    if (ipsec_report_has_subject(report))
        draw(report, at, tvb, pinfo, tree, mark);
}

/* A postdissector; it has no payload of its own. */
static int look_after_ipv4(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    const ipsec_tree_mark whole_tree = {0};
    ipsec_fragment fragment;
    ipsec_report report;

    if (!ipsec_fragments_read_v4(tvb, pinfo, &fragment) || !is_ipsec_enabled)
        return 0;
    ipsec_frames_fragment(pinfo, &fragment, &report);
    draw_fragment(&report, &after_ipv4, tvb, pinfo, tree, &whole_tree);
    return 0;
}

/* Fragments of IPv4 reach no dissector, and a postdissector costs every frame some 300 instructions. So there is none
 * until a packet is met that may have lost its end: before that, no fault needs a fragment as its explanation. Earlier
 * packets may be explained when they are dissected again. There is a preference for those who mind. Wireshark cannot
 * remove a postdissector, so it stays for other files. */
static bool looks_after_ipv4;

static void start_looking_after_ipv4(void)
{
    looks_after_ipv4 = true;
    register_postdissector(create_dissector_handle(look_after_ipv4, proto_ipv4_fragments));
}

/* Handles what is not an IPsec header. Returns whether it is an IKE message to be passed on. */
static IPSEC_COLD bool is_ike(const ipsec_view *view, packet_info *pinfo, ipsec_report *report)
{
    if (report->header.subject == IPSEC_SUBJECT_IKE_PORT && was_offered_before(pinfo, view->data))
        report->header.subject = IPSEC_SUBJECT_NOTHING;
    return report->header.subject == IPSEC_SUBJECT_IKE && hooks[HOOK_ISAKMP].is_enabled;
}

/* Whether a report is wanted where nothing is said of the header: for its fields, or for statistics. */
static inline bool is_report_wanted(proto_tree *tree)
{
    return (tree && proto_field_is_referenced(tree, proto_ipsec)) || have_tap_listener(ipsec_tap);
}

/* What a report is for. */
static int report_and_call(ipsec_report *report, ipsec_view *view, const hook *at, tvbuff_t *tvb, packet_info *pinfo,
                           proto_tree *tree, void *data)
{
    if (report->findings.count > 0 && !looks_after_ipv4 && ipsec_report_may_be_cut(report))
        start_looking_after_ipv4();
    if (report->header.subject != IPSEC_SUBJECT_HEADER && is_ike(view, pinfo, report))
        return ipsec_ike_call(at->stock, hooks[HOOK_ISAKMP].proto, view, wrappers_run, tvb, pinfo, tree, data);
    ipsec_tap_offer(report, view, pinfo);
    ipsec_tap_offer_ike_news(pinfo);
    if (report->findings.count > 0 || report->unproven)
        return dissect_refused(report, at, tvb, pinfo, tree, data);
    return dissect(report, at, tvb, pinfo, tree, data);
}

static inline void set_surroundings(ipsec_view *view)
{
    view->refused_by = 0;
    if (around.any == 0)
        return;
    view->refused_by = around.refused_by;
    if (around.unproven)
        view->flags |= IPSEC_VIEW_INSIDE_UNPROVEN;
}

static int judge_and_call(ipsec_view *view, const hook *at, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                          void *data)
{
    ipsec_report report;

    wrappers_run++;
    ipsec_payload_expect(NULL);
    set_surroundings(view);
    if (is_report_wanted(tree))
        ipsec_frames_report(pinfo, view, &report);
    else if (!ipsec_frames_report_any(pinfo, view, &report))
        return call_dissector_only(at->stock, tvb, pinfo, tree, data);
    return report_and_call(&report, view, at, tvb, pinfo, tree, data);
}

/* One function for all headers, so that the compiler needs only one copy of what it inlines; `at` is last, so that the
 * other arguments stay where they are. */
static IPSEC_APART int wrap(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data, const hook *at)
{
    ipsec_view view;

    if (!at->is_judged || around.is_lost)
        return at->is_enabled ? call_dissector_only(at->stock, tvb, pinfo, tree, data) : 0;
    if (at->protocol)
        ipsec_outer_ip(tvb, pinfo, data, at->protocol, &view);
    else
        ipsec_outer_udp(tvb, pinfo, at == &hooks[HOOK_ISAKMP], &view);
    return judge_and_call(&view, at, tvb, pinfo, tree, data);
}

#define KIND(symbol, name, number, encrypts, covers_outer)                                                             \
    static int wrap_##name(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)                            \
    {                                                                                                                  \
        return wrap(tvb, pinfo, tree, data, &hooks[HOOK_##symbol]);                                                    \
    }
#include "../core/base/kind.def"
#undef KIND

static int wrap_udpencap(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return wrap(tvb, pinfo, tree, data, &hooks[HOOK_UDPENCAP]);
}

static int wrap_isakmp(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return wrap(tvb, pinfo, tree, data, &hooks[HOOK_ISAKMP]);
}

static int wrap_fragment(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    const hook *at = &hooks[HOOK_FRAGMENT];
    const ipsec_tree_mark mark = ipsec_compat_mark_tree(tree);
    ipsec_fragment fragment;
    ipsec_report report;
    int result;

    if (!at->is_enabled)
        return 0;
    if (!is_ipsec_enabled || around.is_lost || !ipsec_fragments_read_v6(tvb, pinfo, &fragment))
        return call_dissector_only(at->stock, tvb, pinfo, tree, data);
    ipsec_frames_fragment(pinfo, &fragment, &report);
    result = call_dissector_only(at->stock, tvb, pinfo, tree, data);
    draw_fragment(&report, at, tvb, pinfo, tree, &mark);
    return result;
}

/* ICMP inside a packet that did not reach its receiver, or may not be genuine, does not count as a message either. */
static int wrap_message(const hook *at, uint8_t protocol, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                        void *data)
{
    if (!at->is_enabled)
        return 0;
    if (!is_ipsec_enabled || around.is_lost || around.unproven || !ipsec_icmp_is_error(tvb, pinfo, protocol))
        return call_dissector_only(at->stock, tvb, pinfo, tree, data);
    return ipsec_icmp_dissect(&(ipsec_icmp_place){.stock = at->stock,
                                                  .proto = at->proto,
                                                  .protocol = protocol,
                                                  .refused_by = around.refused_by,
                                                  .order = wrappers_run + 1},
                              tvb, pinfo, tree, data);
}

static int wrap_icmp(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return wrap_message(&hooks[HOOK_ICMP], IPSEC_ICMP, tvb, pinfo, tree, data);
}

static int wrap_icmpv6(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return wrap_message(&hooks[HOOK_ICMPV6], IPSEC_ICMPV6, tvb, pinfo, tree, data);
}

void ipsec_hooks_register(int proto)
{
    proto_ipsec = proto;
    for (unsigned i = 0; i < HOOK_COUNT; i++)
        hooks[i].proto = proto_get_id_by_filter_name(hooks[i].filter_name);
    after_ipv4.proto = proto_get_id_by_filter_name(after_ipv4.filter_name);
    proto_ipv4_fragments =
        proto_register_protocol_in_name_only("IPv4 fragments with IPsec analysis", "IPv4 fragment (analysis)",
                                             "ipsec.ipv4_fragments", after_ipv4.proto, FT_PROTOCOL);
}

/* The dissectors of UDP encapsulation and of the fragment header have no name. */
static dissector_handle_t find_stock(unsigned which)
{
    if (which == HOOK_UDPENCAP)
        return ipsec_compat_udpencap();
    if (which == HOOK_FRAGMENT)
        return ipsec_compat_ipv6_fragment();
    return find_dissector(hooks[which].filter_name);
}

/* Wireshark 4.4 complains about two handles in a table that have neither protocol nor name. */
static dissector_handle_t create_handle(dissector_t wrapper, const hook *at, const char *description)
{
    return create_dissector_handle_with_name_and_description(wrapper, -1, at->filter_name, description);
}

void ipsec_hooks_handoff(void)
{
    static const dissector_t wrappers[HOOK_COUNT] = {
#define KIND(symbol, name, number, encrypts, covers_outer) [HOOK_##symbol] = wrap_##name,
#include "../core/base/kind.def"
#undef KIND
        [HOOK_UDPENCAP] = wrap_udpencap, [HOOK_ISAKMP] = wrap_isakmp, [HOOK_FRAGMENT] = wrap_fragment,
        [HOOK_ICMP] = wrap_icmp,         [HOOK_ICMPV6] = wrap_icmpv6,
    };

    for (unsigned i = 0; i < HOOK_COUNT; i++) {
        hooks[i].stock = find_stock(i);
        hooks[i].wrapper = create_handle(wrappers[i], &hooks[i], hooks[i].description);
        hooks[i].twin =
            create_handle(wrappers[i], &hooks[i], proto_get_protocol_short_name(find_protocol_by_id(hooks[i].proto)));
        /* Users may choose the wrapper in Decode As, which offers what is in the tables, so it must be registered
         * before the saved entries are read.
         */
        dissector_add_for_decode_as(hooks[i].table, hooks[i].wrapper);
    }
}

/* An entry of a dissector table that points to a stock dissector. */
typedef struct table_entry {
    const hook *target;
    uint32_t key;
    bool changed_by_user;
} table_entry;

static void collect(const char *table, ftenum_t type _U_, void *key, void *value, void *user_data)
{
    bool changed;
    const dissector_handle_t handle = ipsec_compat_entry_handle(value, &changed);

    for (unsigned i = 0; i < HOOK_COUNT; i++) {
        if (!handle || handle != hooks[i].stock || !g_str_equal(table, hooks[i].table))
            continue;
        const table_entry found = {&hooks[i], GPOINTER_TO_UINT(key), changed};
        g_array_append_val((GArray *)user_data, found);
    }
}

void ipsec_hooks_install(void)
{
    static const char *const tables[] = {"ip.proto", "udp.port"};
    GArray *entries = g_array_new(false, false, sizeof(table_entry));

    is_ipsec_enabled = proto_is_protocol_enabled(find_protocol_by_id(proto_ipsec));
    if (ipsec_prefs_all_fragments() && !looks_after_ipv4)
        start_looking_after_ipv4();
    for (unsigned i = 0; i < HOOK_COUNT; i++)
        hooks[i].is_enabled = proto_is_protocol_enabled(find_protocol_by_id(hooks[i].proto));
    for (unsigned i = 0; i < HOOK_COUNT; i++)
        hooks[i].is_judged = is_ipsec_enabled && hooks[i].is_enabled && hooks[hooks[i].header].is_enabled;
    for (unsigned i = 0; i < G_N_ELEMENTS(tables); i++)
        dissector_table_foreach(tables[i], collect, entries);
    for (unsigned i = 0; i < entries->len; i++) {
        const table_entry *entry = &g_array_index(entries, table_entry, i);

        /* The twin keeps the user's Decode As entry as it is; the wrapper does not look like a user's entry. */
        if (entry->changed_by_user)
            dissector_change_uint(entry->target->table, entry->key, entry->target->twin);
        else
            dissector_add_uint(entry->target->table, entry->key, entry->target->wrapper);
    }
    g_array_free(entries, true);
}
