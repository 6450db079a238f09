/* What the packets of an SA look like. SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys/terms.h"
#include "keys/selector.h"

static uint8_t mode_at(const ipsec_key_row *spec, unsigned i)
{
    return i == 0 ? spec->mode : spec->others[i - 1].mode;
}

static uint8_t encapsulation_at(const ipsec_key_row *spec, unsigned i)
{
    return i == 0 ? spec->encapsulation : spec->others[i - 1].encapsulation;
}

static const ipsec_selector *selector_at(const ipsec_key_row *spec, unsigned i)
{
    return i == 0 ? &spec->selector : &spec->others[i - 1].selector;
}

static bool narrow(ipsec_terms_set *terms, unsigned fitting)
{
    if ((*terms & fitting) == 0)
        return false;
    *terms &= (ipsec_terms_set)fitting;
    return true;
}

bool ipsec_terms_narrow_encapsulation(const ipsec_key_row *spec, uint8_t encapsulation, ipsec_terms_set *terms)
{
    unsigned fitting = 0;

    for (unsigned i = 0; i <= spec->other_count; i++)
        fitting |= (unsigned)ipsec_encapsulation_fits(encapsulation, encapsulation_at(spec, i)) << i;
    return narrow(terms, fitting);
}

bool ipsec_terms_narrow_next(const ipsec_key_row *spec, uint8_t next, ipsec_terms_set *terms)
{
    unsigned fitting = 0;

    for (unsigned i = 0; i <= spec->other_count; i++)
        fitting |= (unsigned)ipsec_mode_fits(next, mode_at(spec, i)) << i;
    return narrow(terms, fitting);
}

uint8_t ipsec_terms_common_mode(const ipsec_key_row *spec, ipsec_terms_set terms)
{
    uint8_t mode = IPSEC_MODE_ANY;

    for (unsigned i = 0; i <= spec->other_count; i++) {
        if (!(terms >> i & 1))
            continue;
        if (mode_at(spec, i) == IPSEC_MODE_ANY || (mode != IPSEC_MODE_ANY && mode != mode_at(spec, i)))
            return IPSEC_MODE_ANY;
        mode = mode_at(spec, i);
    }
    return mode;
}

/* Unknown parts of the payload are taken to fit. */
static inline bool fits_selector(const ipsec_selector *selector, uint8_t mode, const ipsec_view *view, uint8_t next,
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

bool ipsec_terms_fit_selector(const ipsec_key_row *spec, const ipsec_view *view, uint8_t next, const uint8_t *payload,
                              uint32_t length, ipsec_terms_set *terms)
{
    unsigned fitting = 0;

    if (spec->other_count == 0)
        return fits_selector(&spec->selector, spec->mode, view, next, payload, length);
    for (unsigned i = 0; i <= spec->other_count; i++)
        if (fits_selector(selector_at(spec, i), mode_at(spec, i), view, next, payload, length))
            fitting |= 1u << i;
    return narrow(terms, fitting);
}
