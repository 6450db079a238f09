/* Advice that a look beyond the packet makes more exact than the catalogue's.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "hint.h"
#include "algorithm.h"

#include <glib.h>

/* Without bars, as all advice: lists of findings are joined by them. */
static const char *const texts[IPSEC_HINT_COUNT] = {
    [IPSEC_HINT_ESN_ON] =
        "The ICV verifies with Extended Sequence Numbers: switch ESN on in the key table, or on the end "
        "that has it off.",
    [IPSEC_HINT_ESN_OFF] = "The ICV verifies without Extended Sequence Numbers: switch ESN off in the key table, or on "
                           "the end that has it on.",
    [IPSEC_HINT_SHA256_96] =
        "The ICV verifies with 96 bits: early Linux had HMAC-SHA2-256 with 96 bits instead of 128; set "
        "HMAC_SHA2_256_96 in the key table, or 128 bits on the peer.",
    [IPSEC_HINT_SPI_ELSEWHERE] =
        "The tables know this SPI at another destination: look for NAT or a moved address (MOBIKE), "
        "and for a cluster that shares SAs.",
    [IPSEC_HINT_SPI_OTHER_PROTOCOL] = "The tables know this SPI here under the other of ESP and AH: look at the "
                                      "protocol in the sender's policy.",
    [IPSEC_HINT_SPI_SWAPPED] =
        "The tables know this SPI here with its octets in reverse order: the sender, or who typed "
        "it in, mixed up the byte order.",
    [IPSEC_HINT_SPI_REVERSE] =
        "This SPI is that of the other direction: the sender uses its inbound SA to send; look at "
        "which end the keys were installed on.",
};

/* What is said of a number that missed the window. */
#define MISSED "The window was missed by %u and one of %u packets lets such a number in: "
#define EPOCH                                                                                                          \
    "The receiver counts an integrity failure and no replay: the window was missed by %u and one of %u packets "
#define OVERTAKEN "all that overtook the packet have another DSCP, so QoS reorders them"

/* With the numbers `missed` and `detail`. */
static const char *const window_formats[IPSEC_HINT_COUNT] = {
    [IPSEC_HINT_WINDOW] = MISSED "look at reordering on the path (multipath; several queues).",
    [IPSEC_HINT_WINDOW_QOS] = MISSED OVERTAKEN "; use an SA per class, or enlarge the window.",
    [IPSEC_HINT_EPOCH] = EPOCH "reads it right; look at reordering on the path (multipath; several queues).",
    [IPSEC_HINT_EPOCH_QOS] = EPOCH "reads it right; " OVERTAKEN ".",
};

static const char *name_of(const ipsec_finding *finding)
{
    if (finding->hint == IPSEC_HINT_ENCRYPTION)
        return ipsec_encryption_row(finding->detail)->name;
    return ipsec_integrity_row(finding->detail)->name;
}

const char *ipsec_finding_advice(const ipsec_finding *finding, char *buffer, size_t size)
{
    switch (finding->hint) {
    case IPSEC_HINT_NONE:
        return ipsec_catalogue((ipsec_finding_id)finding->id)->advice;
    case IPSEC_HINT_ICV_LENGTH:
        g_snprintf(buffer, size, "The ICV verifies with %u bits: set that truncation in the key table, or on the peer.",
                   finding->detail * 8u);
        return buffer;
    case IPSEC_HINT_INTEGRITY:
    case IPSEC_HINT_ENCRYPTION:
        g_snprintf(buffer, size, "The ICV verifies with the same key and %s: set that algorithm in the key table.",
                   name_of(finding));
        return buffer;
    case IPSEC_HINT_WINDOW:
    case IPSEC_HINT_WINDOW_QOS:
    case IPSEC_HINT_EPOCH:
    case IPSEC_HINT_EPOCH_QOS:
        g_snprintf(buffer, size, window_formats[finding->hint], finding->missed, finding->detail);
        return buffer;
    default:
        return texts[finding->hint];
    }
}
