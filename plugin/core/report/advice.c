/* Advice: that of the catalogue, or a more exact one if there is more to go on than the packet itself.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/advice.h"
#include "base/stack.h"
#include "ike/names.h"
#include "ike/report.h"
#include "keys/algorithm.h"

#include <glib.h>

#define PARAMETERS .step = IPSEC_STEP_PARAMETERS, .remedy = IPSEC_REMEDY_TABLE
#define CONTEXT    .step = IPSEC_STEP_CONTEXT, .remedy = IPSEC_REMEDY_CONFIGURE
#define WINDOW     .step = IPSEC_STEP_LIMITS, .remedy = IPSEC_REMEDY_EITHER
#define RECEIVER   .step = IPSEC_STEP_PARAMETERS, .remedy = IPSEC_REMEDY_CONFIGURE
#define KEPT       .step = IPSEC_STEP_DATA, .remedy = IPSEC_REMEDY_SENDER
#define MTU        .step = IPSEC_STEP_LIMITS, .remedy = IPSEC_REMEDY_CONFIGURE
#define STRAY      .step = IPSEC_STEP_DATA, .remedy = IPSEC_REMEDY_NONE
#define IKE        .step = IPSEC_STEP_PARAMETERS, .remedy = IPSEC_REMEDY_CONFIGURE
#define NAT        .step = IPSEC_STEP_CONTEXT, .remedy = IPSEC_REMEDY_NONE

/* Texts that replace the advice of the catalogue. A packet whose ICV verifies is not forged; one whose SPI belongs
 * elsewhere may have been reflected. */
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
    [IPSEC_CASE_SPI_SWAPPED] = {"the tables know this SPI here with its octets in reverse order, so look for a typing "
                                "error, or for a sender that mixes up the byte order",
                                CONTEXT},
    [IPSEC_CASE_SPI_REVERSE] = {"this SPI is that of the other direction, so check on which end the keys were "
                                "installed",
                                CONTEXT, .attack = true},
    [IPSEC_CASE_DELETED] = {"check the sender, which keeps using it", .step = IPSEC_STEP_CONTEXT,
                            .remedy = IPSEC_REMEDY_NEW_SA, .attack = true},
    [IPSEC_CASE_SPI_DELETED] = {"look at the sender, which still uses it", CONTEXT, .attack = true},
    [IPSEC_CASE_SPI_RESTARTED] = {"look at the sender, because the peer restarted", CONTEXT, .attack = true},
    [IPSEC_CASE_SPI_NEVER] =
        {"IKE negotiated no SA with this SPI here, so look for a peer that restarted before this capture", CONTEXT,
         .attack = true},
    [IPSEC_CASE_WINDOW] = {"look for reordering (paths, queues)", WINDOW, .attack = true},
    [IPSEC_CASE_WINDOW_QOS] = {"look at QoS, because what overtook it has another DSCP", WINDOW},
    [IPSEC_CASE_EPOCH] = {"look for reordering", WINDOW},
    [IPSEC_CASE_EPOCH_QOS] = {"look at QoS (other DSCP)", WINDOW},
    /* After the name of the receiver. */
    [IPSEC_CASE_FLAGS_COVERED] = {"covers DF and the reserved flag with the ICV of AH, so have the "
                                  "sender clear DF (Linux: ip_no_pmtu_disc), or use ESP",
                                  RECEIVER},
    [IPSEC_CASE_BEHIND_PACKET] = {"takes octets after the IP packet as part of it, so look for a link that pads "
                                  "short frames, unless the capture's tap added them",
                                  RECEIVER},
    [IPSEC_CASE_V4_OPTIONS] =
        {"discards packets with IPv4 options before IPsec sees them, so have the sender leave them out", RECEIVER},
    [IPSEC_CASE_V6_EXTENSIONS] = {"does not find ESP after extension headers, so have the sender leave them out",
                                  RECEIVER},
    [IPSEC_CASE_CHANGING_OPTION] = {"zeroes mutable IPv6 options whole, type and length included, so leave them out "
                                    "in front of AH, or use ESP",
                                    RECEIVER},
    [IPSEC_CASE_NUMBER_ZERO] =
        {"starts with sequence number 0 marked as seen, so have the sender start at 1, or switch "
         "anti-replay off",
         RECEIVER},
    [IPSEC_CASE_BEFORE_FIRST] =
        {"takes a sequence number near 2^32 as older than the first while its SA is new, so look "
         "for a sender that jumps ahead",
         RECEIVER},
    [IPSEC_CASE_OTHER_SOURCE] = {"finds its SA by the source address too, so look for NAT or a peer that moved, and "
                                 "set up the SA for it",
                                 RECEIVER},
    [IPSEC_CASE_OTHER_PORTS] = {"accepts ESP only from the UDP ports of the SA, so look for a NAT that forgot its "
                                "mapping, and set up a new SA",
                                RECEIVER},
    [IPSEC_CASE_UDP_SHORT] = {"drops UDP that is shorter than the IPv6 packet around it, so look for what adds octets "
                              "after the datagrams",
                              RECEIVER},
    [IPSEC_CASE_AH_PADDING] = {"wants AH without padding, so choose an ICV that needs none (IPv6: 96 bits; IPv4: "
                               "`flag align4` on Linux), or use ESP",
                               RECEIVER},
    [IPSEC_CASE_AH_LENGTH] = {"wants AH padded to 4 octets in IPv4, 8 in IPv6, so set `flag align4` on a Linux "
                              "sender's SA in IPv4, or use ESP",
                              RECEIVER},
    [IPSEC_CASE_FIELD_KEPT] = {"check the sender's software version", KEPT},
    [IPSEC_CASE_ADDRESS] = {"look for NAT on the path, which AH cannot pass", CONTEXT},
    [IPSEC_CASE_STRAY] = {"look at that packet: it was damaged or is not genuine", STRAY, .attack = true},
    [IPSEC_CASE_FRAGMENT] =
        {"the rest of the packet is in another frame (ipsec.fragment.frame), so look at what cuts it "
         "without setting More Fragments",
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
                                  "groups, and check whether cookies come back",
                                  IKE},
    [IPSEC_CASE_IKE_PEER_ERROR] = {"read its log for the reason", .step = IPSEC_STEP_CONTEXT,
                                   .remedy = IPSEC_REMEDY_CONFIGURE},
    [IPSEC_CASE_IKE_STRAY] = {"go by what follows, because peers must not act on it", .step = IPSEC_STEP_CONTEXT,
                              .remedy = IPSEC_REMEDY_NONE, .attack = true},
    [IPSEC_CASE_IKE_MS_STATUS] = {"look at the event log of that host", .step = IPSEC_STEP_CONTEXT,
                                  .remedy = IPSEC_REMEDY_CONFIGURE},
    [IPSEC_CASE_IKE_FRAGMENT] = {"look for packets that are lost by size or burst, and at the sender's fragment size",
                                 .step = IPSEC_STEP_CONTEXT, .remedy = IPSEC_REMEDY_EITHER},
    [IPSEC_CASE_IKE_NAT_SOURCE] = {"the sender of this message is behind NAT, or says so to have ESP in UDP", NAT},
    [IPSEC_CASE_IKE_NAT_DESTINATION] = {"the destination of this message is behind NAT", NAT},
    [IPSEC_CASE_IKE_NAT_ASKED] = {"the destination of this message is behind NAT, or asks for ESP in UDP all the same",
                                  NAT},
    [IPSEC_CASE_IKE_PROPOSAL] = {"compare the IKE proposals of both peers: encryption, integrity, PRF, key exchange "
                                 "group",
                                 IKE, .attack = true},
    [IPSEC_CASE_IKE_PROPOSAL_CHILD] = {"compare the ESP proposals of both peers: encryption, integrity, group, ESN",
                                       IKE, .attack = true},
    [IPSEC_CASE_IKE_SPI] = {"look for a peer that restarted or deleted that SA; unless encrypted, it is a hint only",
                            .step = IPSEC_STEP_CONTEXT, .remedy = IPSEC_REMEDY_NEW_SA, .attack = true},
    [IPSEC_CASE_IKE_ICMP] = {"look at who sends it, and why", .step = IPSEC_STEP_CONTEXT, .remedy = IPSEC_REMEDY_EITHER,
                             .attack = true},
    [IPSEC_CASE_IKE_NAT_BOTH] = {"both ends are behind NAT, or the sender says so of itself to have ESP in UDP", NAT},
    /* ICMP errors. */
    [IPSEC_CASE_TOO_BIG] = {"set it if packets stay that large, or clamp the MSS (Linux heeds this report for 600 s)",
                            MTU},
    [IPSEC_CASE_TOO_BIG_ANY] = {"set it if packets stay that large, or clamp the MSS", MTU},
    [IPSEC_CASE_MTU_ZERO] =
        {"set the tunnel's MTU, because this router names none: Linux locks its route at 552, OpenBSD "
         "ignores it",
         MTU},
    [IPSEC_CASE_MTU_LOW] = {"find out who sends this, because it is below 552: Linux locks its route there, OpenBSD "
                            "ignores what is below 296",
                            MTU, .attack = true},
    [IPSEC_CASE_MTU_LOW_V6] = {"find out who sends this, because no IPv6 link has an MTU below 1280; Linux ignores it",
                               MTU, .attack = true},
    [IPSEC_CASE_MTU_HIGH] = {"find out who sends this, because a link of that MTU carries the quoted packet", MTU,
                             .attack = true},
    [IPSEC_CASE_MTU_NO_SA] = {"check whether the sender has this SA, because none of its packets was captured: if it "
                              "does not, Linux and OpenBSD ignore this",
                              MTU, .attack = true},
    [IPSEC_CASE_MTU_MAY_CUT] = {"find out who sends this, because routers may fragment the quoted packet (DF is clear)",
                                MTU, .attack = true},
    [IPSEC_CASE_MTU_CHECKSUM] = {"find out what damages this message, because its checksum is wrong and the host "
                                 "discards it (IcmpInErrors)",
                                 MTU},
    [IPSEC_CASE_KEEPALIVE] = {"check whether the peer's IKE daemon is meant to be down: this answers only a NAT "
                              "keepalive",
                              CONTEXT},
    [IPSEC_CASE_PEER_LACKS] = {"check whether IPsec runs on the peer, which said in ICMP that it does not support this "
                               "protocol: none of its IPsec counters moves",
                               CONTEXT},
    [IPSEC_CASE_ABOVE] = {"set it or clamp the MSS", MTU},
    [IPSEC_CASE_ABOVE_ANY] = {"set it or clamp the MSS", MTU},
};

#undef PARAMETERS
#undef CONTEXT
#undef WINDOW
#undef RECEIVER
#undef STRAY
#undef MTU
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

/* Describes a notify by its name, or else by its number. */
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

/* Like describe(), for the cases of IKE. */
static void describe_ike(const ipsec_finding *finding, char *buffer, size_t size)
{
    if (finding->advice_case == IPSEC_CASE_IKE_PEER_ERROR || finding->advice_case == IPSEC_CASE_IKE_STRAY)
        describe_notify(finding->detail, buffer, size);
    else if (finding->advice_case == IPSEC_CASE_IKE_MS_STATUS)
        describe_windows(finding->detail, buffer, size);
    else if (finding->advice_case == IPSEC_CASE_IKE_FRAGMENT)
        g_snprintf(buffer, size, "fragment %u of %u was not captured, so ", finding->detail, finding->missed);
    else if (finding->advice_case == IPSEC_CASE_IKE_SPI)
        g_snprintf(buffer, size, "SPI 0x%08x is meant, so ", finding->detail);
    else if (finding->advice_case == IPSEC_CASE_IKE_ICMP)
        g_snprintf(buffer, size, "frame %u is an ICMP error about it, %s, so ", finding->detail,
                   ipsec_ike_error_name(finding->missed));
}

/* Likewise, for the cases of a path MTU. */
static void describe_mtu(const ipsec_finding *finding, char *buffer, size_t size)
{
    const bool sure = finding->advice_case == IPSEC_CASE_TOO_BIG || finding->advice_case == IPSEC_CASE_ABOVE;
    const char *const whatever = sure ? "" : " with any algorithm";

    if (finding->advice_case == IPSEC_CASE_TOO_BIG || finding->advice_case == IPSEC_CASE_TOO_BIG_ANY)
        g_snprintf(buffer, size, "%u octets do not fit, an inner MTU of %u does%s: ", finding->detail, finding->fits,
                   whatever);
    else if (finding->advice_case == IPSEC_CASE_ABOVE || finding->advice_case == IPSEC_CASE_ABOVE_ANY)
        g_snprintf(buffer, size, "%u packets so far, up to %u octets; an inner MTU of %u fits%s: ", finding->missed,
                   finding->detail, finding->fits, whatever);
}

static void describe_deleted(uint32_t frame, char *buffer, size_t size)
{
    if (frame > 0)
        g_snprintf(buffer, size, "IKE deleted this SA in frame %u, so ", frame);
    else
        g_snprintf(buffer, size, "IKE deleted this SA, so ");
}

/* For cases with a number or a name: writes what was found, in front of the text of the case. */
static void describe(const ipsec_finding *finding, char *buffer, size_t size)
{
    buffer[0] = '\0';
    if (is_of_receiver(finding->advice_case))
        g_snprintf(buffer, size, "%s ", ipsec_stack_title(finding->detail));
    else if (ipsec_advice_names_frame(finding->advice_case))
        describe_deleted(finding->detail, buffer, size);
    else if (finding->advice_case == IPSEC_CASE_ICV_LENGTH)
        g_snprintf(buffer, size, "the ICV verifies with %u bits, so ", finding->detail * 8u);
    else if (finding->advice_case == IPSEC_CASE_INTEGRITY)
        g_snprintf(buffer, size, "the ICV verifies with the same key and %s, so ",
                   ipsec_integrity_row(finding->detail)->name);
    else if (finding->advice_case == IPSEC_CASE_ENCRYPTION)
        g_snprintf(buffer, size, "the ICV verifies with the same key and %s, so ",
                   ipsec_encryption_row(finding->detail)->name);
    else if (finding->advice_case == IPSEC_CASE_FIELD_KEPT)
        g_snprintf(buffer, size, "the ICV verifies if %s is not zeroed, so ", fields[finding->detail]);
    else if (finding->advice_case == IPSEC_CASE_ADDRESS)
        g_snprintf(buffer, size, "the ICV verifies with another %s, so ", fields[finding->detail]);
    else if (finding->advice_case == IPSEC_CASE_STRAY)
        g_snprintf(buffer, size, "sequence number %u came before, but nothing continued from it, so ", finding->detail);
    else if (finding->advice_case == IPSEC_CASE_WINDOW || finding->advice_case == IPSEC_CASE_WINDOW_QOS)
        g_snprintf(buffer, size, "the window was missed by %u (one of %u packets would accept it), so ",
                   finding->missed, finding->detail);
    else if (finding->advice_case == IPSEC_CASE_EPOCH || finding->advice_case == IPSEC_CASE_EPOCH_QOS)
        g_snprintf(buffer, size,
                   "it counts as a bad ICV, not a replay; the window was missed by %u (one of %u "
                   "packets would accept it), so ",
                   finding->missed, finding->detail);
    else if (finding->advice_case >= IPSEC_CASE_TOO_BIG)
        describe_mtu(finding, buffer, size);
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
