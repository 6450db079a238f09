/* Packets that exceed the path MTU that was reported for their SA. SPDX-License-Identifier: GPL-2.0-or-later */
#include "icmp/above.h"
#include "base/octets.h"
#include "icmp/inner_mtu.h"
#include "packet/find.h"
#include "packet/ip.h"
#include "sa/standing.h"

#define V4_FLAGS_AT 6
#define DF          0x40

/* Octets of the packet, IP header included; 0 if it may be fragmented, or if its length on the wire is not known. */
static uint32_t undivided_length(const ipsec_view *view, const ipsec_findings *findings)
{
    const unsigned not_a_packet = IPSEC_VIEW_FRAGMENT | IPSEC_VIEW_OFFLOAD | IPSEC_VIEW_REASSEMBLED;
    const uint8_t *const ip = view->outer;

    if (view->flags & not_a_packet || !ip || view->length == IPSEC_LENGTH_UNKNOWN ||
        ipsec_findings_have(findings, IPSEC_FINDING_CAPTURE_OFFLOAD) ||
        ipsec_findings_have(findings, IPSEC_FINDING_CAPTURE_CRYPTO_OFFLOAD))
        return 0;
    if (view->ip_version == 4)
        return view->outer_length >= IPSEC_IPV4_HEADER && ip[V4_FLAGS_AT] & DF ? ipsec_read_u16(ip + 2) : 0;
    return view->outer_length >= IPSEC_IPV6_HEADER ? ipsec_read_u16(ip + 4) + IPSEC_IPV6_HEADER : 0;
}

void ipsec_above_judge(ipsec_mtus *mtus, const ipsec_view *view, const ipsec_ruling *ruling,
                       const ipsec_findings *findings, ipsec_note *note)
{
    const uint32_t length = undivided_length(view, findings);

    if (length > 0 && ipsec_is_genuine(ruling) && !ipsec_note_is_not_new(note) &&
        ipsec_mtus_meet(mtus, ruling->sa, length, view->frame, view->time))
        ipsec_note_add(note, IPSEC_FINDING_SA_ABOVE_MTU);
}

/* Algorithms that are known only on later passes do not count, because advice must be the same on all passes. */
static ipsec_overhead overhead_of(const ipsec_view *view, const ipsec_opened *opened)
{
    const bool is_ah = view->protocol == IPSEC_PROTOCOL_AH && ipsec_view_has(view, 2);
    const uint8_t ah_length = is_ah ? (uint8_t)MIN((view->data[1] + 2u) * 4, UINT8_MAX) : 0;

    return ipsec_overhead_of(view->ip_version, view->encapsulation == IPSEC_ENCAPSULATION_UDP, ah_length,
                             opened->valid && !opened->in_hindsight ? opened->spec : NULL);
}

void ipsec_above_advise(const ipsec_mtus *mtus, const ipsec_view *view, const ipsec_ruling *ruling,
                        const ipsec_opened *opened, ipsec_findings *findings)
{
    const ipsec_above *const above = ipsec_mtus_above(mtus, ruling->sa, view->frame);
    const ipsec_overhead overhead = overhead_of(view, opened);
    ipsec_finding_set set = IPSEC_FINDING_SET_EMPTY;
    ipsec_advice_detail detail = {.advice_case = overhead.is_at_most ? IPSEC_CASE_ABOVE_ANY : IPSEC_CASE_ABOVE};

    if (!above)
        return;
    detail.detail = above->largest;
    detail.missed = above->count;
    detail.fits = ipsec_inner_mtu(&overhead, above->mtu);
    ipsec_finding_set_add(&set, IPSEC_FINDING_SA_ABOVE_MTU);
    if (detail.fits > 0)
        ipsec_findings_advise(findings, &set, detail);
}
