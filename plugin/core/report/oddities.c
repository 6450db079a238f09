/* What some receivers object to in a packet although no finding covers it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/oddities.h"
#include "keys/spec.h"
#include "packet/kind.h"
#include "packet/outer_oddities.h"
#include "report/outcomes.h"

/* Where receivers listen for ESP in UDP: RFC 3948 2. */
#define PORT_NATT 4500u

/* --- the SA ------------------------------------------------------------------------------------------ */

static bool is_other_source(const ipsec_view *view, const ipsec_key_row *spec)
{
    return spec->source.length > 0 && !spec->several_sources &&
           !ipsec_address_in_range(&spec->source, view->source, view->address_length);
}

static ipsec_oddities of_ports(const ipsec_view *view, const ipsec_key_row *spec)
{
    const bool other_source = spec->source_port != 0 && view->source_port != spec->source_port;
    const bool other_destination = spec->destination_port != 0 && view->destination_port != spec->destination_port;

    if (view->encapsulation != IPSEC_ENCAPSULATION_UDP)
        return 0;
    if (other_destination && view->destination_port != PORT_NATT)
        return IPSEC_ODDITY_OTHER_LISTENER;
    return other_source || other_destination ? IPSEC_ODDITY_OTHER_PORTS : 0;
}

static ipsec_oddities of_addresses(const ipsec_view *view, const ipsec_key_row *spec)
{
    if (view->address_length == 0)
        return 0;
    return of_ports(view, spec) | (is_other_source(view, spec) ? IPSEC_ODDITY_OTHER_SOURCE : 0);
}

/* AH has 32-bit words in IPv4 and 64-bit words in IPv6: RFC 4302 2.2. */
static ipsec_oddities of_ah_length(const ipsec_view *view, const ipsec_opened *opened)
{
    const uint32_t word = view->ip_version == 6 ? 8 : 4;
    const uint32_t bare = IPSEC_AH_HEADER + opened->iv_length + opened->icv_length;
    const uint32_t length = ipsec_kind_ah.length(view->data);
    ipsec_oddities odd = 0;

    if (length != (bare + word - 1) / word * word)
        odd |= IPSEC_ODDITY_AH_OTHER_LENGTH;
    return odd | (length != bare ? IPSEC_ODDITY_AH_PADDED : 0);
}

static ipsec_oddities of_sa(const ipsec_view *view, const ipsec_opened *opened)
{
    ipsec_oddities odd;

    if (!opened->valid || !opened->spec || !opened->is_sure)
        return 0;
    odd = of_addresses(view, opened->spec);
    if (view->protocol == IPSEC_PROTOCOL_AH)
        return odd | of_ah_length(view, opened);
    if (!opened->tail_known)
        return odd;
    return odd | (opened->pad_exceeds ? IPSEC_ODDITY_PAD_EXCEEDS : 0) |
           (opened->inner_exceeds ? IPSEC_ODDITY_INNER_EXCEEDS : 0);
}

/* --- all --------------------------------------------------------------------------------------------- */

ipsec_oddities ipsec_oddities_of(const ipsec_view *view, const ipsec_note *note, const ipsec_report *report)
{
    ipsec_oddities odd;

    if (!report->findings.whole || report->header.subject != IPSEC_SUBJECT_HEADER)
        return 0;
    odd = ipsec_outer_oddities(view) | of_sa(view, &report->opened);
    return odd | (note->facts & IPSEC_NOTE_SEEN_BY_OTHER ? IPSEC_ODDITY_SEEN_BY_OTHER : 0);
}

ipsec_oddities ipsec_oddities_minded(ipsec_stack stack)
{
    ipsec_oddities minded = 0;

    for (unsigned i = 0; i < IPSEC_ODDITY_COUNT; i++) {
        unsigned count;

        ipsec_outcome_rows(stack, IPSEC_FAULT_FIRST_ODDITY + i, &count);
        minded |= count > 0 ? 1u << i : 0;
    }
    return minded;
}
