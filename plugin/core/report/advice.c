/* Advice: the catalogue's, or what a look beyond the packet makes more exact.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/advice.h"
#include "base/stack.h"
#include "ike/names.h"
#include "keys/algorithm.h"

#include <glib.h>

#define PARAMETERS .step = IPSEC_STEP_PARAMETERS, .remedy = IPSEC_REMEDY_TABLE
#define CONTEXT    .step = IPSEC_STEP_CONTEXT, .remedy = IPSEC_REMEDY_CONFIGURE
#define WINDOW     .step = IPSEC_STEP_LIMITS, .remedy = IPSEC_REMEDY_EITHER
#define RECEIVER   .step = IPSEC_STEP_PARAMETERS, .remedy = IPSEC_REMEDY_CONFIGURE
#define KEPT       .step = IPSEC_STEP_DATA, .remedy = IPSEC_REMEDY_SENDER
#define STRAY      .step = IPSEC_STEP_DATA, .remedy = IPSEC_REMEDY_NONE
#define IKE        .step = IPSEC_STEP_PARAMETERS, .remedy = IPSEC_REMEDY_CONFIGURE
#define NAT        .step = IPSEC_STEP_CONTEXT, .remedy = IPSEC_REMEDY_NONE

/* What stands in the place of the catalogue's advice. Where an ICV verifies, nobody forged the packet; one whose SPI
 * belongs elsewhere somebody may have turned round. */
static const ipsec_advice cases[IPSEC_CASE_COUNT] = {
    [IPSEC_CASE_ESN_ON] = {"the ICV verifies with Extended Sequence Numbers, so switch ESN on in the key table, or on "
                           "the end that has it off",
                           PARAMETERS},
    [IPSEC_CASE_ESN_OFF] = {"the ICV verifies without Extended Sequence Numbers, so switch ESN off in the key table, "
                            "or on the end that has it on",
                            PARAMETERS},
    [IPSEC_CASE_SHA256_96] = {"the ICV verifies with 96 bits, as on early Linux, so set HMAC_SHA2_256_96 in the key "
                              "table or 128 bits on the peer",
                              PARAMETERS},
    [IPSEC_CASE_ICV_LENGTH] = {"set that truncation in the key table, or on the peer", PARAMETERS},
    [IPSEC_CASE_INTEGRITY] = {"set it in the key table or on the peer", PARAMETERS},
    [IPSEC_CASE_ENCRYPTION] = {"set it in the key table or on the peer", PARAMETERS},
    [IPSEC_CASE_SPI_ELSEWHERE] = {"the tables know this SPI at another destination, so look for NAT, a moved address "
                                  "(MOBIKE) or a cluster",
                                  CONTEXT, .attack = true},
    [IPSEC_CASE_SPI_OTHER_PROTOCOL] = {"the tables know this SPI here under the other of ESP and AH, so look at the "
                                       "protocol in the sender's policy",
                                       CONTEXT},
    [IPSEC_CASE_SPI_SWAPPED] = {"the tables know this SPI here with its octets in reverse order, so look at who typed "
                                "it in, or at a sender that mixes up the byte order",
                                CONTEXT},
    [IPSEC_CASE_SPI_REVERSE] = {"this SPI is that of the other direction, so look at which end the keys were installed "
                                "on",
                                CONTEXT, .attack = true},
    [IPSEC_CASE_SPI_DELETED] = {"IKE deleted this SA (in ipsec.sa.deleted_by), so look at the sender, which goes on", CONTEXT,
                                .attack = true},
    [IPSEC_CASE_SPI_RESTARTED] = {"IKE deleted this SA (in ipsec.sa.deleted_by) when the peer began anew, so look at the sender", CONTEXT,
                                  .attack = true},
    [IPSEC_CASE_SPI_NEVER] =
        {"IKE negotiated none with this SPI here, so look for a peer that restarted before this capture", CONTEXT,
         .attack = true},
    [IPSEC_CASE_WINDOW] = {"look at reordering (paths, queues)", WINDOW, .attack = true},
    [IPSEC_CASE_WINDOW_QOS] = {"look at QoS, for what overtook it has another DSCP", WINDOW},
    [IPSEC_CASE_EPOCH] = {"look for reordering", WINDOW},
    [IPSEC_CASE_EPOCH_QOS] = {"look at QoS (other DSCP)", WINDOW},
    /* Behind the name of the receiver. */
    [IPSEC_CASE_FLAGS_COVERED] = {"covers DF and the reserved flag with the ICV of AH, so have the "
                                  "sender clear DF (Linux: ip_no_pmtu_disc), or use ESP",
                                  RECEIVER},
    [IPSEC_CASE_BEHIND_PACKET] = {"takes octets behind the IP packet for its own, so look for a link that pads short "
                                  "frames, unless the capture's tap added them",
                                  RECEIVER},
    [IPSEC_CASE_V4_OPTIONS] = {"lets no packet with IPv4 options come to its IPsec, so have the sender leave them out",
                               RECEIVER},
    [IPSEC_CASE_V6_EXTENSIONS] = {"does not see ESP behind extension headers, so have the sender leave them out",
                                  RECEIVER},
    [IPSEC_CASE_CHANGING_OPTION] = {"zeroes IPv6 options that may change whole, type and length too, so leave them "
                                    "out in front of AH, or use ESP",
                                    RECEIVER},
    [IPSEC_CASE_NUMBER_ZERO] = {"begins its window with 0 as seen, so have the sender begin at 1, or switch "
                                "anti-replay off",
                                RECEIVER},
    [IPSEC_CASE_BEFORE_FIRST] = {"takes a number close to 2^32 for one before the first while its SA is new, so look "
                                 "for a sender that jumps ahead",
                                 RECEIVER},
    [IPSEC_CASE_OTHER_SOURCE] = {"finds its SA by the source address too, so look for NAT or a peer that moved, and "
                                 "set up the SA for it",
                                 RECEIVER},
    [IPSEC_CASE_OTHER_PORTS] = {"takes ESP from the UDP ports of the SA only, so look for a NAT that forgot its "
                                "mapping, and set up the SA anew",
                                RECEIVER},
    [IPSEC_CASE_UDP_SHORT] = {"drops UDP that is shorter than the IPv6 packet around it, so look for what adds octets "
                              "behind the datagrams",
                              RECEIVER},
    [IPSEC_CASE_AH_PADDING] = {"wants AH without padding, so choose an ICV that needs none (IPv6: 96 bits; IPv4: "
                               "`flag align4` on Linux), or use ESP",
                               RECEIVER},
    [IPSEC_CASE_AH_LENGTH] = {"wants AH padded to 4 octets in IPv4, 8 in IPv6, so set `flag align4` on a Linux "
                              "sender's SA in IPv4, or use ESP",
                              RECEIVER},
    [IPSEC_CASE_FIELD_KEPT] = {"look for the sender's software version", KEPT},
    [IPSEC_CASE_ADDRESS] = {"look for NAT on the path, which AH cannot pass", CONTEXT},
    [IPSEC_CASE_STRAY] = {"look at that packet: it was damaged, or is somebody else's", STRAY, .attack = true},
    [IPSEC_CASE_FRAGMENT] =
        {"the rest of the packet lies in another frame (ipsec.fragment.frame), so look at what cuts it "
         "and does not set More Fragments",
         .step = IPSEC_STEP_OBJECT, .remedy = IPSEC_REMEDY_CONFIGURE},
    /* IKE. */
    [IPSEC_CASE_IKE_AUTH_LENGTH] = {"the answer has room for an error only, consistent with a refusal, so compare "
                                    "pre-shared keys, certificates and identities",
                                    IKE},
    [IPSEC_CASE_IKE_LENGTH] = {"the answer has no room for an SA, consistent with a refusal, so compare proposals and "
                               "traffic selectors, and read the peer's log",
                               IKE},
    [IPSEC_CASE_IKE_UNSAID] = {"the answer has neither an SA nor a reason, so read the log of the peer", IKE},
    [IPSEC_CASE_IKE_INFORMED] = {"an encrypted Informational came instead of the next message, consistent with a "
                                 "refusal, so compare pre-shared keys and identities",
                                 IKE},
    [IPSEC_CASE_IKE_QUICK] = {"an encrypted Informational answers Quick Mode, consistent with a refusal, so compare "
                              "proposals and traffic selectors",
                              IKE},
    [IPSEC_CASE_IKE_FRUITLESS] = {"the peer asks again and again for another attempt, so compare the key exchange "
                                  "groups, and look whether cookies come back",
                                  IKE},
    [IPSEC_CASE_IKE_PEER_ERROR] = {"read its log for the reason", .step = IPSEC_STEP_CONTEXT,
                                   .remedy = IPSEC_REMEDY_CONFIGURE},
    [IPSEC_CASE_IKE_STRAY] = {"go by what follows, for peers must not act on it", .step = IPSEC_STEP_CONTEXT,
                              .remedy = IPSEC_REMEDY_NONE, .attack = true},
    [IPSEC_CASE_IKE_MS_STATUS] = {"look at the event log of that host", .step = IPSEC_STEP_CONTEXT,
                                  .remedy = IPSEC_REMEDY_CONFIGURE},
    [IPSEC_CASE_IKE_FRAGMENT] = {"look for packets that are lost by size or burst, and at the sender's fragment size",
                                 .step = IPSEC_STEP_CONTEXT, .remedy = IPSEC_REMEDY_EITHER},
    [IPSEC_CASE_IKE_NAT_SOURCE] = {"the sender of this message is behind NAT, or says so to have ESP in UDP", NAT},
    [IPSEC_CASE_IKE_NAT_DESTINATION] = {"the destination of this message is behind NAT", NAT},
    [IPSEC_CASE_IKE_NAT_BOTH] = {"both ends are behind NAT, or the sender says so of itself to have ESP in UDP", NAT},
};

#undef PARAMETERS
#undef CONTEXT
#undef WINDOW
#undef RECEIVER
#undef STRAY
#undef KEPT
#undef IKE
#undef NAT

static const char *const fields[IPSEC_FIELD_COUNT] = {
    [IPSEC_FIELD_TYPE_OF_SERVICE] = "Type of Service",
    [IPSEC_FIELD_FLAGS] = "Flags",
    [IPSEC_FIELD_TIME_TO_LIVE] = "Time to Live",
    [IPSEC_FIELD_HEADER_CHECKSUM] = "Header Checksum",
    [IPSEC_FIELD_TRAFFIC_CLASS] = "Traffic Class",
    [IPSEC_FIELD_FLOW_LABEL] = "Flow Label",
    [IPSEC_FIELD_HOP_LIMIT] = "Hop Limit",
    [IPSEC_FIELD_SOURCE_ADDRESS] = "Source Address",
    [IPSEC_FIELD_DESTINATION_ADDRESS] = "Destination Address",
    [IPSEC_FIELD_BOTH_ADDRESSES] = "Source Address and Destination Address",
};

/* Whether the case is one of stack.refuses, see ipsec_advice_case. */
static bool is_of_receiver(unsigned advice_case)
{
    return advice_case >= IPSEC_CASE_FLAGS_COVERED && advice_case <= IPSEC_CASE_AH_LENGTH;
}

/* A notify: its name, or its number. */
static void describe_notify(uint32_t detail, char *buffer, size_t size)
{
    const char *const name = ipsec_ike_notify_name((uint8_t)(detail >> 16), (uint16_t)detail);

    if (name)
        g_snprintf(buffer, size, "it says %s, so ", name);
    else
        g_snprintf(buffer, size, "it says %u, which has no name here, so ", detail & UINT16_MAX);
}

static void describe_windows(uint32_t code, char *buffer, size_t size)
{
    const char *const name = ipsec_ike_windows_name(code);

    if (name)
        g_snprintf(buffer, size, "the code is %u, %s, so ", code, name);
    else
        g_snprintf(buffer, size, "the code is %u, 0x%x, so ", code, code);
}

/* The same as describe() for what is said of IKE. */
static void describe_ike(const ipsec_finding *finding, char *buffer, size_t size)
{
    if (finding->advice_case == IPSEC_CASE_IKE_PEER_ERROR || finding->advice_case == IPSEC_CASE_IKE_STRAY)
        describe_notify(finding->detail, buffer, size);
    else if (finding->advice_case == IPSEC_CASE_IKE_MS_STATUS)
        describe_windows(finding->detail, buffer, size);
    else if (finding->advice_case == IPSEC_CASE_IKE_FRAGMENT)
        g_snprintf(buffer, size, "fragment %u of %u was not captured, so ", finding->detail, finding->missed);
}

/* What was found in the cases that hold a number or a name; in front of their text. */
static void describe(const ipsec_finding *finding, char *buffer, size_t size)
{
    buffer[0] = '\0';
    if (is_of_receiver(finding->advice_case))
        g_snprintf(buffer, size, "%s ", ipsec_stack_title(finding->detail));
    else if (finding->advice_case == IPSEC_CASE_ICV_LENGTH)
        g_snprintf(buffer, size, "the ICV verifies with %u bits, so ", finding->detail * 8u);
    else if (finding->advice_case == IPSEC_CASE_INTEGRITY)
        g_snprintf(buffer, size, "the ICV verifies with the same key and %s, so ",
                   ipsec_integrity_row(finding->detail)->name);
    else if (finding->advice_case == IPSEC_CASE_ENCRYPTION)
        g_snprintf(buffer, size, "the ICV verifies with the same key and %s, so ",
                   ipsec_encryption_row(finding->detail)->name);
    else if (finding->advice_case == IPSEC_CASE_FIELD_KEPT)
        g_snprintf(buffer, size, "the ICV verifies with %s not taken for zero, so ", fields[finding->detail]);
    else if (finding->advice_case == IPSEC_CASE_ADDRESS)
        g_snprintf(buffer, size, "the ICV verifies with another %s, so ", fields[finding->detail]);
    else if (finding->advice_case == IPSEC_CASE_STRAY)
        g_snprintf(buffer, size, "number %u came before and the SA did not go on from it, so ", finding->detail);
    else if (finding->advice_case == IPSEC_CASE_WINDOW || finding->advice_case == IPSEC_CASE_WINDOW_QOS)
        g_snprintf(buffer, size, "the window was missed by %u, %u packets would have let it in, so ", finding->missed,
                   finding->detail);
    else if (finding->advice_case == IPSEC_CASE_EPOCH || finding->advice_case == IPSEC_CASE_EPOCH_QOS)
        g_snprintf(
            buffer, size,
            "it counts as an integrity failure, no replay; the window was missed by %u, %u packets would do, so ",
            finding->missed, finding->detail);
    else
        describe_ike(finding, buffer, size);
}

const char *ipsec_finding_advice(const ipsec_finding *finding, char buffer[IPSEC_ADVICE_SIZE])
{
    const ipsec_advice *advice = finding->advice_case == IPSEC_CASE_NONE
                                     ? &ipsec_catalogue((ipsec_finding_id)finding->id)->advice
                                     : &cases[finding->advice_case];
    char found[128];

    describe(finding, found, sizeof found);
    g_snprintf(buffer, IPSEC_ADVICE_SIZE, "%s: %s%s; %s%s.", ipsec_step_name(advice->step), found, advice->next,
               ipsec_remedy_clause(advice->remedy), advice->attack ? "; this may be an attack" : "");
    return buffer;
}
