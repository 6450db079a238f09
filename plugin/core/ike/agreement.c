/* What a request and its answer agree on for an SA. SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/agreement.h"
#include "keys/algorithm.h"
#include "packet/protocol.h"
#include "packet/view.h"

#include <string.h>

/* Notifies (IANA "IKEv2 Notify Message Types"). */
enum {
    IPCOMP_SUPPORTED = 16387,
    USE_TRANSPORT_MODE = 16391,
    USE_WESP_MODE = 16415,
    USE_AGGFRAG = 16442,
    PRIVATE = 40960 /* private types begin here; BEET is one of them */
};

uint8_t ipsec_ike_protocol(uint8_t protocol)
{
    if (protocol == IPSEC_IKE_PROTOCOL_ESP)
        return IPSEC_PROTOCOL_ESP;
    return protocol == IPSEC_IKE_PROTOCOL_AH ? IPSEC_PROTOCOL_AH : 0;
}

/* --- mode ------------------------------------------------------------------------------------------------- */

static bool has_both(const ipsec_ike_agreement *agreed, unsigned type)
{
    return agreed->request && ipsec_ike_notify_of(agreed->request, type) && ipsec_ike_notify_of(agreed->answer, type);
}

/* Whether anything was agreed on that changes what payloads look like, or may have been. */
static bool is_special(const ipsec_ike_agreement *agreed)
{
    const ipsec_ike_contents *answer = agreed->answer;

    if (!agreed->request || answer->incomplete)
        return true;
    for (unsigned i = 0; i < answer->notify_count; i++) {
        const uint16_t type = answer->notifies[i].type;

        if (type >= PRIVATE || type == IPCOMP_SUPPORTED || type == USE_WESP_MODE || type == USE_AGGFRAG)
            return true;
    }
    return false;
}

static ipsec_mode mode_of(const ipsec_ike_agreement *agreed)
{
    if (is_special(agreed))
        return IPSEC_MODE_ANY;
    return has_both(agreed, USE_TRANSPORT_MODE) ? IPSEC_MODE_TRANSPORT : IPSEC_MODE_TUNNEL;
}

/* --- selectors -------------------------------------------------------------------------------------------- */

/* A range as a prefix; false if it is not one. */
static bool prefix_of(const ipsec_ike_selector *selector, ipsec_address_range *range)
{
    bool is_inside = true; /* the prefix has not ended */

    memset(range, 0, sizeof *range);
    range->length = selector->address_length;
    for (unsigned i = 0; i < 8u * selector->address_length; i++) {
        const uint8_t bit = (uint8_t)(0x80 >> i % 8);
        const bool first = selector->first[i / 8] & bit, last = selector->last[i / 8] & bit;

        is_inside = is_inside && first == last;
        if (is_inside) {
            range->mask[i / 8] |= bit;
            range->octets[i / 8] |= first ? bit : 0;
        } else if (first || !last) {
            return false;
        }
    }
    return true;
}

/* Ports count only if there is a single one, or all; other ranges, and ICMP types, are not checked. */
static void set_port(const ipsec_ike_selector *selector, uint16_t *port, uint16_t *mask)
{
    const bool one = selector->first_port == selector->last_port;
    const bool has_ports = selector->protocol != IPSEC_PROTOCOL_ICMP && selector->protocol != IPSEC_PROTOCOL_ICMPV6;

    *port = one && has_ports ? selector->first_port : 0;
    *mask = one && has_ports ? UINT16_MAX : 0;
}

static bool selector_of(const ipsec_ike_selector *source, const ipsec_ike_selector *destination, ipsec_selector *to)
{
    const uint8_t protocol = source->protocol ? source->protocol : destination->protocol;

    if (source->address_length != destination->address_length ||
        (source->protocol && destination->protocol && source->protocol != destination->protocol))
        return false;
    *to = (ipsec_selector){.present = true, .any_protocol = protocol == 0, .protocol = protocol};
    set_port(source, &to->source_port, &to->source_port_mask);
    set_port(destination, &to->destination_port, &to->destination_port_mask);
    return prefix_of(source, &to->source) && prefix_of(destination, &to->destination);
}

/* Fills in the nth of the terms. */
static void set_terms(ipsec_key_row *row, unsigned n, const ipsec_selector *selector)
{
    if (n == 0) {
        row->selector = *selector;
        return;
    }
    row->others[n - 1] = (ipsec_terms){.mode = row->mode, .encapsulation = row->encapsulation, .selector = *selector};
    row->other_count = (uint8_t)n;
}

/* A tunnel accepts what is in any pair of selectors. If a row cannot hold them all, it gets none. In transport mode,
 * the addresses are those of the packet, which NAT may change. */
static void set_selectors(const ipsec_ike_contents *answer, bool to_asker, ipsec_key_row *row)
{
    const ipsec_ike_selector *sources = to_asker ? answer->responder : answer->initiator;
    const ipsec_ike_selector *destinations = to_asker ? answer->initiator : answer->responder;
    const unsigned source_count = to_asker ? answer->responder_count : answer->initiator_count;
    const unsigned count = answer->initiator_count * answer->responder_count;
    ipsec_selector selector;

    if (row->mode != IPSEC_MODE_TUNNEL || count == 0 || count > IPSEC_TERMS_MOST || answer->incomplete)
        return;
    for (unsigned n = 0; n < count; n++) {
        if (!selector_of(&sources[n % source_count], &destinations[n / source_count], &selector)) {
            row->selector.present = false;
            row->other_count = 0;
            return;
        }
        set_terms(row, n, &selector);
    }
}

/* --- all of it -------------------------------------------------------------------------------------------- */

static uint8_t esn_of(const ipsec_ike_proposal *chosen)
{
    if (!chosen->has_esn)
        return IPSEC_ESN_AUTO;
    return chosen->esn ? IPSEC_ESN_YES : IPSEC_ESN_NO;
}

static void set_algorithms(const ipsec_ike_proposal *chosen, ipsec_key_row *row)
{
    const ipsec_integrity *integrity = ipsec_integrity_by_number(chosen->integrity);

    if (!integrity)
        return;
    row->integrity = integrity;
    if (chosen->protocol == IPSEC_IKE_PROTOCOL_ESP)
        row->encryption = ipsec_encryption_by_number(chosen->encryption);
}

void ipsec_ike_fill_row(const ipsec_ike_agreement *agreed, bool to_asker, ipsec_key_row *row)
{
    set_algorithms(agreed->chosen, row);
    row->esn = esn_of(agreed->chosen);
    row->mode = (uint8_t)mode_of(agreed);
    set_selectors(agreed->answer, to_asker, row);
}
