/** @file
 * A quick check whether a packet breaks none of the rules of this layer, as is usual. Internal to the core.
 *
 * The rules themselves rely on these functions: they only examine packets that are not sound.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_SOUND_H
#define IPSEC_CORE_SOUND_H

#include "base/octets.h"
#include "packet/kind.h"
#include "packet/protocol.h"
#include "packet/view.h"

#include <stdbool.h>
#include <stdint.h>

/** The flags of a view that matter to ipsec_check_circumstances(). */
#define IPSEC_VIEW_CIRCUMSTANCES (IPSEC_VIEW_QUOTED | IPSEC_VIEW_FRAGMENT | IPSEC_VIEW_OFFLOAD | IPSEC_VIEW_V6_ORDER)

/** The length field, in words minus 2, of AH with an ICV of 96 bits. */
#define IPSEC_AH_WORDS_96_BITS 4u

/** Whether an ESP header breaks no rule, apart from SPI and sequence number. A packet is not shorter than what was
 * captured of it. */
static inline bool ipsec_esp_is_sound(const ipsec_view *view)
{
    if (!ipsec_view_has(view, IPSEC_ESP_FLOOR))
        return false;
    return view->length % 4 == 0;
}

/** The same for AH. Most AH headers satisfy the rules on the first word: an upper layer or ESP after an ICV of 96 bits,
 * which needs no padding in IPv4 or IPv6. AH in front of these is not that of VRRP or OSPF, which daemons authenticate.
 */
static inline bool ipsec_ah_is_sound(const ipsec_view *view)
{
    uint32_t word, next;

    if (!ipsec_view_has(view, (IPSEC_AH_WORDS_96_BITS + 2) * 4))
        return false;
    word = ipsec_read_u32(view->data);
    next = word >> 24;
    if ((word & 0x00ffffffu) != IPSEC_AH_WORDS_96_BITS << 16)
        return false;
    return next - 1 < IPSEC_PROTOCOL_ROUTING - 1 || next == IPSEC_PROTOCOL_ESP;
}

/** Whether a payload on a port of the UDP encapsulation is one ESP packet, so that only its header can be wrong. */
bool ipsec_udp_is_sound(const ipsec_view *view);

/**
 * Whether nothing in the header and in how it came breaks a rule, UDP aside; if so, reads its numbers.
 *
 * @param protocol  that of the view, for the compiler to know; one of kind.def
 */
static IPSEC_INLINE bool ipsec_is_sound(const ipsec_view *view, uint8_t protocol, uint32_t *spi, uint32_t *sequence)
{
    if (view->flags || !ipsec_view_is_whole(view))
        return false;
#define KIND(symbol, name, number, encrypts, covers_outer)                                                             \
    if (protocol == (number)) {                                                                                        \
        if (!ipsec_##name##_is_sound(view))                                                                            \
            return false;                                                                                              \
        *spi = ipsec_read_u32(view->data + ipsec_kind_##name.spi_at);                                                  \
        *sequence = ipsec_read_u32(view->data + ipsec_kind_##name.sequence_at);                                        \
    }
#include "base/kind.def"
#undef KIND
    if (ipsec_is_spi_odd(*spi))
        return false;
    return !ipsec_is_sequence_odd(*sequence);
}

#endif
