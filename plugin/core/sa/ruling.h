/** @file
 * The ruling: what is decided on one header when it is judged, and restored when it is explained. In between it is
 * stored as a record, see records.h. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_RULING_H
#define IPSEC_CORE_RULING_H

#include <glib.h>
#include <stdint.h>

/** The standing of a packet. */
typedef enum {
    IPSEC_BELIEVED, /**< its SA has nothing to verify with, so it is taken for the sender's */
    IPSEC_VERIFIED, /**< its ICV is right */
    IPSEC_UNPROVEN, /**< other packets of the SA have verified, but this one could not be tried; or it is inside such a
                       packet */
    IPSEC_FORGED    /**< its ICV is wrong */
} ipsec_standing;

/** What is decided on one header. */
typedef struct ipsec_ruling {
    uint32_t sa;       /**< index of the SA, or IPSEC_SA_NONE */
    uint32_t sequence; /**< as found in the header, if followed */
    uint32_t high; /**< high half of the sequence number: the one that verified, or else the one that was inferred */
    /** How far the number is above the highest before it; negative: below. Saturated; 0 unless placed. */
    int32_t advance;
    union {
        struct {
            uint32_t buffer : 11;   /**< ipsec_view.buffer */
            uint32_t kind : 2;      /**< index of the kind of header */
            uint32_t udp : 1;       /**< it came in UDP */
            uint32_t icv : 2;       /**< ipsec_icv_status, if has_row */
            uint32_t has_row : 1;   /**< a key row was used: that of ipsec_keyring_find(), or one of its chain */
            uint32_t esn : 1;       /**< the ICV verified with `high` */
            uint32_t trusted : 1;   /**< another packet of the SA has confirmed the row before, or this one does */
            uint32_t confirmed : 1; /**< if there are findings: it is known to be IPsec, native or with evidence besides
                                       the port */
            uint32_t unknown : 1;   /**< the receiver has no SA with this SPI */
            uint32_t placed : 1;    /**< `advance` is valid */
            uint32_t standing : 2;  /**< ipsec_standing, if it belongs to an SA */
            uint32_t followed : 1;  /**< the number was judged: `sequence` and `high` are valid */
            uint32_t shape : 3;     /**< index of the ESP-NULL shape, plus 1; 0: not recognised as ESP-NULL */
            uint32_t alternative : 3; /**< position of the row among those for the same SA */
            uint32_t noted : 1;       /**< in a record: it has a note */
        };
        uint32_t bits; /**< all of these at once, as a record keeps them */
    };
} ipsec_ruling;

#endif
