/* The ICMP errors of a capture.
 *
 * The work for each error is bounded, because anybody may send a million of them: the SA is looked up in its table, and
 * the quoted packet by hash among the most recent ones. A record is kept of each error that concerns IPsec.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "icmp/errors.h"
#include "base/hash.h"
#include "icmp/inner_mtu.h"
#include "icmp/quote.h"
#include "icmp/rules.h"
#include "packet/checks.h"
#include "packet/find.h"
#include "packet/fragment.h"
#include "packet/protocol.h"
#include "sa/negotiated.h"

#include <string.h>

/* Peers that are remembered because they do not support a protocol. */
#define LACKING_MOST 65536u

#define ICMP_HEADER 8u

/* What was decided on an error. */
typedef struct record {
    uint32_t frame, offset; /* ipsec_icmp_view */
    uint32_t sa;            /* IPSEC_SA_NONE: not known */
    uint32_t quoted;        /* frame; 0 likewise */
    uint32_t fits;          /* inner MTU; 0 likewise */
    uint16_t buffer;        /* ipsec_icmp_view */
    ipsec_icmp_ruling ruling;
} record;

ipsec_icmp_errors *ipsec_icmp_errors_new(ipsec_limits *limits)
{
    ipsec_icmp_errors *const errors = g_new0(ipsec_icmp_errors, 1);

    errors->limits = limits;
    errors->ike.seed = ipsec_hash_seed();
    errors->records = g_array_new(false, false, sizeof(record));
    errors->answers = g_hash_table_new(NULL, NULL);
    return errors;
}

void ipsec_icmp_errors_free(ipsec_icmp_errors *errors)
{
    if (!errors)
        return;
    ipsec_mtus_clear(&errors->mtus);
    g_array_free(errors->records, true);
    g_hash_table_destroy(errors->answers);
    if (errors->lacking)
        g_hash_table_destroy(errors->lacking);
    g_free(errors);
}

/* --- what is quoted ------------------------------------------------------------------------------------- */

/* The quoted packet as a view, for functions that need its addresses and ports. */
static ipsec_view view_of(const ipsec_quote *quote, bool in_udp)
{
    return (ipsec_view){.source = quote->source,
                        .destination = quote->destination,
                        .address_length = quote->address_length,
                        .ip_version = quote->address_length == 4 ? 4 : 6,
                        .source_port = in_udp ? quote->source_port : 0,
                        .destination_port = in_udp ? quote->destination_port : 0,
                        .protocol = quote->protocol == IPSEC_PROTOCOL_AH ? IPSEC_PROTOCOL_AH : IPSEC_PROTOCOL_ESP};
}

static bool is_in_udp(const ipsec_quote *quote)
{
    return quote->protocol == IPSEC_PROTOCOL_UDP;
}

/* If the SPI exists in the other direction, too, the source must be that of the SA. Otherwise it is not checked,
 * because a NAT may have changed it. */
static bool is_other_direction(const ipsec_sa_table *sas, const ipsec_sa *sa, const ipsec_quote *quote)
{
    const ipsec_view view = view_of(quote, is_in_udp(quote));
    ipsec_view back = view;

    back.source = quote->destination;
    back.destination = quote->source;
    return sa->life.pair && ipsec_sa_find(sas, &back, quote->spi) &&
           ipsec_sa_pair_find(sas, &view, false) != sa->life.pair;
}

static const ipsec_sa *find_sa(const ipsec_sa_table *sas, const ipsec_quote *quote)
{
    const ipsec_view view = view_of(quote, is_in_udp(quote));
    const ipsec_sa *const sa = quote->has_spi ? ipsec_sa_find(sas, &view, quote->spi) : NULL;

    return sa && !is_other_direction(sas, sa, quote) ? sa : NULL;
}

/* Whether an SPI was seen between the two hosts, in either direction: of ESP in UDP on these ports, or, if `native`, of
 * ESP or AH in IP. */
static bool has_spi_between(const ipsec_sa_table *sas, const ipsec_quote *quote, bool native)
{
    ipsec_view view = view_of(quote, !native);

    if (ipsec_sa_pair_find(sas, &view, false) || ipsec_sa_pair_find(sas, &view, true))
        return true;
    if (!native)
        return false;
    view.protocol = IPSEC_PROTOCOL_AH;
    return ipsec_sa_pair_find(sas, &view, false) || ipsec_sa_pair_find(sas, &view, true);
}

/* Whether it went to the port of UDP encapsulation, and can belong there: a NAT keepalive has one octet, and IKE and
 * ESP are longer than a scanner's probe. */
static bool is_sent_to_natt(const ipsec_quote *quote)
{
    return quote->destination_port == IPSEC_PORT_NATT &&
           (quote->udp_payload == 1 || quote->udp_payload >= IPSEC_ESP_IN_UDP_LEAST);
}

/* Whether a quote of UDP is IPsec: the port proves it if it is the destination port; a source port proves nothing
 * unless IKE or an SPI was seen between the two hosts. */
static bool is_ipsec(const ipsec_icmp_neighbours *n, const ipsec_quote *quote, const ipsec_sa *sa)
{
    const ipsec_view view = view_of(quote, true);

    if (!is_in_udp(quote) || is_sent_to_natt(quote) || quote->ike || sa)
        return true;
    if (quote->source_port == 0 || quote->destination_port == 0)
        return false;
    if (has_spi_between(n->sas, quote, false))
        return true;
    return ipsec_quote_has_port(quote) && (ipsec_peers_known(n->peers, &view) || has_spi_between(n->sas, quote, true));
}

/* The packet of the SA with the quoted number, if its encapsulation is that of the quote; NULL: not known. */
static const ipsec_recent *find_by_number(const ipsec_icmp_neighbours *n, const ipsec_quote *quote, const ipsec_sa *sa)
{
    const ipsec_recent *const packet = ipsec_recents_find_number(n->recents, sa->index, quote->sequence);

    return packet && (packet->encapsulation == IPSEC_ENCAPSULATION_UDP) == is_in_udp(quote) ? packet : NULL;
}

/* The one packet with the properties of a quote without a number: of the SA, or else in UDP. */
static const ipsec_recent *find_by_marks(const ipsec_icmp_neighbours *n, const ipsec_quote *quote, const ipsec_sa *sa)
{
    const ipsec_view view = view_of(quote, is_in_udp(quote));
    const ipsec_recent_marks marks = {.sa = sa ? sa->index : IPSEC_SA_NONE,
                                      .length = is_in_udp(quote) ? quote->udp_payload : quote->behind_ip,
                                      .identification = quote->identification,
                                      .ends = ipsec_recents_ends(n->recents, quote->source, quote->destination,
                                                                 quote->address_length, ipsec_recent_ports(&view))};
    const bool may_be_known = sa || (is_in_udp(quote) && !quote->has_spi && !quote->ike);

    return marks.length > 0 && quote->address_length == 4 && may_be_known
               ? ipsec_recents_find_unique(n->recents, &marks)
               : NULL;
}

/* The quoted packet, among those that have a number. */
static const ipsec_recent *find_numbered(const ipsec_icmp_neighbours *n, const ipsec_quote *quote, const ipsec_sa *sa)
{
    if (!quote->has_sequence)
        return find_by_marks(n, quote, sa);
    return sa ? find_by_number(n, quote, sa) : NULL;
}

/* The SA in use between the ports of a quote that ends with the ports. */
static uint32_t sa_between(const ipsec_sa_table *sas, const ipsec_quote *quote)
{
    const ipsec_view view = view_of(quote, true);
    const ipsec_sa_pair *const pair =
        is_in_udp(quote) && !quote->has_spi && !quote->ike ? ipsec_sa_pair_find(sas, &view, false) : NULL;

    if (!pair)
        return IPSEC_SA_NONE;
    return pair->active != IPSEC_SA_NONE ? pair->active : pair->next;
}

static uint32_t find_ike(const ipsec_icmp_errors *errors, const ipsec_quote *quote)
{
    const uint32_t found = ipsec_ike_packets_find(&errors->ike, quote);

    if (found == 0 && errors->ike.count > IPSEC_IKE_PACKETS)
        ipsec_limit_reached(errors->limits, IPSEC_LIMIT_IKE_PACKETS);
    return found;
}

/* Finds SA and packet; a quote that ends with the UDP header may be IKE or ESP. */
static void find_quoted(ipsec_icmp_errors *errors, const ipsec_icmp_neighbours *n, const ipsec_quote *quote,
                        const ipsec_sa *sa, record *kept)
{
    const ipsec_recent *const packet = find_numbered(n, quote, sa);
    const uint32_t ike = is_in_udp(quote) && !quote->has_spi ? find_ike(errors, quote) : 0;

    if (sa)
        kept->sa = sa->index;
    else if (packet && ike == 0)
        kept->sa = packet->sa;
    else
        kept->sa = ike == 0 ? sa_between(n->sas, quote) : IPSEC_SA_NONE;
    if (packet && ike == 0)
        kept->quoted = packet->frame;
    else if (!packet)
        kept->quoted = ike;
}

/* --- what follows from it ------------------------------------------------------------------------------- */

/* A row that packets of the SA have confirmed, or what IKE had negotiated by then; NULL: its algorithms are not known.
 */
static const ipsec_key_row *row_of(const ipsec_icmp_neighbours *n, const ipsec_icmp_view *view, const ipsec_sa *sa)
{
    const ipsec_negotiated *of;

    if (!sa)
        return NULL;
    if (sa->keys.resolved && sa->keys.row != IPSEC_KEY_NONE && sa->keys.row_confirmed)
        return &ipsec_keyring_row(n->ring, sa->keys.row)->spec;
    of = ipsec_negotiated_of(n->sas, sa->index);
    return of && of->created_by != 0 && of->created_by < view->frame ? &of->row : NULL;
}

static uint32_t find_fitting(const ipsec_icmp_neighbours *n, const ipsec_icmp_view *view, const ipsec_icmp_error *error,
                             const ipsec_sa *sa, bool *is_at_most)
{
    const ipsec_key_row *const spec = row_of(n, view, sa);
    const bool is_ah = error->quote.protocol == IPSEC_PROTOCOL_AH;
    const ipsec_overhead overhead = ipsec_overhead_of(
        error->quote.address_length == 4 ? 4 : 6, is_in_udp(&error->quote), is_ah ? error->quote.ah_length : 0, spec);

    *is_at_most = overhead.is_at_most;
    return is_ah && error->quote.ah_length == 0 ? 0 : ipsec_inner_mtu(&overhead, error->mtu);
}

static void take_mtu(ipsec_icmp_errors *errors, const ipsec_icmp_neighbours *n, const ipsec_icmp_view *view,
                     const ipsec_icmp_error *error, const ipsec_sa *sa, record *kept)
{
    bool is_at_most;

    if (kept->sa == IPSEC_SA_NONE)
        return;
    ipsec_mtus_report(&errors->mtus, kept->sa, error->mtu, view->frame, view->time);
    kept->fits = find_fitting(n, view, error, sa, &is_at_most);
    if (kept->fits > 0 && error->quote.length > 0)
        kept->ruling.advice_case = is_at_most ? IPSEC_CASE_TOO_BIG_ANY : IPSEC_CASE_TOO_BIG;
}

static gpointer hash_peer(const ipsec_icmp_errors *errors, const uint8_t *peer, uint8_t length, uint8_t protocol)
{
    uint64_t words[2];

    return GSIZE_TO_POINTER(ipsec_hash_address(ipsec_hash_mix(errors->ike.seed, protocol), peer, length, words));
}

static void remember_lack(ipsec_icmp_errors *errors, const ipsec_icmp_view *view, const ipsec_quote *quote)
{
    const gpointer peer = hash_peer(errors, quote->destination, quote->address_length, quote->protocol);

    if (!errors->lacking)
        errors->lacking = g_hash_table_new(NULL, NULL);
    if (g_hash_table_size(errors->lacking) < LACKING_MOST || g_hash_table_contains(errors->lacking, peer))
        g_hash_table_insert(errors->lacking, peer, GUINT_TO_POINTER(view->frame));
    else
        ipsec_limit_reached(errors->limits, IPSEC_LIMIT_LACKING);
}

static void remember_answer(ipsec_icmp_errors *errors, const record *kept)
{
    const gpointer quoted = GUINT_TO_POINTER(kept->quoted);

    if (kept->quoted > 0 && !g_hash_table_contains(errors->answers, quoted))
        g_hash_table_insert(errors->answers, quoted, GUINT_TO_POINTER(errors->records->len));
}

/* --- judging and explaining ------------------------------------------------------------------------------ */

/* The first record that is not before a frame. */
static uint32_t find_from(const ipsec_icmp_errors *errors, uint32_t frame)
{
    uint32_t low = 0, high = errors->records->len;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;

        if (g_array_index(errors->records, record, middle).frame < frame)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const record *find(const ipsec_icmp_errors *errors, const ipsec_icmp_view *view)
{
    for (uint32_t i = find_from(errors, view->frame); i < errors->records->len; i++) {
        const record *const at = &g_array_index(errors->records, record, i);

        if (at->frame != view->frame)
            return NULL;
        if (at->offset == view->offset && at->buffer == view->buffer)
            return at;
    }
    return NULL;
}

void ipsec_icmp_errors_judge(ipsec_icmp_errors *errors, const ipsec_icmp_neighbours *neighbours,
                             const ipsec_icmp_view *view)
{
    record kept = {.frame = view->frame, .offset = view->offset, .buffer = view->buffer, .sa = IPSEC_SA_NONE};
    ipsec_icmp_error error;
    const ipsec_sa *sa;

    if (!ipsec_icmp_read(view, &error))
        return;
    sa = find_sa(neighbours->sas, &error.quote);
    if (!is_ipsec(neighbours, &error.quote, sa) || find(errors, view))
        return;
    find_quoted(errors, neighbours, &error.quote, sa, &kept);
    kept.ruling = ipsec_icmp_rule(&error, kept.sa != IPSEC_SA_NONE, kept.quoted > 0);
    if (kept.ruling.finding == IPSEC_FINDING_COUNT)
        return;
    if (kept.ruling.finding == IPSEC_FINDING_ICMP_TOO_BIG)
        take_mtu(errors, neighbours, view, &error, sa, &kept);
    if (kept.ruling.finding == IPSEC_FINDING_ICMP_PROTOCOL_UNREACHABLE)
        remember_lack(errors, view, &error.quote);
    g_array_append_val(errors->records, kept);
    remember_answer(errors, &kept);
}

static ipsec_header header_of(const ipsec_quote *quote)
{
    return (ipsec_header){.subject = IPSEC_SUBJECT_HEADER,
                          .protocol = view_of(quote, false).protocol,
                          .encapsulation = is_in_udp(quote) ? IPSEC_ENCAPSULATION_UDP : IPSEC_ENCAPSULATION_NONE,
                          .has_spi = quote->has_spi,
                          .spi = quote->spi,
                          .has_sequence = quote->has_sequence,
                          .sequence = quote->sequence};
}

void ipsec_icmp_errors_explain(const ipsec_icmp_errors *errors, const ipsec_icmp_view *view, ipsec_icmp_report *report)
{
    const record *const kept = find(errors, view);
    ipsec_icmp_error error;

    *report = (ipsec_icmp_report){.sa = IPSEC_SA_NONE};
    if (!kept || !ipsec_icmp_read(view, &error))
        return;
    ipsec_findings_add_with(
        &report->findings, (ipsec_finding_id)kept->ruling.finding, 0, MIN(ICMP_HEADER, view->captured),
        (ipsec_advice_detail){
            .advice_case = kept->ruling.advice_case, .detail = error.quote.length, .fits = kept->fits});
    report->error = strchr(ipsec_catalogue((ipsec_finding_id)kept->ruling.finding)->id, '.') + 1;
    report->has_mtu = error.kind == IPSEC_ICMP_TOO_BIG;
    report->mtu = error.mtu;
    report->quoted = header_of(&error.quote);
    report->quoted_frame = kept->quoted;
    report->sa = kept->sa;
}

uint32_t ipsec_icmp_errors_answer(const ipsec_icmp_errors *errors, uint32_t frame, uint32_t sa)
{
    const guint number = GPOINTER_TO_UINT(g_hash_table_lookup(errors->answers, GUINT_TO_POINTER(frame)));
    const record *const found = number > 0 ? &g_array_index(errors->records, record, number - 1) : NULL;

    return found && found->sa == sa ? found->frame : 0;
}

static uint32_t last_frame_of(const ipsec_sa_table *sas, uint32_t sa)
{
    return sa != IPSEC_SA_NONE ? ipsec_sa_summary_at(sas, sa)->last_frame : 0;
}

/* The last frame of the SAs that are in use, or begin, from the destination of the view to its source. */
static uint32_t last_from_peer(const ipsec_sa_table *sas, const ipsec_view *view)
{
    const ipsec_sa_pair *const back = ipsec_sa_pair_find(sas, view, true);

    return back ? MAX(last_frame_of(sas, back->active), last_frame_of(sas, back->next)) : 0;
}

bool ipsec_icmp_errors_peer_lacks(const ipsec_icmp_errors *errors, const ipsec_sa_table *sas, const ipsec_view *view)
{
    guint said;

    if (!errors->lacking || view->address_length == 0 || view->encapsulation != IPSEC_ENCAPSULATION_NONE)
        return false;
    said = GPOINTER_TO_UINT(g_hash_table_lookup(
        errors->lacking, hash_peer(errors, view->destination, view->address_length, view->protocol)));
    return said > 0 && last_from_peer(sas, view) <= said;
}

void ipsec_icmp_blame_peer(ipsec_findings *findings)
{
    for (unsigned i = 0; i < findings->count; i++)
        if (findings->list[i].id == IPSEC_FINDING_ESP_SPI_UNKNOWN ||
            findings->list[i].id == IPSEC_FINDING_AH_SPI_UNKNOWN)
            findings->list[i].advice_case = IPSEC_CASE_PEER_LACKS;
}
