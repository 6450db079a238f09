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

/* What replaces the catalogue's advice; what follows from the packet is added behind it. If an ICV verifies, the packet
 * is not forged; one whose SPI belongs elsewhere may have been reflected. */
static const ipsec_advice cases[IPSEC_CASE_COUNT] = {
    [IPSEC_CASE_ESN_ON] =
        {"turn ESN on in the key table, or on the peer that has it off, because the ICV verifies with it", PARAMETERS},
    [IPSEC_CASE_ESN_OFF] =
        {"turn ESN off in the key table, or on the peer that has it on, because the ICV verifies without it",
         PARAMETERS},
    [IPSEC_CASE_SHA256_96] = {"set HMAC_SHA2_256_96 in the key table, or 128 bits on the peer, because the ICV "
                              "verifies with 96 bits, as on early Linux",
                              PARAMETERS},
    [IPSEC_CASE_ICV_LENGTH] = {"correct the ICV length in the key table, or on the peer", PARAMETERS},
    [IPSEC_CASE_INTEGRITY] = {"correct the algorithm in the key table, or on the peer", PARAMETERS},
    [IPSEC_CASE_ENCRYPTION] = {"correct the algorithm in the key table, or on the peer", PARAMETERS},
    [IPSEC_CASE_SPI_ELSEWHERE] = {"look for NAT, a moved address (MOBIKE) or a cluster, because the key tables have "
                                  "this SPI for another destination",
                                  CONTEXT, .attack = true},
    [IPSEC_CASE_SPI_OTHER_PROTOCOL] = {"check the protocol in the sender's policy, because the key tables have this "
                                       "SPI and destination for the other protocol (ESP or AH)",
                                       CONTEXT},
    [IPSEC_CASE_SPI_SWAPPED] = {"look for a typo, or for a sender that mixes up the byte order, because the key tables "
                                "have this SPI with its octets reversed",
                                CONTEXT},
    [IPSEC_CASE_SPI_REVERSE] =
        {"check on which peer the keys were installed, because this SPI belongs to the other direction", CONTEXT,
         .attack = true},
    [IPSEC_CASE_DELETED] = {"check the sender, which keeps using this SA", .step = IPSEC_STEP_CONTEXT,
                            .remedy = IPSEC_REMEDY_NEW_SA, .attack = true},
    [IPSEC_CASE_SPI_DELETED] = {"check the sender, which still uses this SA", CONTEXT, .attack = true},
    [IPSEC_CASE_SPI_RESTARTED] = {"check the sender, which still uses this SA although a peer restarted", CONTEXT,
                                  .attack = true},
    [IPSEC_CASE_SPI_NEVER] =
        {"look for a peer that restarted before this capture, because IKE negotiated no SA with this SPI here", CONTEXT,
         .attack = true},
    [IPSEC_CASE_WINDOW] = {"look for reordering (paths, queues)", WINDOW, .attack = true},
    [IPSEC_CASE_WINDOW_QOS] = {"check QoS: packets that overtook this one have another DSCP", WINDOW},
    [IPSEC_CASE_EPOCH] = {"look for reordering", WINDOW},
    [IPSEC_CASE_EPOCH_QOS] = {"check QoS (other DSCP)", WINDOW},
    [IPSEC_CASE_FLAGS_COVERED] = {"have the sender clear DF (Linux: ip_no_pmtu_disc), or use ESP", RECEIVER},
    [IPSEC_CASE_BEHIND_PACKET] = {"look for a link, or a network tap, that pads short frames", RECEIVER},
    [IPSEC_CASE_V4_OPTIONS] = {"have the sender leave out IPv4 options", RECEIVER},
    [IPSEC_CASE_V6_EXTENSIONS] = {"have the sender leave out extension headers in front of ESP", RECEIVER},
    [IPSEC_CASE_CHANGING_OPTION] = {"leave out mutable IPv6 options in front of AH, or use ESP", RECEIVER},
    [IPSEC_CASE_NUMBER_ZERO] = {"have the sender start at 1, or turn anti-replay off", RECEIVER},
    [IPSEC_CASE_BEFORE_FIRST] = {"look for a sender that jumps ahead", RECEIVER},
    [IPSEC_CASE_OTHER_SOURCE] = {"look for NAT or a peer that moved, and set up the SA for the new address", RECEIVER},
    [IPSEC_CASE_OTHER_PORTS] = {"look for a NAT that forgot its mapping, and set up a new SA", RECEIVER},
    [IPSEC_CASE_UDP_SHORT] = {"look for what adds octets after UDP datagrams", RECEIVER},
    [IPSEC_CASE_AH_PADDING] =
        {"choose an ICV without padding (IPv6: 96 bits; IPv4: `flag align4` on Linux), or use ESP", RECEIVER},
    [IPSEC_CASE_AH_LENGTH] = {"set `flag align4` on a Linux sender's SA in IPv4, or use ESP", RECEIVER},
    [IPSEC_CASE_FIELD_KEPT] = {"check the sender's software version", KEPT},
    [IPSEC_CASE_ADDRESS] = {"look for NAT on the path, which AH cannot pass", CONTEXT},
    [IPSEC_CASE_STRAY] = {"look at the earlier packet", STRAY, .attack = true},
    [IPSEC_CASE_FRAGMENT] = {"look at what fragments the packet without setting More Fragments, because its rest is in "
                             "another frame (ipsec.fragment.frame)",
                             .step = IPSEC_STEP_OBJECT, .remedy = IPSEC_REMEDY_CONFIGURE},
    /* IKE. */
    [IPSEC_CASE_IKE_AUTH_LENGTH] = {"compare pre-shared keys, certificates and identities, because the response has "
                                    "room only for an error: consistent with a refusal",
                                    IKE},
    [IPSEC_CASE_IKE_LENGTH] = {"compare proposals and traffic selectors, and read the peer's log, because the response "
                               "has no room for an SA: consistent with a refusal",
                               IKE},
    [IPSEC_CASE_IKE_UNSAID] = {"read the peer's log, because its response has neither an SA nor a reason", IKE},
    [IPSEC_CASE_IKE_INFORMED] = {"compare pre-shared keys and identities, because an encrypted Informational message "
                                 "came instead of the next one: consistent with a refusal",
                                 IKE},
    [IPSEC_CASE_IKE_QUICK] = {"compare proposals and traffic selectors, because an encrypted Informational message "
                              "answers Quick Mode: consistent with a refusal",
                              IKE},
    [IPSEC_CASE_IKE_FRUITLESS] = {"compare the key exchange groups, and check whether cookies come back, because the "
                                  "peer keeps asking for another attempt",
                                  IKE},
    [IPSEC_CASE_IKE_PEER_ERROR] = {"read the peer's log for the reason", .step = IPSEC_STEP_CONTEXT,
                                   .remedy = IPSEC_REMEDY_CONFIGURE},
    [IPSEC_CASE_IKE_STRAY] = {"ignore it and look at what follows, because peers must not act on it",
                              .step = IPSEC_STEP_CONTEXT, .remedy = IPSEC_REMEDY_NONE, .attack = true},
    [IPSEC_CASE_IKE_MS_STATUS] = {"look at the event log on the Windows host", .step = IPSEC_STEP_CONTEXT,
                                  .remedy = IPSEC_REMEDY_CONFIGURE},
    [IPSEC_CASE_IKE_FRAGMENT] =
        {"look for packets lost due to their size or in bursts, and check the sender's fragment size",
         .step = IPSEC_STEP_CONTEXT, .remedy = IPSEC_REMEDY_EITHER},
    [IPSEC_CASE_IKE_NAT_SOURCE] =
        {"nothing to do: the sender of this message is behind NAT, or claims to be so that ESP uses UDP", NAT},
    [IPSEC_CASE_IKE_NAT_DESTINATION] = {"nothing to do: the destination of this message is behind NAT", NAT},
    [IPSEC_CASE_IKE_NAT_ASKED] =
        {"nothing to do: the destination of this message is behind NAT, or requests ESP in UDP anyway", NAT},
    [IPSEC_CASE_IKE_PROPOSAL] =
        {"compare the IKE proposals of both peers: encryption, integrity, PRF, key exchange group", IKE,
         .attack = true},
    [IPSEC_CASE_IKE_PROPOSAL_CHILD] = {"compare the ESP proposals of both peers: encryption, integrity, group, ESN",
                                       IKE, .attack = true},
    [IPSEC_CASE_IKE_SPI] = {"look for a peer that restarted or deleted the SA", .step = IPSEC_STEP_CONTEXT,
                            .remedy = IPSEC_REMEDY_NEW_SA, .attack = true},
    [IPSEC_CASE_IKE_ICMP] = {"find out who sends the ICMP error about this request, and why",
                             .step = IPSEC_STEP_CONTEXT, .remedy = IPSEC_REMEDY_EITHER, .attack = true},
    [IPSEC_CASE_IKE_NAT_BOTH] =
        {"nothing to do: both peers are behind NAT, or the sender claims to be so that ESP uses UDP", NAT},
    /* ICMP errors. */
    [IPSEC_CASE_TOO_BIG] =
        {"lower the tunnel MTU or clamp the MSS if packets stay that large (Linux honours this for 600 s)", MTU},
    [IPSEC_CASE_TOO_BIG_ANY] = {"lower the tunnel MTU or clamp the MSS if packets stay that large", MTU},
    [IPSEC_CASE_MTU_ZERO] =
        {"set the tunnel MTU, because this router reports none: Linux locks its route at 552, OpenBSD ignores it", MTU},
    [IPSEC_CASE_MTU_LOW] = {"find out who sends this, because the MTU is below 552: Linux locks its route there, "
                            "OpenBSD ignores what is below 296",
                            MTU, .attack = true},
    [IPSEC_CASE_MTU_LOW_V6] = {"find out who sends this, because no IPv6 link has an MTU below 1280; Linux ignores it",
                               MTU, .attack = true},
    [IPSEC_CASE_MTU_HIGH] = {"find out who sends this, because a link with that MTU can carry the quoted packet", MTU,
                             .attack = true},
    [IPSEC_CASE_MTU_NO_SA] = {"check whether the sender has this SA, because none of its packets was captured: if it "
                              "does not, Linux and OpenBSD ignore this",
                              MTU, .attack = true},
    [IPSEC_CASE_MTU_MAY_CUT] = {"find out who sends this, because routers may fragment the quoted packet (DF is clear)",
                                MTU, .attack = true},
    [IPSEC_CASE_MTU_CHECKSUM] =
        {"find out what damages this message, because its checksum is wrong and the host discards it (IcmpInErrors)",
         MTU},
    [IPSEC_CASE_KEEPALIVE] =
        {"check whether the peer's IKE service is meant to be down: this answers only a NAT keepalive", CONTEXT},
    [IPSEC_CASE_PEER_LACKS] = {"check whether IPsec runs on the peer, which reported in ICMP that it does not support "
                               "this protocol: none of its IPsec counters increments",
                               CONTEXT},
    [IPSEC_CASE_ABOVE] = {"lower the tunnel MTU or clamp the MSS", MTU},
    [IPSEC_CASE_ABOVE_ANY] = {"lower the tunnel MTU or clamp the MSS", MTU},
};

/* Why a receiver refuses what the RFCs allow; after its name. */
static const char *const restrictions[IPSEC_CASE_COUNT] = {
    [IPSEC_CASE_FLAGS_COVERED] = "includes DF and the reserved flag in the ICV of AH",
    [IPSEC_CASE_BEHIND_PACKET] = "treats octets after the IP packet as part of it",
    [IPSEC_CASE_V4_OPTIONS] = "discards packets with IPv4 options before IPsec sees them",
    [IPSEC_CASE_V6_EXTENSIONS] = "does not find ESP after extension headers",
    [IPSEC_CASE_CHANGING_OPTION] = "zeroes them entirely, including type and length",
    [IPSEC_CASE_NUMBER_ZERO] = "starts with sequence number 0 marked as seen",
    [IPSEC_CASE_BEFORE_FIRST] = "treats a sequence number near 2^32 as older than the first while its SA is new",
    [IPSEC_CASE_OTHER_SOURCE] = "looks up the SA by source address too",
    [IPSEC_CASE_OTHER_PORTS] = "accepts ESP only from the UDP ports of the SA",
    [IPSEC_CASE_UDP_SHORT] = "drops UDP datagrams that are shorter than their IPv6 packet",
    [IPSEC_CASE_AH_PADDING] = "requires AH without padding",
    [IPSEC_CASE_AH_LENGTH] = "requires AH padded to 4 octets in IPv4, 8 in IPv6",
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
        g_snprintf(buffer, size, "; the notify is %s", name);
    else
        g_snprintf(buffer, size, "; the notify is %u, which is unknown here", detail & UINT16_MAX);
}

static void describe_windows(uint32_t code, char *buffer, size_t size)
{
    const char *const name = ipsec_ike_windows_name(code);

    if (name)
        g_snprintf(buffer, size, "; the code is %u (%s)", code, name);
    else
        g_snprintf(buffer, size, "; the code is %u (0x%x)", code, code);
}

/* Like describe(), for the cases of IKE. */
static void describe_ike(const ipsec_finding *finding, char *buffer, size_t size)
{
    if (finding->advice_case == IPSEC_CASE_IKE_PEER_ERROR || finding->advice_case == IPSEC_CASE_IKE_STRAY)
        describe_notify(finding->detail, buffer, size);
    else if (finding->advice_case == IPSEC_CASE_IKE_MS_STATUS)
        describe_windows(finding->detail, buffer, size);
    else if (finding->advice_case == IPSEC_CASE_IKE_FRAGMENT)
        g_snprintf(buffer, size, "; fragment %u of %u was not captured", finding->detail, finding->missed);
    else if (finding->advice_case == IPSEC_CASE_IKE_SPI)
        g_snprintf(buffer, size, " with SPI 0x%08x; an unencrypted message is only a hint", finding->detail);
    else if (finding->advice_case == IPSEC_CASE_IKE_ICMP)
        g_snprintf(buffer, size, " (frame %u: %s)", finding->detail, ipsec_ike_error_name(finding->missed));
}

/* Likewise, for the cases of a path MTU. */
static void describe_mtu(const ipsec_finding *finding, char *buffer, size_t size)
{
    const bool sure = finding->advice_case == IPSEC_CASE_TOO_BIG || finding->advice_case == IPSEC_CASE_ABOVE;
    const char *const whatever = sure ? "" : " with any algorithm";

    if (finding->advice_case == IPSEC_CASE_TOO_BIG || finding->advice_case == IPSEC_CASE_TOO_BIG_ANY)
        g_snprintf(buffer, size, ": an inner MTU of %u fits%s; %u octets do not", finding->fits, whatever,
                   finding->detail);
    else if (finding->advice_case == IPSEC_CASE_ABOVE || finding->advice_case == IPSEC_CASE_ABOVE_ANY)
        g_snprintf(buffer, size, ": an inner MTU of %u fits%s; %u packet%s so far did not (up to %u octets)",
                   finding->fits, whatever, finding->missed, finding->missed == 1 ? "" : "s", finding->detail);
}

static void describe_deleted(const ipsec_finding *finding, char *buffer, size_t size)
{
    const char *const link = finding->advice_case == IPSEC_CASE_SPI_RESTARTED ? " and" : ", although";

    if (finding->detail > 0)
        g_snprintf(buffer, size, "%s IKE deleted it in frame %u", link, finding->detail);
    else
        g_snprintf(buffer, size, "%s IKE deleted it", link);
}

/* With ESN, a receiver takes the sequence number for one of the next 2^32. */
static void describe_window(const ipsec_finding *finding, char *buffer, size_t size)
{
    const bool epoch = finding->advice_case == IPSEC_CASE_EPOCH || finding->advice_case == IPSEC_CASE_EPOCH_QOS;

    g_snprintf(buffer, size, "; the packet missed the window by %u (a window of %u would accept it)%s", finding->missed,
               finding->detail, epoch ? " and counts as a bad ICV, not a replay" : "");
}

/* What was found in the cases that hold a number or a name; behind their text. */
static void describe(const ipsec_finding *finding, char *buffer, size_t size)
{
    buffer[0] = '\0';
    if (is_of_receiver(finding->advice_case))
        g_snprintf(buffer, size, ", because %s %s", ipsec_stack_title(finding->detail),
                   restrictions[finding->advice_case]);
    else if (ipsec_advice_names_frame(finding->advice_case))
        describe_deleted(finding, buffer, size);
    else if (finding->advice_case == IPSEC_CASE_ICV_LENGTH)
        g_snprintf(buffer, size, ", because the ICV verifies with %u bits", finding->detail * 8u);
    else if (finding->advice_case == IPSEC_CASE_INTEGRITY)
        g_snprintf(buffer, size, ", because the ICV verifies with the same key and %s",
                   ipsec_integrity_row(finding->detail)->name);
    else if (finding->advice_case == IPSEC_CASE_ENCRYPTION)
        g_snprintf(buffer, size, ", because the ICV verifies with the same key and %s",
                   ipsec_encryption_row(finding->detail)->name);
    else if (finding->advice_case == IPSEC_CASE_FIELD_KEPT)
        g_snprintf(buffer, size, ", because the ICV verifies if %s is not zeroed", fields[finding->detail]);
    else if (finding->advice_case == IPSEC_CASE_ADDRESS)
        g_snprintf(buffer, size, ", because the ICV verifies with another %s", fields[finding->detail]);
    else if (finding->advice_case == IPSEC_CASE_STRAY)
        g_snprintf(buffer, size,
                   " with sequence number %u: nothing continued from it, so it was damaged or is not genuine",
                   finding->detail);
    else if (finding->advice_case >= IPSEC_CASE_WINDOW && finding->advice_case <= IPSEC_CASE_EPOCH_QOS)
        describe_window(finding, buffer, size);
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
    g_snprintf(buffer, IPSEC_ADVICE_SIZE, "%s%s; %s%s; step: %s.", advice->next, found,
               ipsec_remedy_clause(advice->remedy), advice->attack ? "; this may be an attack" : "",
               ipsec_step_name(advice->step));
    buffer[0] = g_ascii_toupper(buffer[0]);
    return buffer;
}
