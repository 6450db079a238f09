/* What the packets of an SA are like.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "terms.h"
#include "protocol.h"
#include "selector.h"

enum {
    NEXT_AGGFRAG = 144
};

static inline uint8_t mode_at(const ipsec_spec *spec, unsigned i)
{
    return i == 0 ? spec->mode : spec->others[i - 1].mode;
}

static inline uint8_t encapsulation_at(const ipsec_spec *spec, unsigned i)
{
    return i == 0 ? spec->encapsulation : spec->others[i - 1].encapsulation;
}

static inline const ipsec_selector *selector_at(const ipsec_spec *spec, unsigned i)
{
    return i == 0 ? &spec->selector : &spec->others[i - 1].selector;
}

static inline bool has(ipsec_terms_set terms, unsigned i)
{
    return terms >> i & 1;
}

bool ipsec_terms_narrow(ipsec_terms_set *terms, unsigned fitting)
{
    if ((*terms & fitting) == 0)
        return false;
    *terms &= (ipsec_terms_set)fitting;
    return true;
}

/* --- encapsulation ------------------------------------------------------------------------------------ */

static bool fits_encapsulation(uint8_t wanted, bool udp)
{
    return wanted != (udp ? IPSEC_ENCAP_NONE : IPSEC_ENCAP_UDP);
}

bool ipsec_terms_fit_encapsulation(const ipsec_spec *spec, const ipsec_view *view, ipsec_terms_set *terms)
{
    const bool udp = view->encapsulation == IPSEC_ENCAPSULATION_UDP;
    unsigned fitting = 0;

    for (unsigned i = 0; i <= spec->other_count; i++)
        fitting |= (unsigned)fits_encapsulation(encapsulation_at(spec, i), udp) << i;
    return ipsec_terms_narrow(terms, fitting);
}

/* --- mode --------------------------------------------------------------------------------------------- */

static bool is_ip(uint8_t next)
{
    return next == IPSEC_PROTOCOL_IPV4 || next == IPSEC_PROTOCOL_IPV6;
}

bool ipsec_mode_fits(uint8_t next, uint8_t mode)
{
    switch (mode) {
    case IPSEC_MODE_TUNNEL:
        return is_ip(next);
    case IPSEC_MODE_IPTFS:
        return is_ip(next) || next == NEXT_AGGFRAG;
    default:
        return true;
    }
}

bool ipsec_mode_has_packet(uint8_t next, uint8_t mode)
{
    return mode != IPSEC_MODE_TRANSPORT && mode != IPSEC_MODE_BEET && is_ip(next);
}

bool ipsec_terms_fit_next(const ipsec_spec *spec, uint8_t next, ipsec_terms_set *terms)
{
    unsigned fitting = 0;

    for (unsigned i = 0; i <= spec->other_count; i++)
        fitting |= (unsigned)ipsec_mode_fits(next, mode_at(spec, i)) << i;
    return ipsec_terms_narrow(terms, fitting);
}

uint8_t ipsec_terms_mode(const ipsec_spec *spec, ipsec_terms_set terms)
{
    uint8_t mode = IPSEC_MODE_ANY;

    for (unsigned i = 0; i <= spec->other_count; i++) {
        if (!has(terms, i))
            continue;
        if (mode_at(spec, i) == IPSEC_MODE_ANY || (mode != IPSEC_MODE_ANY && mode != mode_at(spec, i)))
            return IPSEC_MODE_ANY;
        mode = mode_at(spec, i);
    }
    return mode;
}

/* --- selector ----------------------------------------------------------------------------------------- */

/* What is not known of the payload is taken to fit. */
static bool fits_selector(const ipsec_selector *selector, uint8_t mode, const ipsec_view *view, uint8_t next,
                          const uint8_t *payload, uint32_t length)
{
    ipsec_flow flow;
    bool known = false;

    if (!selector->present)
        return true;
    if (ipsec_mode_has_packet(next, mode))
        known = ipsec_flow_of_packet(payload, length, &flow);
    else if (mode == IPSEC_MODE_TRANSPORT)
        known = ipsec_flow_of_payload(view, next, payload, length, &flow);
    return !known || ipsec_selector_has(selector, &flow);
}

bool ipsec_terms_fit_selector(const ipsec_spec *spec, const ipsec_view *view, uint8_t next, const uint8_t *payload,
                              uint32_t length, ipsec_terms_set *terms)
{
    unsigned fitting = 0;

    for (unsigned i = 0; i <= spec->other_count; i++)
        if (has(*terms, i) && fits_selector(selector_at(spec, i), mode_at(spec, i), view, next, payload, length))
            fitting |= 1u << i;
    return ipsec_terms_narrow(terms, fitting);
}
