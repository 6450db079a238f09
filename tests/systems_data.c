/* What the page of systems says that no row of the core does. Facts: the sources of the stacks (see outcomes.def),
 * Microsoft's pages on system errors 12000-15999, "Audit IPsec Driver", FWPM_NET_EVENT_IPSEC_KERNEL_DROP0 and
 * IPSEC_AGGREGATE_DROP_PACKET_STATISTICS1, vendors' articles on their log lines. What is not published says so.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "systems_data.h"

#include <stddef.h>

/* --- Windows ----------------------------------------------------------------------------------------- */

const page_line steps_of_13914[] = {
    {"1. Operation context",
     "`ipsec.windows.error >= 13910 and ipsec.windows.error <= 13912`, `ipsec.advice contains \"Operation context\"`",
     "Is the packet for an SA that the receiver has, in the right mode, encapsulation and direction? What is not has "
     "a code of its own (13910 to 13912), and stands beside a 13914 where a peer restarted or rekeyed.",
     "IKE just before: rekey, delete, restart. Does the SPI of the event exist in the capture at all?"},
    {"2. Parameters", "`ipsec.advice contains \"Parameters:\"`",
     "Do both ends agree on algorithms, the length of the ICV, ESN? An ICV of another length moves the trailer.",
     "The proposals of IKE, or both ends' manual settings. With [keys](USING.md#keys), the advice says what "
     "would verify."},
    {"3. Object type", "`ipsec.windows.error == 13914 and ipsec.advice contains \"Object type\"`",
     "Is it a valid IPv4, IPv6, and IPsec header, and trailer? This is what the text of 13914 speaks of. Headers are "
     "judged without keys; trailers (padding, pad length, next header, inner packet) only with them.",
     "The marked octets, and a capture at the sender: is it the same there? If so, the sender built it so; if not, "
     "the path changed it."},
    {"4. Input data", "`ipsec.icv.status == \"Bad\"`, `ipsec.advice contains \"Input data\"`",
     "Are ICV, IV and sequence number right? A wrong ICV alone is 13915, and a number that was seen before 13913.",
     "Link errors, offload engines, middleboxes; then replays: the advice says where it can be an attack."},
    {"5. Limits", "`ipsec.advice contains \"Limits:\"`, `ipsec.seq.lag >= 64`",
     "Lifetime (13911), the end of the sequence numbers, the replay window.",
     "When the SA was set up, and how much went over it; reordering on the path."},
    {0},
};

const report_note windows_notes[] = {
    {"13910", NULL, "The SPI belongs to no SA of the receiver.",
     "A rekey or restart just before; SPI 0; IKE on port 4500 without its marker. Many SPIs of one source: a scan."},
    {"13911", NULL, "The SA had reached the end of its lifetime.", "When IKE rekeyed, and whether it failed."},
    {"13912", NULL,
     "The SA does not match the packet: another protocol, mode, encapsulation, or traffic that was not negotiated.",
     "Traffic selectors, mode, and NAT traversal of both ends."},
    {"13913", NULL, "The sequence number was seen before, or is left of the replay window.",
     "`ipsec.seq.first_seen` and `ipsec.seq.lag`: a loop, reordering (QoS, several paths), or a replay."},
    {"13914", NULL,
     "\"IPsec header and/or trailer in the packet is invalid.\" [Step by step](#13914-step-by-step) above.",
     "Keys, if the header is sound: the trailer can only be judged with them."},
    {"13915", NULL, "The ICV is wrong.",
     "NAT in front of AH; a link or offload engine that damages packets; keys or ESN that differ if all packets of "
     "the SA fail."},
    {"13916", NULL,
     "A clear text packet came where policy asks for IPsec. It has no IPsec header to judge: look for what is not "
     "IPsec between the two hosts.",
     "Policies of both ends; whether the sender lost its SA. It can be a spoofed packet."},
    {"13917", NULL, "An inbound ESP packet in authenticated firewall mode was dropped. Microsoft calls it benign.",
     "Nothing."},
    {"13918", NULL, "Throttled: too much at once, as in a flood. No single packet is at fault.",
     "The rate by source: Statistics > I/O Graphs. It can be an attack."},
    {0},
};

const windows_elsewhere elsewhere[] = {
    {13916, "(ip or ipv6) and not ipsec and not isakmp"},
    {13917, "ipsec.protocol == 50"},
    {13918, "ipsec or isakmp"},
    {0, NULL},
};

const dosp_error dosp_errors[] = {
    {13925, 0xC0368000, "BLOCK", "ipsec or isakmp", "An explicit block rule matched.", "The rules of the gateway."},
    {13926, 0xC0368001, "RECEIVED_MULTICAST", "(ipsec or isakmp) and (ip.dst == 224.0.0.0/4 or ipv6.dst == ff00::/8)",
     "An IPsec packet to a multicast address, which is not allowed.", "Who sends it."},
    {13927, 0xC0368002, "INVALID_PACKET", "ipsec.verdict >= 3 and ipsec.cause == 1",
     "\"Received an incorrectly formatted packet\". Often taken for 13914: that is the receiver's IPsec, this the "
     "DoS Protection in front of it, which has no keys and so can only see headers. Which faults count is not "
     "published; the filter shows what is malformed.",
     "Compare with a capture at the sender. It can be an attack."},
    {13928, 0xC0368003, "STATE_LOOKUP_FAILED", "ipsec", "No state for the packet: no negotiation was seen before it.",
     "Whether IKE went another way, or the gateway restarted."},
    {13929, 0xC0368004, "MAX_ENTRIES", "isakmp", "The most states that policy allows exist already.",
     "Number of peers, and negotiations that never end: it can be an attack."},
    {13930, 0xC0368005, "KEYMOD_NOT_ALLOWED", "isakmp",
     "A negotiation with a keying module (IKEv1, AuthIP, IKEv2) that policy forbids.",
     "The version of IKE that the peer offers."},
    {13931, 0, "NOT_INSTALLED", NULL, "IPsec DoS Protection is not enabled: an answer to a command, about no packet.",
     "Nothing."},
    {13932, 0xC0368006, "MAX_PER_IP_RATELIMIT_QUEUES", "isakmp",
     "The most rate limit queues that policy allows exist already.", "Number of internal hosts; a scan."},
    {0},
};

const page_line windows_events[] = {
    {"4960: dropped an inbound packet that failed an integrity check", "`ipsec.windows.event == 4960`", "As 13915.",
     "Microsoft's own advice: compare what was sent with what was received. With the plugin, the packets have ICV "
     "status Bad."},
    {"4961: failed a replay check", "`ipsec.windows.event == 4961`", "As 13913: the number was seen before.",
     "`ipsec.seq.first_seen` leads to the first; without it, the number was 0 (`ipsec.seq.zero`)."},
    {"4962: failed a replay check, too low a sequence number to ensure it was not a replay",
     "`ipsec.windows.event == 4962`", "As 13913: left of the replay window.",
     "A window of `ipsec.seq.lag` + 1 would have let it in; with lag 0 the counter had passed its end "
     "(`ipsec.seq.wrap`)."},
    {"4963: dropped an inbound clear text packet that should have been secured",
     "`(ip or ipv6) and not ipsec and not isakmp`", "As 13916: no IPsec packet.",
     "Policy of the sender. It can be spoofed."},
    {"4965: received a packet with an incorrect SPI", "`ipsec.windows.event == 4965`", "As 13910.",
     "A rekey or restart; hardware that damages packets, says Microsoft."},
    {"5478, 5479, 5480, 5483, 5484, 5485", "-", "IPsec Services started, stopped or failed: about no packet.",
     "The event itself."},
    {"4283 (Windows 2000 and XP, source IPSec): bad SPI received", "`ipsec.windows.error == 13910`",
     "As 13910, from the number of the old message.", "As 4965."},
    {0},
};

const page_line windows_counters[] = {
    {"Incorrect SPI Packets, `invalidSpisOnInbound`", "`ipsec.windows.error == 13910`", "No SA with this SPI.",
     "As 13910."},
    {"Packets Received Over Wrong SA, `receiveOverIncorrectSaInbound`", "`ipsec.windows.error == 13912`",
     "The SA does not match the packet.", "As 13912."},
    {"Packets That Failed Replay Detection, `replayCheckFailuresOnInbound`", "`ipsec.windows.error == 13913`",
     "Replay check.", "As 13913."},
    {"Packets Not Authenticated, `authenticationFailuresOnInbound`", "`ipsec.windows.error == 13915`", "Wrong ICV.",
     "As 13915."},
    {"Packets Not Decrypted, `decryptionFailuresOnInbound`", "`ipsec.windows.error == 13914`",
     "No counter is named for 13914. Microsoft's help says of this one that a packet \"might not be decrypted if it "
     "fails a validation check\": likely, not certain.",
     "As 13914."},
    {"Packets That Failed ESP Validation", "`ipsec.windows.error == 13914 and ipsec.protocol == 50`",
     "Likely 13914 too, of ESP only.", "As 13914."},
    {"Packets That Failed UDP-ESP Validation, `udpEspValidationFailuresOnInbound`",
     "`ipsec.encapsulation == 1 and ipsec.verdict >= 3`",
     "ESP in UDP (NAT traversal); no error code is published for it.",
     "NAT traversal of both ends, the port, short payloads on port 4500."},
    {"Plaintext Packets Received, `invalidClearTextInbound`", "`(ip or ipv6) and not ipsec and not isakmp`",
     "The first counts clear text, the second what should have been secured.", "As 13916."},
    {"`saNotInitializedOnInbound`", "`isakmp`", "A packet came on an SA that was not ready yet.",
     "How soon after the last message of IKE the first packet came."},
    {"`secureReceivesNotMatchingFilters`", "`ipsec.windows.error == 13912`",
     "Secured, but no filter matches it: 13912, we conclude.", "Traffic selectors and filters."},
    {0},
};

/* --- Linux -------------------------------------------------------------------------------------------- */

const report_note linux_notes[] = {
    {"XfrmInError", NULL, "Out of memory, no route for what was inside, or trouble in a queue.",
     "The kernel's log, memory, routes."},
    {"XfrmInBufferError", NULL, "More than six transforms around each other, or a network card that failed to decrypt.",
     "Offload: `ethtool -K DEV esp-hw-offload off`."},
    {"XfrmInHdrError", NULL, "Shorter than the fixed part of its header: 8 octets of ESP, 12 of AH.",
     "A capture at the sender: was it cut on the path?"},
    {"XfrmInNoStates", NULL, "No SA for destination, SPI and protocol. SPI 0 and IKE without its marker land here.",
     "`ip xfrm state`: is the SPI there? A rekey or restart of one peer; marks and network namespaces."},
    {"XfrmInStateProtoError", NULL,
     "The transform failed: a wrong ICV, or a length, padding or dummy that it refuses. With ESN also a number left "
     "of the window, which is read as one of the next epoch.",
     "`ip -s xfrm state`: if the SA's `failed` went up with it, it was the ICV, else the structure."},
    {"XfrmInStateModeError", NULL, "What came out does not fit the mode of the SA.",
     "Tunnel or transport, on both ends."},
    {"XfrmInStateSeqError", NULL, "Seen before, or left of the replay window (without ESN).",
     "The SA's `replay` (seen) and `replay-window` (left); `ipsec.seq.lag`; reordering by QoS or several queues."},
    {"XfrmInStateExpired", NULL, "A hard limit of the SA's lifetime was reached.", "Why rekeying did not come before."},
    {"XfrmInStateMismatch", NULL, "Encapsulated in another way than the SA (UDP or not), or outside the SA's selector.",
     "`encap` and `sel` in `ip xfrm state`; NAT detection."},
    {"XfrmInStateInvalid", NULL, "The SA exists, but is being deleted.", "A rekey or delete just before."},
    {"XfrmInTmplMismatch", NULL, "Decrypted well, but the policy asks for another SA or template.",
     "`ip xfrm policy`: templates, reqid, direction `fwd`."},
    {"XfrmInNoPols", NULL, "Decrypted well, but no policy lets it in.", "`ip xfrm policy`, directions `in` and `fwd`."},
    {"XfrmInPolBlock", NULL, "A policy says block.", "`ip xfrm policy`."},
    {"XfrmInPolError", NULL, "The lookup of the policy failed.", "The kernel's log."},
    {"XfrmAcquireError", NULL, "The SA is not complete yet: IKE is still at it.", "Whether IKE comes to an end."},
    {"XfrmFwdHdrError", NULL, "Forwarding what came out is not allowed.", "Forwarding and routes."},
    {"XfrmInStateDirError", NULL, "The SA is one for sending (newer kernels).", "`dir` in `ip xfrm state`."},
    {"XfrmInIptfsError", NULL, "Aggregated payload (IP-TFS) that cannot be put together (newer kernels).",
     "Lost packets: `ipsec.seq.skipped`."},
    {"XfrmOut...", NULL, "About packets that were never sent.", "Policies, SAs and memory of the host itself."},
    {0},
};

const page_line linux_sa_lines[] = {
    {"`replay-window` above 0 under `stats:`", "`ipsec.linux.sa_counter == \"replay-window\"`", "Left of the window.",
     "Reordering; a larger window."},
    {"`replay` above 0", "`ipsec.linux.sa_counter == \"replay\"`", "Seen before.",
     "`ipsec.seq.first_seen`: a loop or a replay."},
    {"`failed` above 0", "`ipsec.linux.sa_counter == \"failed\"`",
     "The ICV was wrong. Faults of length and padding count in XfrmInStateProtoError, and not here.",
     "Damage on the path, keys, ESN with a small window, an attack."},
    {0},
};

const page_line linux_other_lines[] = {
    {"`IpInUnknownProtos` (`nstat -az`, `netstat -s`)",
     "`ip.proto == 50 or ip.proto == 51`, `icmp.type == 3 and icmp.code == 2`",
     "The host has no ESP or AH at all (`esp4`, `ah4` are not loaded): no xfrm counter moves, and it may answer with "
     "ICMP \"protocol unreachable\".",
     "`lsmod`, and whether IPsec is set up on this host."},
    {"`Ip6InUnknownProtos`", "`ipv6.nxt == 50 or ipv6.nxt == 51`, `icmpv6.type == 4 and icmpv6.code == 1`",
     "The same in IPv6 (`esp6`, `ah6`); the answer is ICMPv6 \"unrecognized next header\".",
     "`lsmod`, and whether IPsec is set up on this host."},
    {"mlx5, `ethtool -S`: `ipsec_dec_auth_fail_packets`", "`ipsec.icv.status == \"Bad\"`",
     "The card that decrypts found the ICV wrong: [esp.icv](CHECKS.md#espicv). No xfrm counter need move.",
     "Damage, keys; packets that the card passes on as they are. Needs [keys](USING.md#keys)."},
    {"mlx5, `ethtool -S`: `ipsec_dec_drop_packets`", "`ipsec.protocol == 50 and ipsec.verdict >= 3`",
     "The card discarded packets that it was to decrypt; for which reasons is not published.",
     "Offload: `ethtool -K DEV esp-hw-offload off`, and the xfrm counters then."},
    {0},
};

const page_line linux_audit_lines[] = {
    {"`op=SA-notfound`, `spi=3221225482(0xc000000a) seqno=1`", "`ipsec.spi == 0xc000000a and ipsec.seq == 1`",
     "No SA: XfrmInNoStates.", "The SPI in `ip xfrm state`."},
    {"`op=SA-replayed-pkt`", "`ipsec.linux.counter == \"XfrmInStateSeqError\"`", "Refused by the replay window.",
     "`ipsec.seq.lag`, `ipsec.seq.first_seen`."},
    {"`op=SA-icv-failure`", "`ipsec.icv.status == \"Bad\"`", "The ICV was wrong.", "As `failed` above."},
    {"`op=SA-replay-overflow`", "`ipsec.seq.wrap`", "The sender's numbers came to their end.", "Rekeying by volume."},
    {0},
};

/* --- the BSDs ------------------------------------------------------------------------------------------ */

#define BSD_HDROPS   "Shorter than its header, or what is inside is."
#define BSD_NOTDB    "No SA for destination, SPI and protocol."
#define BSD_REPLAY   "Seen before, or left of the replay window."
#define BSD_AT_SEND  "A capture at the sender: was it cut or changed on the path?"
#define BSD_LOOK_SA  "`setkey -D`; a rekey or restart of one peer."
#define OBSD_LOOK_SA "`ipsecctl -sa`; a rekey or restart of one peer."
#define BSD_LAG      "`ipsec.seq.lag` and `ipsec.seq.first_seen`: reordering, a loop, or a replay."
#define BSD_ICV      "Damage on the path, keys that differ, an attack; NAT, with AH."

const report_note freebsd_notes[] = {
    {"esps_hdrops", "packets shorter than header shows", BSD_HDROPS, BSD_AT_SEND},
    {"esps_badilen", "packets dropped; bad ilen",
     "A length that is no multiple of 4 or of the cipher's block, or a pad length that is too long.", BSD_AT_SEND},
    {"esps_notdb", "packets dropped; no TDB",
     BSD_NOTDB " In UDP also: other ports than the SA's, source or destination.", BSD_LOOK_SA},
    {"esps_badauth", "packets dropped; bad authentication detected", "The ICV was wrong.", BSD_ICV},
    {"esps_badenc", "packets dropped; bad encryption detected", "The last octet of the padding is not the pad length.",
     "How the sender pads: 1 2 3 is right."},
    {"esps_nopf", "packets dropped; protocol family not supported",
     "A tunnel over IPv4 with something else than IPv4 or IPv6 inside. Over IPv6 nothing counts it.",
     "Tunnel or transport, on both ends."},
    {"esps_replay", "possible replay packets detected",
     BSD_REPLAY " Also a number close to 2^32 while the SA is new (highest below the window).", BSD_LAG},
    {"esps_wrap", "replay counter wraps",
     "Left of the window behind the end of a 32-bit counter. `esps_replay` goes up with it; never alone, and not at "
     "all in "
     "12.1.",
     "Rekeying by volume on the sender."},
    {"ips_in_polvio", "inbound packets violated process security policy (in `netstat -sp ipsec`)",
     "Decrypted well, but policy refuses it.", "`setkey -DP`; the traffic selectors of both ends."},
    {"ahs_hdrops", "packets shorter than header shows", BSD_HDROPS, BSD_AT_SEND},
    {"ahs_badauthl", "packets dropped; bad authentication length",
     "The AH has another length than the SA's ICV asks for.",
     "Algorithm and padding: Linux pads AH to 8 octets in IPv4 too, unless `flag align4` is set. None of these moves "
     "the "
     "window, so that a repeated one counts here as well."},
    {"ahs_notdb", "packets dropped; no TDB", BSD_NOTDB, BSD_LOOK_SA},
    {"ahs_nopf", "packets dropped; protocol family not supported",
     "A tunnel over IPv4 with something else than IPv4 or IPv6 inside. Over IPv6 nothing counts it.",
     "Tunnel or transport, on both ends."},
    {"ahs_badauth", "packets dropped; bad authentication detected",
     "The ICV was wrong; or there are IPv6 options in front that may change on the way, which FreeBSD zeroes whole.",
     BSD_ICV},
    {"ahs_replay", "possible replay packets detected", BSD_REPLAY, BSD_LAG},
    {"ahs_wrap", "replay counter wraps",
     "Left of the window behind the end of a 32-bit counter. `ahs_replay` goes up with it.",
     "Rekeying by volume on the sender."},
    {"esps_noxform", "packets dropped; no transform",
     "12.1 counts a wrong ICV of AES-GCM here instead of `esps_badauth`.", BSD_ICV},
    {"..._invalid, ..._badkcr, ..._tunnel, ..._crypto, ..._qfull, ..._toobig, ..._pdrops", NULL,
     "Of ESP and AH; none was seen to move on receipt.", "Memory, and the kernel's log."},
    {0},
};

const report_note openbsd_notes[] = {
    {"esps_hdrops", "packets shorter than header shows", BSD_HDROPS, BSD_AT_SEND},
    {"esps_badilen", "packets with bad payload size or padding received",
     "A length that is no multiple of the cipher's block, or a pad length that is too long.", BSD_AT_SEND},
    {"esps_notdb", "packets for which no TDB was found", BSD_NOTDB, OBSD_LOOK_SA},
    {"esps_udpneeded", NULL, "ESP came without UDP, but its SA is one in UDP.", "NAT detection on both ends."},
    {"esps_udpinval", "UDP packets for non-encapsulating TDB received", "ESP came in UDP, but its SA is one without.",
     "NAT detection on both ends."},
    {"esps_badauth", "packets that failed verification received", "The ICV was wrong.", BSD_ICV},
    {"esps_badenc", "packets with bad encryption received", "The last octet of the padding is not the pad length.",
     "How the sender pads: 1 2 3 is right."},
    {"esps_wrap", "packets where counter wrapping was detected", "Sequence number 0, or a counter at its end.",
     "A sender that starts at 0; rekeying by volume."},
    {"esps_replay", "possibly replayed packets received", BSD_REPLAY, BSD_LAG},
    {"ahs_hdrops", "packets shorter than header shows", BSD_HDROPS, BSD_AT_SEND},
    {"ahs_badauthl", "packets with bad authenticator length received",
     "The AH has another length than the SA's ICV asks for.",
     "Algorithm and padding: OpenBSD neither adds nor accepts the padding to 8 octets."},
    {"ahs_notdb", "packets for which no TDB was found", BSD_NOTDB, OBSD_LOOK_SA},
    {"ahs_badauth", "packets that failed verification received", "The ICV was wrong.", BSD_ICV},
    {"ahs_wrap", "packets where counter wrapping was detected", "Sequence number 0, or a counter at its end.",
     "A sender that starts at 0; rekeying by volume."},
    {"ahs_replay", "possibly replayed packets received", BSD_REPLAY, BSD_LAG},
    {"ipsec_exctdb", NULL, "A hard limit of the SA's lifetime was reached.", "Why rekeying did not come before."},
    {0},
};

/* --- VPP and strongSwan --------------------------------------------------------------------------------- */

const report_note vpp_notes[] = {
    {"too_short", "`Too Short`, node `ipsec4-tun-input`", "Shorter than an ESP header; an empty datagram too.",
     BSD_AT_SEND},
    {"runt", "`undersized packet`", "Too short for IV and ICV of its SA. No room for a trailer is asked for.",
     BSD_AT_SEND},
    {"no_tunnel", "`no matching tunnel`, node `ipsec4-tun-input`",
     "No tunnel or SA for this SPI from this source address. SPI 0 and IKE without a listener land here.",
     "`show ipsec sa`; a rekey or restart of one peer; a NAT or a peer that moved."},
    {"integ_error", "`integrity check failed`, of AH `Integrity check failed`",
     "The ICV of an HMAC, or of AH, was wrong. VPP covers DF and the reserved flag of IPv4 with the ICV of AH, against "
     "RFC "
     "4302, and takes octets behind the IP packet for its own.",
     BSD_ICV " DF, with AH; short frames that a link pads."},
    {"decryption_failed", "`ESP decryption failed`",
     "The tag of a combined mode (GCM, say) was wrong. Of AH: a tunnel without an IP packet inside.", BSD_ICV},
    {"replay", "`SA replayed packet`", BSD_REPLAY " The number 0 always.", BSD_LAG},
    {"no_tail_space", "`no enough buffer tail space (droppe`",
     "Despite its name, a check of lengths: the pad length is longer than the packet; or, in a tunnel, the length of "
     "the inner "
     "packet and the pad length are longer than what is there.",
     "The sender's software: a retransmission is built alike."},
    {"unsup_payload", "`unsupported payload`",
     "The next header names nothing that VPP has a node for. Dummies (59) land here and are legal. In tunnels only.",
     "Tunnel or transport, on both ends."},
    {"tun_no_proto", "`no tunnel protocol`", "The inner addresses are not those of the protected tunnel.",
     "Traffic selectors of both ends."},
    {"nat_keepalive", "`NAT Keepalive`, severity info", "A keepalive came: no fault.", "Nothing."},
    {"drop_fragments", "`IP fragments drop`", "AH in an IP fragment (IPv4), which VPP does not put together.",
     "MTU on the path; `set interface reassembly`."},
    {"IPSec policy not matched", "node `ipsec4-input-feature`",
     "No policy for SPI, source and destination: AH and transport SAs come this way, and nothing of ESP or AH counts "
     "it. IPv6 "
     "has no counter at all.",
     "`show ipsec spd`; the source address."},
    {"spi_0", "`SPI 0`", "Stands in the API; SPI 0 counts as `no_tunnel`.", "Nothing."},
    {"tunnel_mismatch", "`SPI-tunnel mismatch`", "Stands in the API, and nothing in the source counts it.", "Nothing."},
    {0},
};

const report_note strongswan_notes[] = {
    {"received packet is too short", "group `net`, level 3", "A datagram of fewer than 4 octets.", BSD_AT_SEND},
    {"failed to parse ESP header: invalid length", NULL, "Shorter than an ESP header.", BSD_AT_SEND},
    {"inbound ESP packet does not belong to an installed SA", "level 2", "No SA with this SPI.",
     "`swanctl --list-sas`; a rekey or restart of one peer."},
    {"ESP decryption failed: invalid length", NULL,
     "No room for IV and ICV of the SA, or not whole blocks of its cipher between them.", BSD_AT_SEND},
    {"ESP sequence number verification failed", "with addresses, SPI and number", BSD_REPLAY, BSD_LAG},
    {"ESP decryption or ICV verification failed", "in old versions \"ICV verification failed!\"", "The ICV was wrong.",
     BSD_ICV},
    {"parsing ESP payload failed: invalid length", NULL, "The ICV was right, but there is no trailer.",
     "The sender's software: a retransmission is built alike."},
    {"parsing ESP payload failed: invalid padding", NULL,
     "The padding is not 1 2 3 and so on, or longer than the packet; libipsec looks at every octet of it.",
     "The sender's software: a retransmission is built alike."},
    {"parsing ESP payload failed: unsupported payload",
     "and in front of it what is too short, or \"unsupported IP version\"",
     "No IP packet inside, or one that ends inside its IP, UDP or TCP header. Dummies land here and are legal; where a "
     "next header other than 4 and 41 stands behind an IP packet, it is discarded in silence.",
     "Tunnel or transport, on both ends."},
    {"discarding inbound IP packet", "with the inner addresses, \"due to policy\"",
     "Inner addresses outside the traffic selectors.", "Traffic selectors of both ends."},
    {"received invalid IKE header", "group `net`", "No IKE behind the non-ESP marker.", BSD_AT_SEND},
    {"received unsupported IKE version", "group `net`", "What was read as IKE is none.",
     "IKE with two markers; ESP on port 500."},
    {0},
};

/* --- ICMP errors that quote IPsec ------------------------------------------------------------------------- */

const page_line icmp_lines[] = {
    {"`ping -M do`: `local error: message too long, mtu=1246`", "`ipsec.icmp.too_big`",
     "What is inside must not be larger: an ICMP error had told the gateway or host a path MTU "
     "([icmp.too_big](CHECKS.md#icmptoo_big)). With AES-GCM in a tunnel 1246 is what fits 1300.",
     "`ipsec.icmp.mtu`, and the inner MTU in `ipsec.advice`; who reports it (`ip.src`)."},
    {"Linux, `ip route get PEER`: `cache expires 597sec mtu 1300`", "`ipsec.sa.mtu`, `ipsec.sa.above_mtu`",
     "The route took the PMTU of an ICMP error over, for 600 seconds. No counter of xfrm moves, not even XfrmOutError: "
     "who sends too much is told EMSGSIZE, or gets an ICMP error.",
     "Whether the sender goes on above it: [sa.above_mtu](CHECKS.md#saabove_mtu). Clamp the MSS, or lower the MTU of "
     "the tunnel."},
    {"Linux, likewise: `mtu lock 552`", "`ipsec.icmp.too_big_ignored and ipsec.icmp.mtu < 552`",
     "An MTU below 552, or 0, was reported, and Linux locks the route at 552 (`min_pmtu`): the tunnel limps. OpenBSD "
     "ignores what is below 296; in IPv6 Linux ignores what is below 1280.",
     "Who sends it: an old router, or an attack."},
    {"Linux, old kernels, dmesg: `pmtu discovery on SA ESP/c1000007/c0000201`",
     "`ipsec.icmp.error == \"too_big\" and ipsec.spi == 0xc1000007`",
     "The PMTU of an ICMP error was taken for the SA with this SPI and destination (192.0.2.1), both in hexadecimal.",
     "As above."},
    {"Linux, `nstat -az`: `IcmpInErrors`", "`ipsec.icmp.too_big_ignored and icmp.checksum.status == \"Bad\"`",
     "The ICMP error was ignored: its checksum is wrong, or it quotes fewer than 8 octets.",
     "The device that sends or changes it."},
    {"Cisco ASA: `%ASA-6-602103: IPSEC: Received an ICMP Destination Unreachable from ... with suggested PMTU of 1300; "
     "PMTU updated for SA with peer ..., SPI 0xBD48845F`",
     "`ipsec.icmp.error == \"too_big\" and ipsec.spi == 0xbd48845f`",
     "The PMTU was taken for the SA; below 256 it counts as 256, and 0 takes 256 off.", "As above."},
    {"Cisco ASA: `602104`, `... PMTU is unchanged because suggested PMTU of 1500 is equal to or greater than ...`",
     "`ipsec.icmp.mtu >= 1500`", "It changes nothing: often of packets that were on their way.",
     "Whether the MTU is below the packet that is quoted at all: [icmp.too_big_ignored](CHECKS.md#icmptoo_big_ignored)."},
    {"libreswan, pluto: `ERROR: asynchronous network error report on ... Connection refused [errno 111, origin ICMP type "
     "3 code 3 (not authenticated)]`",
     "`ipsec.icmp.port_unreachable`",
     "Nobody listens on the peer's port 500 or 4500; code 1 is `ipsec.icmp.unreachable`, 9, 10 and 13 are "
     "`ipsec.icmp.prohibited`. Anybody can send such an error.",
     "The IKE daemon of the peer, and filters in front of it."},
    {0},
};

/* --- a log line with SPI and sequence number ------------------------------------------------------------- */

#define ICV_FINDINGS                                                                                                   \
    "[esp.icv](CHECKS.md#espicv), [ah.icv](CHECKS.md#ahicv), or [key.wrong](CHECKS.md#keywrong) where nothing of the " \
    "SA verifies"
#define ICV_CHECK "Damage, keys, an attack. Needs [keys](USING.md#keys)."

const page_line vendor_lines[] = {
    {"Cisco ASA: `%ASA-4-402119: IPSEC: Received an ESP packet (SPI= 0xBD48845F, sequence number= 0x347BB) ... that "
     "failed anti-replay checking`",
     "`ipsec.spi == 0xbd48845f and ipsec.seq == 0x347bb`", "Refused by the replay window.",
     "`ipsec.seq.lag`, `ipsec.seq.first_seen`: reordering (QoS in front of encryption), fragments, a replay."},
    {"Cisco ASA: `402120`, `... that failed authentication`",
     "`ipsec.spi == 0xbd48845f and ipsec.icv.status == \"Bad\"`", "The ICV was wrong.",
     "Damage, keys, an attack. Needs [keys](USING.md#keys)."},
    {"Cisco ASA: `402114`, `... with an invalid SPI`; Cisco IOS: `%CRYPTO-4-RECVD_PKT_INV_SPI: ... spi=0xBD48845F`",
     "`ipsec.spi == 0xbd48845f`", "No SA with this SPI.", "First and last frame of the SPI; a rekey between them."},
    {"Cisco ASA: `402116`, `... doesn't match the negotiated policy in the SA`", "`ipsec.esp.selector`",
     "Traffic outside the SA's selector.", "Crypto ACLs of both ends."},
    {"Cisco IOS: `%CRYPTO-4-PKT_REPLAY_ERR: decrypt: replay check failed connection id=..., sequence number=5`",
     "`ipsec.seq == 5`",
     "Refused by the replay window. The connection is one of `show crypto ipsec sa`, which has its SPI.",
     "Add `ipsec.spi == 0x...`."},
    {"Cisco IOS: `%CRYPTO-4-RECVD_PKT_MAC_ERR: decrypt: mac verify failed for connection id=2989 ... spi=BD48845F "
     "seqno=000347BB`",
     "`ipsec.spi == 0xbd48845f and ipsec.seq == 0x347bb`",
     "The ICV was wrong: " ICV_FINDINGS ". Both values are hexadecimal, without 0x.", ICV_CHECK},
    {"Cisco IOS XE: `%IPSEC-3-HMAC_ERROR: IPSec SA receives HMAC error, ... SPI 0xf0f`",
     "`ipsec.spi == 0xf0f and ipsec.icv.status == \"Bad\"`",
     "The ICV was wrong: " ICV_FINDINGS ". The line has no number.", ICV_CHECK},
    {"Cisco IOS XE, `show platform hardware qfp active feature ipsec datapath drops`: `IN_OCT_MAC_EXCEPTION` and other "
     "`..._MAC_EXCEPTION`",
     "`ipsec.icv.status == \"Bad\"`", "The ICV was wrong: " ICV_FINDINGS ". A counter names no packet.", ICV_CHECK},
    {"Cisco IOS XE, likewise: `OCT_PAD_MISMATCH` and other `..._PAD_MISMATCH`",
     "`ipsec.esp.pad_length or ipsec.esp.pad_bytes or ipsec.esp.pad_last_byte`",
     "The padding is not 1 2 3 and so on, or longer than the packet: [esp.pad_bytes](CHECKS.md#esppad_bytes), "
     "[esp.pad_last_byte](CHECKS.md#esppad_last_byte), [esp.pad_length](CHECKS.md#esppad_length). Needs "
     "[keys](USING.md#keys).",
     "The sender's software, which pads so if the ICV is right; keys that differ, where nothing verifies."},
    {"Cisco IOS XE: `%IPSEC-3-REPLAY_ERROR: ... SPI 0xf0f`, and `anti-replay drop ... spi 3855/(0xf0f), ... "
     "seq_no=5, ar_highest=2554`",
     "`ipsec.spi == 3855 and ipsec.seq == 5`",
     "Refused by the replay window; `ar_highest` is `ipsec.seq.highest`, and the difference `ipsec.seq.lag`.",
     "A sender that began anew: `ipsec.seq.restart`."},
    {"Juniper SRX: `RT_IPSEC_REPLAY: Replay packet detected ... ESP, SPI 0xbd48845f, SEQ 0x347bb`",
     "`ipsec.spi == 0xbd48845f and ipsec.seq == 0x347bb`", "Refused by the replay window.", "As with 402119."},
    {"Juniper SRX, `show security ipsec statistics`: `Bad headers`",
     "`ipsec.cause == 1 and not ipsec.icv.status == \"Good\"`",
     "The vocabulary of 13914; which faults count is not published. The filter shows malformed headers.", BSD_AT_SEND},
    {"Juniper SRX: `Bad trailers`", "`ipsec.cause == 1 and ipsec.icv.status == \"Good\"`",
     "Likewise. The filter shows what is malformed under a right ICV. Needs [keys](USING.md#keys).",
     "The sender's software: a retransmission is built alike."},
    {"FortiGate: `error_num=Invalid ESP packet detected (HMAC validation failed). spi=fe2b6574 seq=0000ba0d`",
     "`ipsec.spi == 0xfe2b6574 and ipsec.seq == 0xba0d`", "The ICV was wrong. Both values are hexadecimal, without 0x.",
     "Damage, keys. Drops of the NPU are in no log: look for `ipsec.icv.status == \"Bad\"`."},
    {"FortiGate: `Invalid ESP packet detected (replayed packet). spi=... seq=...`",
     "`ipsec.spi == 0xfe2b6574 and ipsec.seq == 0xba0d`", "Refused by the replay window.", "As with 402119."},
    {"FortiGate: `Received ESP packet with unknown SPI. spi=\"fe2b6574\"`", "`ipsec.spi == 0xfe2b6574`",
     "No SA with this SPI.", "A rekey or restart; many SPIs of one source: a scan."},
    {"Palo Alto, `show counter global`: `flow_tunnel_ipsec_replay_err`",
     "`ipsec.replay.duplicate or ipsec.replay.old or ipsec.replay.conflict`",
     "Refused by the replay window; a counter names no packet.",
     "Set `ipsec.replay_window` to the firewall's (1024, say)."},
    {"Check Point: `decryption failure: Replay attack`, `Warning: possible replay attack`",
     "`ipsec.replay.duplicate or ipsec.replay.old or ipsec.replay.conflict`", "Refused by the replay window.",
     "Members of a cluster that both send; reordering."},
    {"libreswan, pluto: `has no Non-ESP marker`",
     "`ipsec.natt.no_marker_ike or ipsec.natt.esp_too_short or ipsec.natt.truncated or ipsec.natt.not_esp`",
     "A datagram on port 4500 that reached IKE without the marker of four zeros: IKE of a peer that leaves it out "
     "([natt.no_marker_ike](CHECKS.md#nattno_marker_ike)), something too short for ESP "
     "([natt.esp_too_short](CHECKS.md#nattesp_too_short), [natt.truncated](CHECKS.md#natttruncated)), or another "
     "protocol ([natt.not_esp](CHECKS.md#nattnot_esp)).",
     "NAT traversal and firmware of the peer; a scan of the port."},
    {"openconnect: `Received ESP packet with invalid HMAC`",
     "`ipsec.encapsulation == 1 and ipsec.icv.status == \"Bad\"`",
     "The ICV was wrong: " ICV_FINDINGS ". The line names neither SPI nor number; `Parameters for incoming ESP: SPI "
     "...` has the SPI.",
     "Keys of an older session after a reconnect; damage. Needs [keys](USING.md#keys)."},
    {"keepalived: `(VI_1) IPSEC-AH : sequence number 5 already processed. Packet dropped. Local(2554)`",
     "`ipsec.protocol == 51 and ipsec.seq == 5`",
     "AH of VRRP: the number is not above the last one, `Local`, of any sender; there is no window. "
     "[replay.duplicate](CHECKS.md#replayduplicate) and [replay.old](CHECKS.md#replayold) where it is a copy or late, "
     "[seq.restart](CHECKS.md#seqrestart) where the sender began anew.",
     "Two routers that are both master; one that was restarted."},
    {"keepalived: `(VI_1) IPSEC-AH : invalid IPSEC HMAC-MD5 value. Due to fields mutation or bad password !`",
     "`ipsec.ah.by_daemon or ipsec.ah.icv`",
     "AH of VRRP: the ICV was wrong ([ah.icv](CHECKS.md#ahicv)). keepalived covers the Time to Live with it where it "
     "sends to the group, so a key row verifies nothing: [ah.by_daemon](CHECKS.md#ahby_daemon).",
     "`auth_pass` of both routers; another VRRP router that does as RFC 4302 says."},
    {0},
};

/* --- IKE --------------------------------------------------------------------------------------------- */

/* Texts of Microsoft's page on system errors. No document says which of them goes with which notify: 13868 and
 * NO_PROPOSAL_CHOSEN were seen together in public reports, the others say the same in other words. */
const page_line ike_windows_lines[] = {
    {"13801 `ERROR_IPSEC_IKE_AUTH_FAIL`", "`ipsec.ike.windows_error == 13801`, `ipsec.ike.auth_failed`",
     "\"IKE authentication credentials are unacceptable.\" Without IKE keys told by the length of the answer.",
     "Certificates (machine certificate, EKU, name), pre-shared key; the log of the other side says which."},
    {"13802 `ERROR_IPSEC_IKE_ATTRIB_FAIL`", "`ipsec.ike.windows_error == 13802`, `ipsec.ike.no_proposal`",
     "\"IKE security attributes are unacceptable.\"", "Proposals of both ends."},
    {"13805 `ERROR_IPSEC_IKE_TIMED_OUT`", "`ipsec.ike.windows_error == 13805`, `ipsec.ike.no_answer`",
     "\"Negotiation timed out.\" Requests were repeated, or a fragment of one never came.",
     "Filters for UDP 500 and 4500; IP fragments of IKE_AUTH with a certificate, which some paths drop."},
    {"13813 `ERROR_IPSEC_IKE_DROP_NO_RESPONSE`", "`ipsec.ike.windows_error == 13813`",
     "\"No response from peer.\" The first request was repeated.",
     "Whether the peer runs, whether a filter drops UDP 500; ICMP errors beside it."},
    {"13821 `ERROR_IPSEC_IKE_SIMULTANEOUS_REKEY`", "`ipsec.ike.temporary_failure`",
     "\"Simultaneous rekeys were detected.\" Normal, if another try succeeds.", "What follows within seconds."},
    {"13823 `ERROR_IPSEC_IKE_CRITICAL_PAYLOAD_NOT_RECOGNIZED`", "`ipsec.ike.windows_error == 13823`",
     "\"Don't know how to process critical payload.\"", "The message that it answers: `ipsec.ike.request`."},
    {"13825 `ERROR_IPSEC_IKE_NO_POLICY`, 13850 `ERROR_IPSEC_IKE_NO_MM_POLICY`", "`ipsec.ike.no_proposal`",
     "No policy configured. To the other side it says NO_PROPOSAL_CHOSEN, or nothing.",
     "Connection security rules of that host."},
    {"13826 `ERROR_IPSEC_IKE_INVALID_SIGNATURE`, 13870 `ERROR_IPSEC_IKE_INVALID_HASH`, 13889 "
     "`ERROR_IPSEC_IKE_INVALID_AUTH_PAYLOAD`",
     "`ipsec.ike.auth_failed`", "What proves the identity does not verify.", "Pre-shared key, certificates."},
    {"13829 to 13842 `ERROR_IPSEC_IKE_PROCESS_ERR_...`, 13843 `ERROR_IPSEC_IKE_INVALID_PAYLOAD`, 13824 "
     "`ERROR_IPSEC_IKE_INVALID_HEADER`",
     "`ipsec.ike.syntax`", "A payload could not be processed. To the other side it says INVALID_SYNTAX.",
     "Software of both ends; a message that was damaged or cut."},
    {"13846 `ERROR_IPSEC_IKE_INVALID_COOKIE`", "`ipsec.ike.invalid_ike_spi`",
     "\"Invalid cookie received.\" The peer has no such IKE SA.", "A restart of one peer."},
    {"13862 `ERROR_IPSEC_IKE_UNKNOWN_DOI`, 13863 `ERROR_IPSEC_IKE_INVALID_SITUATION`, 13884 "
     "`ERROR_IPSEC_IKE_QM_LIMIT`, 13888 `ERROR_IPSEC_IKE_UNEXPECTED_MESSAGE_ID`, 13899 "
     "`ERROR_IPSEC_IKE_INNER_IP_ASSIGNMENT_FAILURE`, 13900 `ERROR_IPSEC_IKE_REQUIRE_CP_PAYLOAD_MISSING`, 13905 "
     "`ERROR_IPSEC_IKE_AUTHORIZATION_FAILURE`",
     "`ipsec.ike.peer_error`", "An error that has no finding of its own: `ipsec.ike.notify` says which.",
     "The log of the side that sends it."},
    {"13864 `ERROR_IPSEC_IKE_DH_FAILURE`, 13865 `ERROR_IPSEC_IKE_INVALID_GROUP`",
     "`ipsec.ike.windows_error == 13865`, `ipsec.ike.invalid_ke`",
     "\"Invalid Diffie-Hellman group.\" Asked for once it is normal.", "Key exchange groups of both ends."},
    {"13868 (0x362C) `ERROR_IPSEC_IKE_POLICY_MATCH`", "`ipsec.ike.windows_error == 13868`",
     "\"Policy match error.\" The proposals of IKE or of ESP do not match (NO_PROPOSAL_CHOSEN), or the selectors do "
     "not "
     "(TS_UNACCEPTABLE).",
     "Proposals of both ends; on Windows `Set-VpnConnectionIPsecConfiguration`."},
    {"13869 `ERROR_IPSEC_IKE_UNSUPPORTED_ID`", "`ipsec.ike.notify == 18`",
     "\"Unsupported ID.\" IKEv1: INVALID-ID-INFORMATION, of the peer, or of the selectors in Quick Mode.",
     "Identities, and traffic selectors, of both ends."},
    {"13880 `ERROR_IPSEC_IKE_INVALID_MAJOR_VERSION`", "`ipsec.ike.version`",
     "\"The recipient cannot handle version of IKE specified in the header.\"", "IKEv1 or IKEv2, on both ends."},
    {"13886 `ERROR_IPSEC_IKE_PEER_MM_ASSUMED_INVALID`", "`ipsec.ike.windows_error == 13886`",
     "The peer stopped responding, on an IKE SA that was set up.", "Whether it restarted; its address; NAT mappings."},
    {"13890 `ERROR_IPSEC_IKE_DOS_COOKIE_SENT`", "`ipsec.ike.cookie`",
     "\"Sent DoS cookie notify to initiator.\" Normal under load.", "How many initiators there are: a flood?"},
    {"Any code, told in a notify of Windows' own (12345)", "`ipsec.ike.ms_status`",
     "The code itself, in `ipsec.ike.windows_error`.", "The code above; System event log, source RasClient or IKEEXT."},
    {0},
};

/* strongSwan: logs of the captures, and its source; libreswan: its source; Windows: the errors of RasDial. */
const page_line ike_log_lines[] = {
    {"strongSwan: `received NO_PROPOSAL_CHOSEN notify error`; its peer: `no proposal found`, `received proposals "
     "unacceptable`",
     "`ipsec.ike.no_proposal`", "No proposal for IKE is acceptable.",
     "`configured proposals` beside `received proposals` in the log of the peer."},
    {"strongSwan: `received NO_PROPOSAL_CHOSEN notify, no CHILD_SA built`, `failed to establish CHILD_SA, keeping "
     "IKE_SA`; its peer: `no acceptable proposal found`",
     "`ipsec.ike.child_refused or ipsec.ike.no_proposal`",
     "IKE is up, and no SA of ESP. Without IKE keys told by the length of the answer.",
     "`esp_proposals` of both ends."},
    {"strongSwan: `received TS_UNACCEPTABLE notify, no CHILD_SA built`; its peer: `traffic selectors ... unacceptable`",
     "`ipsec.ike.ts_unacceptable or ipsec.ike.child_refused`", "The selectors do not fit.",
     "`local_ts` and `remote_ts` of both ends, in mirror image."},
    {"strongSwan: `received AUTHENTICATION_FAILED notify error`; its peer: `tried 1 shared key for ..., but MAC "
     "mismatched`, `no matching peer config found`",
     "`ipsec.ike.auth_failed`", "Wrong key, or an identity that the peer has not.", "Secrets and ids of both ends."},
    {"strongSwan: `retransmit 3 of request with message ID 0`, `giving up after 5 retransmits`, `establishing IKE_SA "
     "failed, peer not responding`",
     "`ipsec.ike.no_answer or ipsec.ike.fragment_lost`", "Nothing came back.", "ICMP errors, filters, the peer's log."},
    {"strongSwan: `peer didn't accept key exchange method ..., it requested ...`", "`ipsec.ike.invalid_ke`",
     "Another group is wanted: normal.", "The order of the groups, to save a round."},
    {"strongSwan: `local host is behind NAT`, `remote host is behind NAT`", "`ipsec.ike.nat`",
     "Where the NAT is, or that encapsulation was forced.", "UDP 4500 from then on."},
    {"libreswan: `dropping unexpected IKE_SA_INIT message containing NO_PROPOSAL_CHOSEN notification`",
     "`ipsec.ike.no_proposal`", "No proposal for IKE is acceptable.", "`ike=` of both ends."},
    {"libreswan: `IKE_AUTH response contained the error notification AUTHENTICATION_FAILED`, or another name",
     "`ipsec.ike.auth_failed or ipsec.ike.child_refused`", "What the peer says in IKE_AUTH.",
     "Secrets and ids; with TS_UNACCEPTABLE the subnets; with NO_PROPOSAL_CHOSEN `esp=`."},
    {"libreswan: `60 second timeout exceeded after 7 retransmits. No response (or no acceptable response) to our first "
     "IKEv2 message`",
     "`ipsec.ike.no_answer or ipsec.ike.no_proposal`", "Nothing came back, or a refusal, which it does not believe.",
     "ICMP errors, filters; proposals."},
    {"libreswan: `Possible authentication failure: no acceptable response to our first encrypted message`",
     "`ipsec.ike.auth_failed or ipsec.ike.no_answer`", "Message 5 of Main Mode, or IKE_AUTH, had no good answer.",
     "Pre-shared key and ids."},
    {"libreswan: `No acceptable response to our first Quick Mode message: perhaps peer likes no proposal`",
     "`ipsec.ike.child_refused`", "Quick Mode was refused.", "`phase2alg=` and subnets of both ends."},
    {"Windows (RasDial): 809", "`ipsec.ike.no_answer or ipsec.ike.fragment_lost`", "The server does not respond.",
     "UDP 500 and 4500 on the way; NAT in front of the server."},
    {"Windows (RasDial): 13801, 13806", "`ipsec.ike.auth_failed`",
     "Authentication failed, on the one side or the other.", "Certificates; the policy of the server."},
    {"Windows (RasDial): 13868", "`ipsec.ike.no_proposal or ipsec.ike.ts_unacceptable or ipsec.ike.child_refused`",
     "Policy match error.", "Proposals of both ends."},
    {"Any log that names `INVALID_SPI`", "`ipsec.ike.invalid_spi`",
     "One side has no SA with the SPI that the other sends on. Not encrypted, it is a hint only.",
     "`ipsec.spi == 0x...`: when did this SA begin, and did a peer restart?"},
    {0},
};
