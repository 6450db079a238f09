/* Reads the sample captures without Wireshark. SPDX-License-Identifier: GPL-2.0-or-later */
#include "frames.h"
#include "base/hash.h"
#include "guard.h"
#include "keys/icv.h"
#include "packet/protocol.h"

#include <string.h>

enum {
    FILE_HEADER = 24,
    RECORD_HEADER = 16,
    ETHERNET = 14,
    TYPE_IPV4 = 0x0800,
    TYPE_IPV6 = 0x86dd,
    TYPE_VLAN = 0x8100,
    TYPE_VLAN_OUTER = 0x88a8,
    PORT_IKE = 500,
    PORT_NATT = 4500
};

/* --- files ---------------------------------------------------------------------------------------------------------
 */

static uint32_t read_le(const char *octets)
{
    uint32_t value;

    memcpy(&value, octets, sizeof value);
    return GUINT32_FROM_LE(value);
}

capture capture_read(const char *path)
{
    capture capture = {.frames = g_array_new(false, false, sizeof(frame))};
    gsize size;

    if (!g_file_get_contents(path, &capture.file, &size, NULL) || size < FILE_HEADER)
        g_error("%s is no capture", path);
    g_assert_cmphex(read_le(capture.file), ==, 0xa1b2c3d4);
    for (gsize at = FILE_HEADER; at < size;) {
        const char *const head = capture.file + at;
        const frame frame = {.octets = (const uint8_t *)head + RECORD_HEADER,
                             .captured = read_le(head + 8),
                             .length = read_le(head + 12),
                             .time = read_le(head) * UINT64_C(1000000000) + read_le(head + 4) * UINT64_C(1000)};

        at += RECORD_HEADER + frame.captured;
        g_assert_cmpuint(at, <=, size);
        g_array_append_val(capture.frames, frame);
    }
    return capture;
}

void capture_free(capture *capture)
{
    g_array_free(capture->frames, true);
    g_free(capture->file);
}

/* --- what is shown -------------------------------------------------------------------------------------------------
 */

void shown_begin(shown *shown)
{
    GString **const columns[] = {&shown->verdicts, &shown->findings, &shown->windows, &shown->linux_counters,
                                 &shown->icvs};

    for (unsigned i = 0; i < G_N_ELEMENTS(columns); i++)
        *columns[i] = g_string_new(NULL);
    shown->is_partial = shown->in_udp = false;
    shown->sa = IPSEC_SA_NONE;
    shown->peers = 0;
}

void shown_clear(shown *shown)
{
    GString *const columns[] = {shown->verdicts, shown->findings, shown->windows, shown->linux_counters, shown->icvs};

    for (unsigned i = 0; i < G_N_ELEMENTS(columns); i++)
        g_string_free(columns[i], true);
}

static void add(GString *column, char separator, const char *value)
{
    if (column->len > 0)
        g_string_append_c(column, separator);
    g_string_append(column, value);
}

static void show_findings(shown *shown, const ipsec_findings *findings)
{
    for (unsigned i = 0; i < findings->count; i++)
        add(shown->findings, ',', ipsec_catalogue((ipsec_finding_id)findings->list[i].id)->id);
}

static void show(shown *shown, const ipsec_report *report)
{
    static const char *const icvs[] = {[IPSEC_ICV_BAD] = "Bad",
                                       [IPSEC_ICV_GOOD] = "Good",
                                       [IPSEC_ICV_UNVERIFIED] = "Unverified",
                                       [IPSEC_ICV_NOT_PRESENT] = "Not present"};
    const ipsec_outcome *const on_linux = ipsec_outcome_at(IPSEC_STACK_LINUX, report);
    const ipsec_windows_error *const windows = ipsec_windows_error_of(ipsec_outcome_at(IPSEC_STACK_WINDOWS, report));
    char conclusion[IPSEC_CONCLUSION_SIZE];

    add(shown->verdicts, ';', ipsec_verdict_name(report->verdict));
    show_findings(shown, &report->findings);
    if (windows) {
        char *number = g_strdup_printf("%u", windows->error);

        add(shown->windows, ';', number);
        g_free(number);
    }
    if (on_linux)
        add(shown->linux_counters, ';', on_linux->counter);
    if (report->opened.valid && !report->opened.in_hindsight)
        add(shown->icvs, ';', icvs[report->opened.icv_status]);
    g_assert_true(g_str_has_prefix(ipsec_conclusion(report, conclusion), ipsec_verdict_name(report->verdict)));
}

/* --- headers -------------------------------------------------------------------------------------------------------
 */

/* Octets of a packet: the frame, or what was decrypted from it. */
typedef struct buffer {
    const uint8_t *octets;
    uint32_t captured, length;
    uint16_t number;
    uint32_t ethernet; /* offset of the IP header; 0: this is not the frame */
} buffer;

/* A packet while its headers are dissected. */
typedef struct packet {
    pass *pass;
    const frame *frame;
    uint32_t number, place;
    shown *shown;
    uint16_t buffers;
    const uint8_t *source, *destination;
    uint8_t address_length;
    ipsec_stacks refused_by;
    bool is_unproven, is_quoted;
} packet;

static void read_ip(packet p, const buffer *in, uint32_t at);
static void read_next(packet p, const buffer *in, uint32_t at, uint8_t protocol, uint32_t payload);

static const ipsec_record *find_record(const packet *p, const ipsec_view *view)
{
    for (guint i = 0; i < p->pass->records->len; i++) {
        const ipsec_record *record = &g_array_index(p->pass->records, ipsec_record, i);

        if (record->frame == view->frame && ipsec_record_is_of(p->pass->db, record, view))
            return record;
    }
    return NULL;
}

static void judge(const packet *p, const ipsec_view *view, ipsec_report *report)
{
    ipsec_record record;

    if (p->pass->is_later) {
        ipsec_explain(p->pass->db, view, find_record(p, view), report);
        return;
    }
    ipsec_judge(p->pass->db, view, &record, report);
    if (ipsec_report_has_subject(report))
        g_array_append_val(p->pass->records, record);
}

static ipsec_view begin_view(const packet *p, const buffer *in, uint32_t at, uint8_t protocol)
{
    return (ipsec_view){
        .data = in->octets + at,
        .captured = in->captured - at,
        .length = IPSEC_LENGTH_UNKNOWN,
        .source = p->source,
        .destination = p->destination,
        .address_length = p->address_length,
        .ip_version = p->address_length == 4 ? 4 : 6,
        .frame = p->number,
        .offset = at,
        .place = p->place,
        .time = p->frame->time,
        .protocol = protocol,
        .flags = (uint16_t)((p->is_quoted ? IPSEC_VIEW_QUOTED : 0) | (p->is_unproven ? IPSEC_VIEW_INSIDE_UNPROVEN : 0)),
        .buffer = in->number,
        .refused_by = p->refused_by};
}

static void set_length(ipsec_view *view, uint32_t length)
{
    view->length = length;
    view->captured = MIN(view->captured, length);
}

/* Padding of Ethernet, if the IP packet is the frame's own. */
static void set_behind(const buffer *in, uint32_t ip, uint32_t length, uint32_t behind, ipsec_view *view)
{
    if (in->ethernet > 0 && in->ethernet == ip && in->captured == in->length && length < behind)
        view->behind = behind - length;
}

static ipsec_ip_search search_in(const packet *p, const buffer *in, uint32_t count, uint8_t protocol)
{
    return (ipsec_ip_search){.octets = in->octets,
                             .count = count,
                             .behind = in->length - count,
                             .source = p->source,
                             .address_length = p->address_length,
                             .protocol = protocol};
}

/* Dissects the content of a header; `p` is a copy of the packet around it. */
static void read_inside(packet p, const buffer *in, const ipsec_view *view, const ipsec_report *report)
{
    const ipsec_opened *opened = &report->opened;

    if (report->findings.count > 0 || report->unproven) {
        p.refused_by = ipsec_stacks_refusing(report);
        p.is_unproven = p.is_unproven || report->unproven;
    }
    if (ipsec_report_hides_payload(report))
        return;
    if (!ipsec_encrypts(view->protocol)) {
        const uint32_t length = (view->data[1] + 2u) * 4;

        if (view->captured > length)
            read_next(p, in, view->offset + length, view->data[0], IPSEC_LENGTH_UNKNOWN);
        return;
    }
    if (!opened->valid || !opened->plaintext || opened->payload_length == 0 || opened->in_hindsight)
        return;
    if (opened->clear_at) {
        read_next(p, in, view->offset + opened->clear_at, opened->next_header, opened->payload_length);
        return;
    }
    read_next(p,
              &(buffer){.octets = guard_copy(opened->plaintext, opened->plaintext_length),
                        .captured = opened->plaintext_length,
                        .length = opened->plaintext_length,
                        .number = ++p.buffers},
              0, opened->next_header, opened->payload_length);
}

static void judge_header(packet p, const buffer *in, const ipsec_view *view)
{
    ipsec_report report;

    judge(&p, view, &report);
    if (report.header.subject == IPSEC_SUBJECT_IKE) {
        ipsec_ike_report ike;

        if (p.pass->is_later)
            ipsec_explain_ike(p.pass->db, view, &ike);
        else
            ipsec_judge_ike(p.pass->db, view, NULL, &ike);
        show_findings(p.shown, &ike.findings);
        return;
    }
    if (!ipsec_report_has_subject(&report))
        return;
    if (p.shown->verdicts->len == 0) {
        p.shown->sa = report.sa;
        p.shown->in_udp = view->encapsulation == IPSEC_ENCAPSULATION_UDP;
    }
    show(p.shown, &report);
    if (p.pass->look)
        p.pass->look(view, &report);
    if (report.header.subject == IPSEC_SUBJECT_HEADER)
        read_inside(p, in, view, &report);
}

static void read_ipsec(packet p, const buffer *in, uint32_t at, uint8_t protocol, uint32_t payload)
{
    const ipsec_ip_search search = search_in(&p, in, at, protocol);
    ipsec_view view = begin_view(&p, in, at, protocol);
    ipsec_ip_path path;

    if (!p.is_quoted && ipsec_ip_find(&search, &path)) {
        view.flags |= path.flags;
        view.outer = in->octets + (at - path.header);
        view.outer_length = path.header;
        set_length(&view, path.length);
        if (view.flags & IPSEC_VIEW_OFFLOAD)
            view.frame_length = in->length - at;
        set_behind(in, at - path.header, path.length, in->length - at, &view);
    } else if (!p.is_quoted && payload != IPSEC_LENGTH_UNKNOWN) {
        set_length(&view, payload);
    }
    judge_header(p, in, &view);
}

static void set_udp(const packet *p, const buffer *in, uint32_t at, ipsec_view *view)
{
    const ipsec_ip_search search = search_in(p, in, at - IPSEC_UDP_HEADER, IPSEC_PROTOCOL_UDP);
    ipsec_ip_path path = {.length = IPSEC_LENGTH_UNKNOWN};
    ipsec_udp udp;

    if (!ipsec_udp_read(in->octets, at, view->source_port, view->destination_port, &udp))
        return;
    view->flags |= udp.has_checksum ? IPSEC_VIEW_UDP_CHECKSUM : 0;
    if (!ipsec_ip_find(&search, &path))
        return;
    view->flags |= path.flags;
    view->outer = in->octets + (at - IPSEC_UDP_HEADER - path.header);
    view->outer_length = path.header + IPSEC_UDP_HEADER;
    if (path.length == IPSEC_LENGTH_UNKNOWN || udp.length <= path.length - IPSEC_UDP_HEADER)
        set_length(view, udp.length);
    if (path.length != IPSEC_LENGTH_UNKNOWN)
        set_behind(in, at - IPSEC_UDP_HEADER - path.header, path.length - IPSEC_UDP_HEADER, in->length - at, view);
}

static void read_udp(packet p, const buffer *in, uint32_t at)
{
    ipsec_view view;
    uint16_t source, destination;

    if (in->captured < at + IPSEC_UDP_HEADER)
        return;
    source = ipsec_read_u16(in->octets + at);
    destination = ipsec_read_u16(in->octets + at + 2);
    if (source != PORT_NATT && destination != PORT_NATT && source != PORT_IKE && destination != PORT_IKE)
        return;
    at += IPSEC_UDP_HEADER;
    view = begin_view(&p, in, at, IPSEC_PROTOCOL_ESP);
    view.encapsulation = IPSEC_ENCAPSULATION_UDP;
    view.source_port = source;
    view.destination_port = destination;
    if (source != PORT_NATT && destination != PORT_NATT)
        view.flags |= IPSEC_VIEW_IKE_PORT;
    if (!p.is_quoted)
        set_udp(&p, in, at, &view);
    judge_header(p, in, &view);
}

/* Judges an error, and dissects its quote as if it were a packet. */
static void read_icmp(packet p, const buffer *in, uint32_t at, uint8_t protocol, uint32_t length)
{
    const ipsec_icmp_view view = {.data = in->octets + at,
                                  .captured = MIN(in->captured - at, length),
                                  .whole = in->captured - at >= length,
                                  .source = p.source,
                                  .destination = p.destination,
                                  .address_length = p.address_length,
                                  .protocol = protocol,
                                  .frame = p.number,
                                  .offset = at,
                                  .time = p.frame->time,
                                  .refused_by = p.refused_by};
    ipsec_icmp_report report;

    if (in->captured <= at + 8 || p.is_unproven || p.is_quoted || !ipsec_icmp_may_be_error(protocol, in->octets[at]))
        return;
    if (!p.pass->is_later)
        ipsec_judge_icmp(p.pass->db, &view);
    ipsec_explain_icmp(p.pass->db, &view, &report);
    show_findings(p.shown, &report.findings);
    p.is_quoted = true;
    read_ip(
        p,
        &(buffer){
            .octets = in->octets, .captured = at + view.captured, .length = at + view.captured, .number = in->number},
        at + 8);
}

static void read_next(packet p, const buffer *in, uint32_t at, uint8_t protocol, uint32_t payload)
{
    if (at > in->captured)
        return;
    switch (protocol) {
    case IPSEC_PROTOCOL_ESP:
    case IPSEC_PROTOCOL_AH:
        read_ipsec(p, in, at, protocol, payload);
        break;
    case IPSEC_PROTOCOL_UDP:
        read_udp(p, in, at);
        break;
    case IPSEC_ICMP:
    case IPSEC_ICMPV6:
        read_icmp(p, in, at, protocol, MIN(payload, in->length - at));
        break;
    case IPSEC_PROTOCOL_IPV4:
    case IPSEC_PROTOCOL_IPV6:
        read_ip(p, in, at);
        break;
    default:
        break;
    }
}

static void judge_fragment(packet *p, ipsec_fragment fragment)
{
    ipsec_report report;

    p->shown->is_partial = true;
    if (fragment.protocol != IPSEC_PROTOCOL_ESP && fragment.protocol != IPSEC_PROTOCOL_AH)
        return;
    if (!p->pass->is_later)
        ipsec_judge_fragment(p->pass->db, &fragment);
    ipsec_explain_fragment(p->pass->db, &fragment, &report);
}

/* A hash that is the same for both directions. */
static uint32_t hash_peers(const uint8_t *source, const uint8_t *destination, uint32_t length)
{
    uint64_t words[2];
    const uint64_t one = ipsec_hash_address(1, source, length, words);

    return (uint32_t)(one + ipsec_hash_address(1, destination, length, words));
}

static void read_v4(packet p, const buffer *in, uint32_t at)
{
    const uint8_t *const ip = in->octets + at;
    const uint32_t header = (ip[0] & 0x0fu) * 4, total = ipsec_read_u16(ip + 2);
    const uint32_t flags = ipsec_read_u16(ip + 6);

    p.source = ip + 12;
    p.destination = ip + 16;
    p.address_length = 4;
    if (p.shown->peers == 0)
        p.shown->peers = hash_peers(p.source, p.destination, 4);
    if (header < IPSEC_IPV4_HEADER || in->captured < at + header)
        return;
    if (ipsec_ip_is_v4_fragment(ip) && !p.is_quoted) {
        judge_fragment(&p, (ipsec_fragment){.source = p.source,
                                            .destination = p.destination,
                                            .address_length = 4,
                                            .protocol = ip[9],
                                            .more = flags & 0x2000,
                                            .identification = ipsec_read_u16(ip + 4),
                                            .offset = (flags & 0x1fff) * 8,
                                            .frame = p.number});
        return;
    }
    if (flags & 0x1fff)
        return;
    read_next(p, in, at + header, ip[9], total > header ? total - header : IPSEC_LENGTH_UNKNOWN);
}

static void read_v6(packet p, const buffer *in, uint32_t at)
{
    const uint8_t *const ip = in->octets + at;
    const uint32_t end = in->captured, payload = ipsec_read_u16(ip + 4);
    uint8_t next = ip[6];
    uint32_t from = at + IPSEC_IPV6_HEADER;

    p.source = ip + 8;
    p.destination = ip + 24;
    p.address_length = 16;
    if (p.shown->peers == 0)
        p.shown->peers = hash_peers(p.source, p.destination, 16);
    while (next != IPSEC_PROTOCOL_AH && from < end) {
        const uint8_t *const extension = in->octets + from;
        const uint32_t length = ipsec_ip_extension(next, extension, end - from);

        if (length == 0)
            break;
        if (next == IPSEC_PROTOCOL_ROUTING && (extension[2] == 0 || extension[2] == 2) && extension[3] > 0 &&
            length > 8)
            p.destination = extension + length - 16;
        if (next == IPSEC_PROTOCOL_FRAGMENT && ipsec_ip_is_v6_fragment(extension) && !p.is_quoted) {
            judge_fragment(&p, (ipsec_fragment){.source = p.source,
                                                .destination = p.destination,
                                                .address_length = 16,
                                                .protocol = extension[0],
                                                .more = extension[3] & 1,
                                                .identification = ipsec_read_u32(extension + 4),
                                                .offset = ipsec_read_u16(extension + 2) & 0xfff8u,
                                                .frame = p.number});
            return;
        }
        next = extension[0];
        from += length;
    }
    read_next(p, in, from, next,
              payload + IPSEC_IPV6_HEADER > from - at ? payload + IPSEC_IPV6_HEADER - (from - at)
                                                      : IPSEC_LENGTH_UNKNOWN);
}

static void read_ip(packet p, const buffer *in, uint32_t at)
{
    if (in->captured < at + IPSEC_IPV4_HEADER)
        return;
    if (in->octets[at] >> 4 == 4)
        read_v4(p, in, at);
    else if (in->octets[at] >> 4 == 6 && in->captured >= at + IPSEC_IPV6_HEADER)
        read_v6(p, in, at);
}

void pass_over_frame(pass *pass, const frame *frame, uint32_t number, shown *shown)
{
    packet p = {.pass = pass, .frame = frame, .number = number, .shown = shown};
    const uint8_t *const octets = guard_copy(frame->octets, frame->captured);
    uint32_t at = ETHERNET, vlan = 0, type;

    if (frame->captured < ETHERNET)
        return;
    type = ipsec_read_u16(octets + 12);
    for (; (type == TYPE_VLAN || type == TYPE_VLAN_OUTER) && frame->captured >= at + 4; at += 4) {
        vlan = ipsec_read_u16(octets + at) & 0xfff;
        type = ipsec_read_u16(octets + at + 2);
    }
    p.place = ipsec_link_of(&(ipsec_links){0}, ipsec_link_word(octets + 6, 6), ipsec_link_word(octets, 6), vlan);
    if (type == TYPE_IPV4 || type == TYPE_IPV6)
        read_ip(p, &(buffer){.octets = octets, .captured = frame->captured, .length = frame->length, .ethernet = at},
                at);
}
