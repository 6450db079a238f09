/** @file
 * What the packets of an SA look like: combinations of encapsulation, mode and selector, of which a row may have
 * several. Internal to the core.
 *
 * A packet fits if it fits one combination as a whole. So each check passes on those that the packet fits. If it fits
 * none, that is a finding, and the next check starts with all of them again.
 *
 * Nearly every row has only one combination, and then no set is examined.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_TERMS_H
#define IPSEC_CORE_TERMS_H

#include "keys/spec.h"
#include "packet/protocol.h"
#include "packet/view.h"

/** Some terms of a row: bit 0 its own, bit n those of others[n - 1]. */
typedef uint8_t ipsec_terms_set;

/** All terms of a row. */
static inline ipsec_terms_set ipsec_terms_of(const ipsec_key_row *spec)
{
    return (ipsec_terms_set)((2u << spec->other_count) - 1);
}

/* --- one of them ------------------------------------------------------------------------------------- */

static inline bool ipsec_next_is_ip(uint8_t next)
{
    return next == IPSEC_PROTOCOL_IPV4 || next == IPSEC_PROTOCOL_IPV6;
}

/** Whether `next` is an IP packet that belongs to the SA. A transport SA may carry another tunnel; what is inside that
 * tunnel does not concern the SA. */
static inline bool ipsec_mode_has_packet(uint8_t next, uint8_t mode)
{
    return mode != IPSEC_MODE_TRANSPORT && mode != IPSEC_MODE_BEET && ipsec_next_is_ip(next);
}

/** Whether an SA of mode `mode` (ipsec_mode) may carry `next`. A transport SA may carry anything that IP may, a tunnel
 * SA either IP version, whatever its selector says. */
static inline bool ipsec_mode_fits(uint8_t next, uint8_t mode)
{
    if (mode == IPSEC_MODE_IPTFS && next == IPSEC_PROTOCOL_AGGFRAG)
        return true;
    return (mode != IPSEC_MODE_TUNNEL && mode != IPSEC_MODE_IPTFS) || ipsec_next_is_ip(next);
}

/** Whether an SA with `wanted` (ipsec_encap_mode) may have a packet of this encapsulation (ipsec_encapsulation). */
static inline bool ipsec_encapsulation_fits(uint8_t encapsulation, uint8_t wanted)
{
    return wanted != (encapsulation == IPSEC_ENCAPSULATION_UDP ? IPSEC_ENCAP_NONE : IPSEC_ENCAP_UDP);
}

/* --- all of them ------------------------------------------------------------------------------------- */

/** What the functions below do if a row has several. */
bool ipsec_terms_narrow_encapsulation(const ipsec_key_row *spec, uint8_t encapsulation, ipsec_terms_set *terms);
bool ipsec_terms_narrow_next(const ipsec_key_row *spec, uint8_t next, ipsec_terms_set *terms);
uint8_t ipsec_terms_common_mode(const ipsec_key_row *spec, ipsec_terms_set terms);

/** Narrows *terms to those with this encapsulation (ipsec_encapsulation). False, leaving *terms unchanged, if there is
 * none; likewise the next two. */
static inline bool ipsec_terms_fit_encapsulation(const ipsec_key_row *spec, uint8_t encapsulation,
                                                 ipsec_terms_set *terms)
{
    if (spec->other_count > 0)
        return ipsec_terms_narrow_encapsulation(spec, encapsulation, terms);
    return ipsec_encapsulation_fits(encapsulation, spec->encapsulation);
}

/** Narrows *terms to those whose mode may carry `next`. */
static inline bool ipsec_terms_fit_next(const ipsec_key_row *spec, uint8_t next, ipsec_terms_set *terms)
{
    if (spec->other_count > 0)
        return ipsec_terms_narrow_next(spec, next, terms);
    return ipsec_mode_fits(next, spec->mode);
}

/** Narrows *terms to those whose selector lets the payload through: `length` octets of `next`. */
bool ipsec_terms_fit_selector(const ipsec_key_row *spec, const ipsec_view *view, uint8_t next, const uint8_t *payload,
                              uint32_t length, ipsec_terms_set *terms);

/** The mode that all of the terms have; IPSEC_MODE_ANY if they differ. */
static inline uint8_t ipsec_terms_mode(const ipsec_key_row *spec, ipsec_terms_set terms)
{
    return spec->other_count > 0 ? ipsec_terms_common_mode(spec, terms) : spec->mode;
}

#endif
