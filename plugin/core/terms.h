/** @file
 * What the packets of an SA are like: encapsulation, mode and selector, of which a row may have several. Internal to
 * the core.
 *
 * A packet fits if it fits one of them as a whole. So each check leaves those that the packet fits to the next one; and
 * if it fits none, that is the finding, and the next check goes on with all of them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_TERMS_H
#define IPSEC_CORE_TERMS_H

#include "spec.h"
#include "view.h"

/** Some terms of a row: bit 0 its own, bit n those of others[n - 1]. */
typedef uint8_t ipsec_terms_set;

/** All terms of a row. */
static inline ipsec_terms_set ipsec_terms_of(const ipsec_spec *spec)
{
    return (ipsec_terms_set)((2u << spec->other_count) - 1);
}

/** Leaves those of *terms that `fitting` has too. False, and all are left, if there is none. */
bool ipsec_terms_narrow(ipsec_terms_set *terms, unsigned fitting);

/** Narrows *terms to those for the encapsulation of the view, as ipsec_terms_narrow() does; likewise the next two. */
bool ipsec_terms_fit_encapsulation(const ipsec_spec *spec, const ipsec_view *view, ipsec_terms_set *terms);

/** Narrows *terms to those whose mode may carry `next`. */
bool ipsec_terms_fit_next(const ipsec_spec *spec, uint8_t next, ipsec_terms_set *terms);

/** Narrows *terms to those whose selector lets the payload through: `length` octets of `next`. */
bool ipsec_terms_fit_selector(const ipsec_spec *spec, const ipsec_view *view, uint8_t next, const uint8_t *payload,
                              uint32_t length, ipsec_terms_set *terms);

/** The mode of all of the terms, IPSEC_MODE_ANY if they have several. */
uint8_t ipsec_terms_mode(const ipsec_spec *spec, ipsec_terms_set terms);

/** Whether an SA of mode `mode` (ipsec_mode) may carry `next`. A transport SA may carry anything that IP may, a tunnel
 * SA either version of IP, whatever its selector has. */
bool ipsec_mode_fits(uint8_t next, uint8_t mode);

/** Whether `next` is an IP packet that belongs to the SA. A transport SA may carry a tunnel of its own; what is in that
 * is not the SA's business. */
bool ipsec_mode_has_packet(uint8_t next, uint8_t mode);

#endif
