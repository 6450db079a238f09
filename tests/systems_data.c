/* Texts of the page of systems that are in no row of the core. Sources: the source code of the stacks (see
 * outcomes.def), Microsoft's pages on system errors 12000-15999, "Audit IPsec Driver",
 * FWPM_NET_EVENT_IPSEC_KERNEL_DROP0 and IPSEC_AGGREGATE_DROP_PACKET_STATISTICS1, vendors' articles on their log lines.
 * Texts say so if something is not published.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "systems_data.h"

#include <stddef.h>

/* --- Windows ----------------------------------------------------------------------------------------- */

const page_line steps_of_13914[] = {
    {"1. Operation context",
     "`ipsec.windows.error >= 13910 and ipsec.windows.error <= 13912`, `ipsec.advice contains \"Operation context\"`",
     "Does the receiver have an SA for the packet, with the right mode, encapsulation and direction? If not, the code "
     "is 13910 to 13912. These often come with a 13914 when a peer restarts or rekeys.",
     "Look at IKE just before: rekey, delete, restart. Is the SPI of the event in the capture at all?"},
    {"2. Parameters", "`ipsec.advice contains \"Parameters:\"`",
     "Do both ends agree on algorithms, ICV length and ESN? With another ICV length, the trailer is looked for in the "
     "wrong place.",
     "Compare the IKE proposals, or the manual settings of both ends. With [keys](USING.md#keys), the advice says what "
     "would verify."},
    {"3. Object type", "`ipsec.windows.error == 13914 and ipsec.advice contains \"Object type\"`",
     "Are the IPv4, IPv6 and IPsec headers and the trailer valid? This is what the text of 13914 is about. Headers can "
     "be judged without keys, trailers (padding, pad length, next header, inner packet) only with them.",
     "Compare the marked octets with a capture at the sender. If they are the same there, the sender built the packet "
     "this way; if not, the path changed it."},
    {"4. Input data", "`ipsec.icv.status == \"Bad\"`, `ipsec.advice contains \"Input data\"`",
     "Are ICV, IV and sequence number right? A wrong ICV alone is 13915, a repeated sequence number 13913.",
     "Check for link errors, offload engines and middleboxes, then for replays. The advice says if it may be an "
     "attack."},
    {"5. Limits", "`ipsec.advice contains \"Limits:\"`, `ipsec.seq.lag >= 64`",
     "Is the lifetime (13911) over, are the sequence numbers used up, was the replay window missed?",
     "Check when the SA was set up and how much it carried, and look for reordering on the path."},
    {0},
};

const report_note windows_notes[] = {
    {"13910", NULL, "The SPI belongs to no SA of the receiver.",
     "A rekey or restart just before; SPI 0; IKE on port 4500 without its marker. Many SPIs from one source are a "
     "scan."},
    {"13911", NULL, "The SA had reached the end of its lifetime.",
     "When IKE last rekeyed, and whether rekeying failed."},
    {"13912", NULL,
     "The packet does not match its SA: other protocol, mode or encapsulation, or traffic that was not negotiated.",
     "Traffic selectors, mode, and NAT traversal of both ends."},
    {"13913", NULL, "The sequence number was seen before, or is left of the replay window (too old).",
     "`ipsec.seq.first_seen` and `ipsec.seq.lag`: a loop, reordering (QoS, several paths), or a replay."},
    {"13914", NULL,
     "\"IPsec header and/or trailer in the packet is invalid.\" [Step by step](#13914-step-by-step) above.",
     "If the header is sound, get the keys: the trailer can only be judged with them."},
    {"13915", NULL, "The ICV is wrong.",
     "NAT in front of AH; a link or offload engine that damages packets. If all packets of the SA fail: keys or ESN "
     "that differ."},
    {"13916", NULL,
     "A clear text packet came although policy requires IPsec. It has no IPsec header to judge; the filter shows what "
     "else runs between the hosts.",
     "The policies of both ends, and whether the sender lost its SA. The packet may be spoofed."},
    {"13917", NULL, "An inbound ESP packet in authenticated firewall mode was dropped. Microsoft calls it benign.",
     "Nothing."},
    {"13918", NULL, "Throttled: too many packets at once, as in a flood. No single packet is at fault.",
     "The rate by source, in Statistics > I/O Graphs. It may be an attack."},
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
     "\"Received an incorrectly formatted packet\". Often confused with 13914, which comes from the receiver's IPsec. "
     "This one comes from the DoS Protection in front of it, which has no keys and can only check headers. Which "
     "faults count is not published; the filter shows malformed packets.",
     "Compare with a capture at the sender. It may be an attack."},
    {13928, 0xC0368003, "STATE_LOOKUP_FAILED", "ipsec",
     "No state for the packet: the gateway saw no negotiation before it.",
     "Whether IKE took another path, or the gateway restarted."},
    {13929, 0xC0368004, "MAX_ENTRIES", "isakmp", "The maximum number of states that policy allows was reached.",
     "The number of peers, and negotiations that never end. It may be an attack."},
    {13930, 0xC0368005, "KEYMOD_NOT_ALLOWED", "isakmp",
     "A negotiation with a keying module (IKEv1, AuthIP, IKEv2) that policy does not allow.",
     "The IKE version that the peer offers."},
    {13931, 0, "NOT_INSTALLED", NULL,
     "IPsec DoS Protection is not enabled. This answers a command and is about no packet.", "Nothing."},
    {13932, 0xC0368006, "MAX_PER_IP_RATELIMIT_QUEUES", "isakmp",
     "The maximum number of rate limit queues that policy allows was reached.",
     "The number of internal hosts; a scan."},
    {0},
};

const page_line windows_events[] = {
    {"4960: dropped an inbound packet that failed an integrity check", "`ipsec.windows.event == 4960`", "Like 13915.",
     "Microsoft's advice: compare what was sent with what was received."},
    {"4961: failed a replay check", "`ipsec.windows.event == 4961`", "Like 13913: the sequence number was seen before.",
     "`ipsec.seq.first_seen` leads to the first packet. If it is missing, the sequence number was 0 "
     "(`ipsec.seq.zero`)."},
    {"4962: failed a replay check, too low a sequence number to ensure it was not a replay",
     "`ipsec.windows.event == 4962`", "Like 13913: left of the replay window (too old).",
     "A window of `ipsec.seq.lag` + 1 packets would have accepted it. With lag 0, the sequence number had wrapped "
     "(`ipsec.seq.wrap`)."},
    {"4963: dropped an inbound clear text packet that should have been secured",
     "`(ip or ipv6) and not ipsec and not isakmp`", "Like 13916: no IPsec packet.",
     "The policy of the sender. The packet may be spoofed."},
    {"4965: received a packet with an incorrect SPI", "`ipsec.windows.event == 4965`", "Like 13910.",
     "A rekey or restart. Microsoft also names hardware that damages packets."},
    {"5478, 5479, 5480, 5483, 5484, 5485", "-", "IPsec Services started, stopped or failed. This is about no packet.",
     "The event itself."},
    {"4283 (Windows 2000 and XP, source IPSec): bad SPI received", "`ipsec.windows.error == 13910`",
     "Like 13910, judging by the number of the old message.", "See 4965."},
    {0},
};

const page_line windows_counters[] = {
    {"Incorrect SPI Packets, `invalidSpisOnInbound`", "`ipsec.windows.error == 13910`", "No SA with this SPI.",
     "See 13910."},
    {"Packets Received Over Wrong SA, `receiveOverIncorrectSaInbound`", "`ipsec.windows.error == 13912`",
     "The packet does not match its SA.", "See 13912."},
    {"Packets That Failed Replay Detection, `replayCheckFailuresOnInbound`", "`ipsec.windows.error == 13913`",
     "The replay check failed.", "See 13913."},
    {"Packets Not Authenticated, `authenticationFailuresOnInbound`", "`ipsec.windows.error == 13915`",
     "The ICV is wrong.", "See 13915."},
    {"Packets Not Decrypted, `decryptionFailuresOnInbound`", "`ipsec.windows.error == 13914`",
     "Microsoft names no counter for 13914. Its help says of this one that a packet \"might not be decrypted if it "
     "fails a validation check\", so it is the likely one.",
     "See 13914."},
    {"Packets That Failed ESP Validation", "`ipsec.windows.error == 13914 and ipsec.protocol == 50`",
     "Probably 13914 too, for ESP only.", "See 13914."},
    {"Packets That Failed UDP-ESP Validation, `udpEspValidationFailuresOnInbound`",
     "`ipsec.encapsulation == 1 and ipsec.verdict >= 3`",
     "A fault in ESP over UDP (NAT traversal); no error code is published for it.",
     "NAT traversal settings of both ends, the port, short payloads on port 4500."},
    {"Plaintext Packets Received, `invalidClearTextInbound`", "`(ip or ipv6) and not ipsec and not isakmp`",
     "The first counts clear text, the second clear text that should have been secured.", "See 13916."},
    {"`saNotInitializedOnInbound`", "`isakmp`", "A packet came on an SA that was not ready yet.",
     "How soon the first packet came after the last IKE message."},
    {"`secureReceivesNotMatchingFilters`", "`ipsec.windows.error == 13912`",
     "The packet was secured, but matches no filter. Probably 13912.", "Traffic selectors and filters."},
    {0},
};

/* --- Linux -------------------------------------------------------------------------------------------- */

const report_note linux_notes[] = {
    {"XfrmInError", NULL, "Out of memory, no route for the inner packet, or a problem in a queue.",
     "The kernel's log, memory, routes."},
    {"XfrmInBufferError", NULL, "More than six nested transforms, or a network card that failed to decrypt.",
     "Switch offload off: `ethtool -K DEV esp-hw-offload off`."},
    {"XfrmInHdrError", NULL, "Shorter than the fixed part of its header, which is 8 octets for ESP, 12 for AH.",
     "A capture at the sender: was it cut on the path?"},
    {"XfrmInNoStates", NULL,
     "No SA for this destination, SPI and protocol. SPI 0 and IKE without its marker are counted here too.",
     "`ip xfrm state`: is the SPI there? A rekey or restart of one peer; marks and network namespaces."},
    {"XfrmInStateProtoError", NULL,
     "The transform failed: a wrong ICV, or a length, padding or dummy packet that it refuses. With ESN also a "
     "sequence number left of the window, because it is taken for one of the next 2^32.",
     "`ip -s xfrm state`: if the SA's `failed` went up too, it was the ICV, otherwise the structure."},
    {"XfrmInStateModeError", NULL, "The decrypted packet does not fit the mode of the SA.",
     "Tunnel or transport, on both ends."},
    {"XfrmInStateSeqError", NULL, "The sequence number was seen before or, without ESN, is left of the replay window.",
     "The SA's `replay` (seen) and `replay-window` (left); `ipsec.seq.lag`; reordering by QoS or several queues."},
    {"XfrmInStateExpired", NULL, "A hard limit of the SA's lifetime was reached.", "Why it was not rekeyed in time."},
    {"XfrmInStateMismatch", NULL,
     "Encapsulation (UDP or not) differs from the SA's, or the packet is outside the SA's selector.",
     "`encap` and `sel` in `ip xfrm state`; NAT detection."},
    {"XfrmInStateInvalid", NULL, "The SA exists, but is being deleted.", "A rekey or delete just before."},
    {"XfrmInTmplMismatch", NULL, "Decrypted successfully, but the policy requires another SA or template.",
     "`ip xfrm policy`: templates, reqid, direction `fwd`."},
    {"XfrmInNoPols", NULL, "Decrypted successfully, but no policy allows it.",
     "`ip xfrm policy`, directions `in` and `fwd`."},
    {"XfrmInPolBlock", NULL, "A policy blocks it.", "`ip xfrm policy`."},
    {"XfrmInPolError", NULL, "The lookup of the policy failed.", "The kernel's log."},
    {"XfrmAcquireError", NULL, "The SA is not complete yet: IKE has not finished.", "Whether IKE finishes."},
    {"XfrmFwdHdrError", NULL, "The decrypted packet must not be forwarded.", "Forwarding and routes."},
    {"XfrmInStateDirError", NULL, "The SA is for sending only (newer kernels).", "`dir` in `ip xfrm state`."},
    {"XfrmInIptfsError", NULL, "An aggregated payload (IP-TFS) could not be reassembled (newer kernels).",
     "Lost packets: `ipsec.seq.skipped`."},
    {"XfrmOut...", NULL, "These count packets that were never sent.", "Policies, SAs and memory of the host itself."},
    {0},
};

const page_line linux_sa_lines[] = {
    {"`replay-window` above 0 under `stats:`", "`ipsec.linux.sa_counter == \"replay-window\"`", "Left of the window.",
     "Reordering; a larger window."},
    {"`replay` above 0", "`ipsec.linux.sa_counter == \"replay\"`", "Seen before.",
     "`ipsec.seq.first_seen`: a loop or a replay."},
    {"`failed` above 0", "`ipsec.linux.sa_counter == \"failed\"`",
     "The ICV was wrong. Faults of length and padding count in XfrmInStateProtoError only.",
     "Damage on the path, keys, ESN with a small window, an attack."},
    {0},
};

const page_line linux_other_lines[] = {
    {"`IpInUnknownProtos` (`nstat -az`, `netstat -s`)",
     "`ipsec.icmp.protocol_unreachable`, `ip.proto == 50 or ip.proto == 51`",
     "The host does not have ESP or AH at all (`esp4`, `ah4` are not loaded). No xfrm counter moves, and it may answer "
     "with ICMP \"protocol unreachable\".",
     "`lsmod`, and whether IPsec is set up on this host."},
    {"`Ip6InUnknownProtos`", "`ipsec.icmp.protocol_unreachable`, `ipv6.nxt == 50 or ipv6.nxt == 51`",
     "The same in IPv6 (`esp6`, `ah6`); the answer is ICMPv6 \"unrecognized next header\".",
     "`lsmod`, and whether IPsec is set up on this host."},
    {"mlx5, `ethtool -S`: `ipsec_dec_auth_fail_packets`", "`ipsec.icv.status == \"Bad\"`",
     "The card that decrypts found the ICV wrong: [esp.icv](CHECKS.md#espicv). The xfrm counters may not move.",
     "Damage; wrong keys; packets that the card passes on as they are. Needs [keys](USING.md#keys)."},
    {"mlx5, `ethtool -S`: `ipsec_dec_drop_packets`", "`ipsec.protocol == 50 and ipsec.verdict >= 3`",
     "The card discarded packets that it should have decrypted; the reasons are not published.",
     "Switch offload off (`ethtool -K DEV esp-hw-offload off`), then look at the xfrm counters."},
    {0},
};

const page_line linux_audit_lines[] = {
    {"`op=SA-notfound`, `spi=3221225482(0xc000000a) seqno=1`", "`ipsec.spi == 0xc000000a and ipsec.seq == 1`",
     "No SA: XfrmInNoStates.", "The SPI in `ip xfrm state`."},
    {"`op=SA-replayed-pkt`", "`ipsec.linux.counter == \"XfrmInStateSeqError\"`", "Refused by the replay window.",
     "`ipsec.seq.lag`, `ipsec.seq.first_seen`."},
    {"`op=SA-icv-failure`", "`ipsec.icv.status == \"Bad\"`", "The ICV was wrong.", "See `failed` above."},
    {"`op=SA-replay-overflow`", "`ipsec.seq.wrap`", "The sender has used up its sequence numbers.",
     "Rekeying by volume."},
    {0},
};

/* --- the BSDs ------------------------------------------------------------------------------------------ */

#define BSD_HDROPS   "Shorter than its header, or the inner packet is."
#define BSD_NOTDB    "No SA for this destination, SPI and protocol."
#define BSD_REPLAY   "The sequence number was seen before, or is left of the replay window."
#define BSD_AT_SEND  "A capture at the sender: was it cut or changed on the path?"
#define BSD_LOOK_SA  "`setkey -D`; a rekey or restart of one peer."
#define OBSD_LOOK_SA "`ipsecctl -sa`; a rekey or restart of one peer."
#define BSD_LAG      "`ipsec.seq.lag` and `ipsec.seq.first_seen`: reordering, a loop, or a replay."
#define BSD_ICV      "Damage on the path, keys that differ, an attack; NAT, with AH."

const report_note freebsd_notes[] = {
    {"esps_hdrops", "packets shorter than header shows", BSD_HDROPS, BSD_AT_SEND},
    {"esps_badilen", "packets dropped; bad ilen",
     "The length is not a multiple of 4 or of the cipher's block, or the pad length is too long.", BSD_AT_SEND},
    {"esps_notdb", "packets dropped; no TDB",
     BSD_NOTDB " In UDP, also if source or destination port differs from the SA's.", BSD_LOOK_SA},
    {"esps_badauth", "packets dropped; bad authentication detected", "The ICV was wrong.", BSD_ICV},
    {"esps_badenc", "packets dropped; bad encryption detected", "The last octet of the padding is not the pad length.",
     "How the sender pads: 1 2 3 is right."},
    {"esps_nopf", "packets dropped; protocol family not supported",
     "The inner packet of a tunnel over IPv4 is neither IPv4 nor IPv6. Over IPv6, no counter moves.",
     "Tunnel or transport, on both ends."},
    {"esps_replay", "possible replay packets detected",
     BSD_REPLAY " Also a sequence number close to 2^32 while the SA is new (highest below the window).", BSD_LAG},
    {"esps_wrap", "replay counter wraps",
     "Left of the window, after a 32-bit counter wrapped. `esps_replay` always goes up too. Not used in 12.1.",
     "Rekeying by volume on the sender."},
    {"ips_in_polvio", "inbound packets violated process security policy (in `netstat -sp ipsec`)",
     "Decrypted successfully, but policy refuses it.", "`setkey -DP`; the traffic selectors of both ends."},
    {"ahs_hdrops", "packets shorter than header shows", BSD_HDROPS, BSD_AT_SEND},
    {"ahs_badauthl", "packets dropped; bad authentication length",
     "The length of the AH differs from what the SA's ICV requires.",
     "Algorithm and padding: Linux pads AH to 8 octets in IPv4 too, unless `flag align4` is set. Such packets do not "
     "move the window, so a repeated one counts here again."},
    {"ahs_notdb", "packets dropped; no TDB", BSD_NOTDB, BSD_LOOK_SA},
    {"ahs_nopf", "packets dropped; protocol family not supported",
     "The inner packet of a tunnel over IPv4 is neither IPv4 nor IPv6. Over IPv6, no counter moves.",
     "Tunnel or transport, on both ends."},
    {"ahs_badauth", "packets dropped; bad authentication detected",
     "The ICV was wrong, or there are mutable IPv6 options in front, which FreeBSD zeroes whole.", BSD_ICV},
    {"ahs_replay", "possible replay packets detected", BSD_REPLAY, BSD_LAG},
    {"ahs_wrap", "replay counter wraps",
     "Left of the window, after a 32-bit counter wrapped. `ahs_replay` goes up too.",
     "Rekeying by volume on the sender."},
    {"esps_noxform", "packets dropped; no transform",
     "12.1 counts a wrong ICV of AES-GCM here instead of in `esps_badauth`.", BSD_ICV},
    {"..._invalid, ..._badkcr, ..._tunnel, ..._crypto, ..._qfull, ..._toobig, ..._pdrops", NULL,
     "For ESP and AH. None was seen to move for received packets.", "Memory, and the kernel's log."},
    {0},
};

const report_note openbsd_notes[] = {
    {"esps_hdrops", "packets shorter than header shows", BSD_HDROPS, BSD_AT_SEND},
    {"esps_badilen", "packets with bad payload size or padding received",
     "The length is not a multiple of the cipher's block, or the pad length is too long.", BSD_AT_SEND},
    {"esps_notdb", "packets for which no TDB was found", BSD_NOTDB, OBSD_LOOK_SA},
    {"esps_udpneeded", NULL, "ESP came without UDP, but its SA uses UDP.", "NAT detection on both ends."},
    {"esps_udpinval", "UDP packets for non-encapsulating TDB received", "ESP came in UDP, but its SA does not use UDP.",
     "NAT detection on both ends."},
    {"esps_badauth", "packets that failed verification received", "The ICV was wrong.", BSD_ICV},
    {"esps_badenc", "packets with bad encryption received", "The last octet of the padding is not the pad length.",
     "How the sender pads: 1 2 3 is right."},
    {"esps_wrap", "packets where counter wrapping was detected", "Sequence number 0, or a counter at its end.",
     "A sender that starts at 0; rekeying by volume."},
    {"esps_replay", "possibly replayed packets received", BSD_REPLAY, BSD_LAG},
    {"ahs_hdrops", "packets shorter than header shows", BSD_HDROPS, BSD_AT_SEND},
    {"ahs_badauthl", "packets with bad authenticator length received",
     "The length of the AH differs from what the SA's ICV requires.",
     "Algorithm and padding: OpenBSD neither adds nor accepts padding to 8 octets."},
    {"ahs_notdb", "packets for which no TDB was found", BSD_NOTDB, OBSD_LOOK_SA},
    {"ahs_badauth", "packets that failed verification received", "The ICV was wrong.", BSD_ICV},
    {"ahs_wrap", "packets where counter wrapping was detected", "Sequence number 0, or a counter at its end.",
     "A sender that starts at 0; rekeying by volume."},
    {"ahs_replay", "possibly replayed packets received", BSD_REPLAY, BSD_LAG},
    {"ipsec_exctdb", NULL, "A hard limit of the SA's lifetime was reached.", "Why it was not rekeyed in time."},
    {0},
};

/* --- VPP and strongSwan --------------------------------------------------------------------------------- */

const report_note vpp_notes[] = {
    {"too_short", "`Too Short`, node `ipsec4-tun-input`", "Shorter than an ESP header, or an empty datagram.",
     BSD_AT_SEND},
    {"runt", "`undersized packet`", "Too short for the IV and ICV of its SA. VPP does not require room for a trailer.",
     BSD_AT_SEND},
    {"no_tunnel", "`no matching tunnel`, node `ipsec4-tun-input`",
     "No tunnel or SA for this SPI and source address. SPI 0 and IKE without a listener are counted here too.",
     "`show ipsec sa`; a rekey or restart of one peer; a NAT or a peer that moved."},
    {"integ_error", "`integrity check failed`, of AH `Integrity check failed`",
     "The ICV of an HMAC, or of AH, was wrong. Contrary to RFC 4302, VPP covers DF and the reserved flag of IPv4 with "
     "the ICV of AH. It also takes octets after the IP packet for part of it.",
     BSD_ICV " With AH, also DF, and short frames that a link pads."},
    {"decryption_failed", "`ESP decryption failed`",
     "The ICV of a combined mode algorithm (GCM, say) was wrong. For AH: a tunnel without an IP packet inside.",
     BSD_ICV},
    {"replay", "`SA replayed packet`", BSD_REPLAY " Sequence number 0 is always refused.", BSD_LAG},
    {"no_tail_space", "`no enough buffer tail space (droppe`",
     "Despite its name, a check of lengths: the pad length exceeds the packet or, in a tunnel, inner packet and "
     "padding together do.",
     "The sender's software: a retransmission would be the same."},
    {"unsup_payload", "`unsupported payload`",
     "VPP has no node for this next header. Dummy packets (59) are counted here too, and are legal. In tunnels only.",
     "Tunnel or transport, on both ends."},
    {"tun_no_proto", "`no tunnel protocol`", "The inner addresses are not those of the protected tunnel.",
     "Traffic selectors of both ends."},
    {"nat_keepalive", "`NAT Keepalive`, severity info", "A keepalive came: no fault.", "Nothing."},
    {"drop_fragments", "`IP fragments drop`", "AH in an IPv4 fragment, which VPP does not reassemble.",
     "MTU on the path; `set interface reassembly`."},
    {"IPSec policy not matched", "node `ipsec4-input-feature`",
     "No policy for SPI, source and destination. This applies to AH and transport SAs, and no ESP or AH counter moves. "
     "For IPv6 there is no counter at all.",
     "`show ipsec spd`; the source address."},
    {"spi_0", "`SPI 0`", "Exists in the API only; SPI 0 counts as `no_tunnel`.", "Nothing."},
    {"tunnel_mismatch", "`SPI-tunnel mismatch`", "Exists in the API only; nothing in the source counts it.",
     "Nothing."},
    {0},
};

const report_note strongswan_notes[] = {
    {"received packet is too short", "group `net`, level 3", "A datagram of fewer than 4 octets.", BSD_AT_SEND},
    {"failed to parse ESP header: invalid length", NULL, "Shorter than an ESP header.", BSD_AT_SEND},
    {"inbound ESP packet does not belong to an installed SA", "level 2", "No SA with this SPI.",
     "`swanctl --list-sas`; a rekey or restart of one peer."},
    {"ESP decryption failed: invalid length", NULL,
     "No room for the IV and ICV of the SA, or no whole number of cipher blocks between them.", BSD_AT_SEND},
    {"ESP sequence number verification failed", "with addresses, SPI and sequence number", BSD_REPLAY, BSD_LAG},
    {"ESP decryption or ICV verification failed", "in old versions \"ICV verification failed!\"", "The ICV was wrong.",
     BSD_ICV},
    {"parsing ESP payload failed: invalid length", NULL, "The ICV was right, but there is no trailer.",
     "The sender's software: a retransmission would be the same."},
    {"parsing ESP payload failed: invalid padding", NULL,
     "The padding is not 1, 2, 3, ..., or is longer than the packet. libipsec checks every octet of it.",
     "The sender's software: a retransmission would be the same."},
    {"parsing ESP payload failed: unsupported payload",
     "preceded by what is too short, or by \"unsupported IP version\"",
     "No IP packet inside, or one that ends inside its IP, UDP or TCP header. Dummy packets are reported here too, and "
     "are legal. An IP packet with a next header other than 4 and 41 is discarded without a log line.",
     "Tunnel or transport, on both ends."},
    {"discarding inbound IP packet", "with the inner addresses, \"due to policy\"",
     "Inner addresses outside the traffic selectors.", "Traffic selectors of both ends."},
    {"received invalid IKE header", "group `net`", "There is no IKE after the non-ESP marker.", BSD_AT_SEND},
    {"received unsupported IKE version", "group `net`", "The packet was read as IKE, but is not IKE.",
     "IKE with two markers; ESP on port 500."},
    {0},
};

/* --- ICMP errors that quote IPsec ------------------------------------------------------------------------- */

const page_line icmp_lines[] = {
    {"`ping -M do`: `local error: message too long, mtu=1246`", "`ipsec.icmp.too_big`",
     "The largest inner packet that fits: an ICMP error had reported a path MTU to the gateway or host "
     "([icmp.too_big](CHECKS.md#icmptoo_big)). With AES-GCM in a tunnel, 1246 fits a path MTU of 1300.",
     "`ipsec.icmp.mtu`, the inner MTU in `ipsec.advice`, and who reports it (`ip.src`)."},
    {"Linux, `ip route get PEER`: `cache expires 597sec mtu 1300`", "`ipsec.sa.mtu`, `ipsec.sa.above_mtu`",
     "The route uses the PMTU of an ICMP error for 600 seconds. No xfrm counter moves, not even XfrmOutError: a sender "
     "of larger packets gets EMSGSIZE or an ICMP error.",
     "Whether the sender still exceeds it: [sa.above_mtu](CHECKS.md#saabove_mtu). Clamp the MSS, or lower the MTU of "
     "the tunnel."},
    {"Linux, the same command: `mtu lock 552`", "`ipsec.icmp.too_big_ignored and ipsec.icmp.mtu < 552`",
     "An MTU below 552, or 0, was reported, and Linux locks the route at 552 (`min_pmtu`), so the tunnel is slow. "
     "OpenBSD ignores values below 296, Linux in IPv6 those below 1280.",
     "Who sends it: an old router, or an attack."},
    {"Linux, old kernels, dmesg: `pmtu discovery on SA ESP/c1000007/c0000201`",
     "`ipsec.icmp.error == \"too_big\" and ipsec.spi == 0xc1000007`",
     "The PMTU of an ICMP error was applied to the SA with this SPI and destination (192.0.2.1), both in hexadecimal.",
     "See above."},
    {"Linux, `nstat -az`: `IcmpInErrors`", "`ipsec.icmp.too_big_ignored and icmp.checksum.status == \"Bad\"`",
     "The ICMP error was ignored: its checksum is wrong, or it quotes fewer than 8 octets.",
     "The device that sends or changes it."},
    {"Cisco ASA: `%ASA-6-602103: IPSEC: Received an ICMP Destination Unreachable from ... with suggested PMTU of 1300; "
     "PMTU updated for SA with peer ..., SPI 0xBD48845F`",
     "`ipsec.icmp.error == \"too_big\" and ipsec.spi == 0xbd48845f`",
     "The PMTU was applied to the SA. Values below 256 count as 256; 0 lowers the PMTU by 256.", "See above."},
    {"Cisco ASA: `602104`, `... PMTU is unchanged because suggested PMTU of 1500 is equal to or greater than ...`",
     "`ipsec.icmp.mtu >= 1500`", "It changes nothing; often about packets that were already on their way.",
     "Whether the reported MTU is smaller than the quoted packet at all: "
     "[icmp.too_big_ignored](CHECKS.md#icmptoo_big_ignored)."},
    {"libreswan, pluto: `ERROR: asynchronous network error report on ... Connection refused [errno 111, origin ICMP "
     "type 3 code 3 (not authenticated)]`",
     "`ipsec.icmp.port_unreachable`",
     "Nobody listens on the peer's port 500 or 4500. Code 1 is `ipsec.icmp.unreachable`; 9, 10 and 13 are "
     "`ipsec.icmp.prohibited`. Anybody can send such an error.",
     "The peer's IKE daemon, and filters in front of it."},
    {0},
};

/* --- a log line with SPI and sequence number ------------------------------------------------------------- */

#define ICV_FINDINGS                                                                                                   \
    "[esp.icv](CHECKS.md#espicv), [ah.icv](CHECKS.md#ahicv), or [key.wrong](CHECKS.md#keywrong) if no packet of the "  \
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
     "`ipsec.spi == 0xbd48845f`", "No SA with this SPI.", "The first and last frame of the SPI; a rekey between them."},
    {"Cisco ASA: `402116`, `... doesn't match the negotiated policy in the SA`", "`ipsec.esp.selector`",
     "Traffic outside the SA's selector.", "Crypto ACLs of both ends."},
    {"Cisco IOS: `%CRYPTO-4-PKT_REPLAY_ERR: decrypt: replay check failed connection id=..., sequence number=5`",
     "`ipsec.seq == 5`", "Refused by the replay window. `show crypto ipsec sa` has the SPI of the connection.",
     "Add `ipsec.spi == 0x...`."},
    {"Cisco IOS: `%CRYPTO-4-RECVD_PKT_MAC_ERR: decrypt: mac verify failed for connection id=2989 ... spi=BD48845F "
     "seqno=000347BB`",
     "`ipsec.spi == 0xbd48845f and ipsec.seq == 0x347bb`",
     "The ICV was wrong: " ICV_FINDINGS ". Both values are hexadecimal, without 0x.", ICV_CHECK},
    {"Cisco IOS XE: `%IPSEC-3-HMAC_ERROR: IPSec SA receives HMAC error, ... SPI 0xf0f`",
     "`ipsec.spi == 0xf0f and ipsec.icv.status == \"Bad\"`",
     "The ICV was wrong: " ICV_FINDINGS ". The line has no sequence number.", ICV_CHECK},
    {"Cisco IOS XE, `show platform hardware qfp active feature ipsec datapath drops`: `IN_OCT_MAC_EXCEPTION` and other "
     "`..._MAC_EXCEPTION`",
     "`ipsec.icv.status == \"Bad\"`", "The ICV was wrong: " ICV_FINDINGS ". A counter names no packet.", ICV_CHECK},
    {"Cisco IOS XE, the same command: `OCT_PAD_MISMATCH` and other `..._PAD_MISMATCH`",
     "`ipsec.esp.pad_length or ipsec.esp.pad_bytes or ipsec.esp.pad_last_byte`",
     "The padding is not 1, 2, 3, ..., or is longer than the packet: [esp.pad_bytes](CHECKS.md#esppad_bytes), "
     "[esp.pad_last_byte](CHECKS.md#esppad_last_byte), [esp.pad_length](CHECKS.md#esppad_length). Needs "
     "[keys](USING.md#keys).",
     "The sender's software, if the ICV is right; keys that differ, if nothing verifies."},
    {"Cisco IOS XE: `%IPSEC-3-REPLAY_ERROR: ... SPI 0xf0f`, and `anti-replay drop ... spi 3855/(0xf0f), ... seq_no=5, "
     "ar_highest=2554`",
     "`ipsec.spi == 3855 and ipsec.seq == 5`",
     "Refused by the replay window. `ar_highest` is `ipsec.seq.highest`, the difference `ipsec.seq.lag`.",
     "Whether the sender started over: `ipsec.seq.restart`."},
    {"Juniper SRX: `RT_IPSEC_REPLAY: Replay packet detected ... ESP, SPI 0xbd48845f, SEQ 0x347bb`",
     "`ipsec.spi == 0xbd48845f and ipsec.seq == 0x347bb`", "Refused by the replay window.", "See 402119."},
    {"Juniper SRX, `show security ipsec statistics`: `Bad headers`",
     "`ipsec.cause == 1 and not ipsec.icv.status == \"Good\"`",
     "Which faults count is not published. The filter shows malformed headers.", BSD_AT_SEND},
    {"Juniper SRX: `Bad trailers`", "`ipsec.cause == 1 and ipsec.icv.status == \"Good\"`",
     "Which faults count is not published. The filter shows malformed packets with a right ICV. Needs "
     "[keys](USING.md#keys).",
     "The sender's software: a retransmission would be the same."},
    {"FortiGate: `error_num=Invalid ESP packet detected (HMAC validation failed). spi=fe2b6574 seq=0000ba0d`",
     "`ipsec.spi == 0xfe2b6574 and ipsec.seq == 0xba0d`", "The ICV was wrong. Both values are hexadecimal, without 0x.",
     "Damage, keys. The NPU drops packets without a log line: use `ipsec.icv.status == \"Bad\"`."},
    {"FortiGate: `Invalid ESP packet detected (replayed packet). spi=... seq=...`",
     "`ipsec.spi == 0xfe2b6574 and ipsec.seq == 0xba0d`", "Refused by the replay window.", "See 402119."},
    {"FortiGate: `Received ESP packet with unknown SPI. spi=\"fe2b6574\"`", "`ipsec.spi == 0xfe2b6574`",
     "No SA with this SPI.", "A rekey or restart. Many SPIs from one source are a scan."},
    {"Palo Alto, `show counter global`: `flow_tunnel_ipsec_replay_err`",
     "`ipsec.replay.duplicate or ipsec.replay.old or ipsec.replay.conflict`",
     "Refused by the replay window; a counter names no packet.",
     "Set `ipsec.replay_window` to the firewall's (1024, say)."},
    {"Check Point: `decryption failure: Replay attack`, `Warning: possible replay attack`",
     "`ipsec.replay.duplicate or ipsec.replay.old or ipsec.replay.conflict`", "Refused by the replay window.",
     "Two members of a cluster that both send; reordering."},
    {"libreswan, pluto: `has no Non-ESP marker`",
     "`ipsec.natt.no_marker_ike or ipsec.natt.esp_too_short or ipsec.natt.truncated or ipsec.natt.not_esp`",
     "A datagram on port 4500 reached IKE without the non-ESP marker: IKE of a peer that leaves it out "
     "([natt.no_marker_ike](CHECKS.md#nattno_marker_ike)), something too short for ESP "
     "([natt.esp_too_short](CHECKS.md#nattesp_too_short), [natt.truncated](CHECKS.md#natttruncated)), or another "
     "protocol ([natt.not_esp](CHECKS.md#nattnot_esp)).",
     "NAT traversal and firmware of the peer; a scan of the port."},
    {"openconnect: `Received ESP packet with invalid HMAC`",
     "`ipsec.encapsulation == 1 and ipsec.icv.status == \"Bad\"`",
     "The ICV was wrong: " ICV_FINDINGS
     ". The line has neither SPI nor sequence number; `Parameters for incoming ESP: SPI ...` has the SPI.",
     "Keys of an older session after a reconnect; damage. Needs [keys](USING.md#keys)."},
    {"keepalived: `(VI_1) IPSEC-AH : sequence number 5 already processed. Packet dropped. Local(2554)`",
     "`ipsec.protocol == 51 and ipsec.seq == 5`",
     "AH of VRRP: the sequence number is not above `Local`, the last one of any sender; there is no window. See "
     "[replay.duplicate](CHECKS.md#replayduplicate) and [replay.old](CHECKS.md#replayold) if it is a copy or late, "
     "[seq.restart](CHECKS.md#seqrestart) if the sender started over.",
     "Whether two routers are both master, or one was restarted."},
    {"keepalived: `(VI_1) IPSEC-AH : invalid IPSEC HMAC-MD5 value. Due to fields mutation or bad password !`",
     "`ipsec.ah.by_daemon or ipsec.ah.icv`",
     "AH of VRRP: the ICV was wrong ([ah.icv](CHECKS.md#ahicv)). When keepalived sends to the group, its ICV covers "
     "the Time to Live, so a key row verifies nothing: [ah.by_daemon](CHECKS.md#ahby_daemon).",
     "`auth_pass` of both routers; another VRRP router that follows RFC 4302."},
    {0},
};

/* --- IKE --------------------------------------------------------------------------------------------- */

/* Texts of Microsoft's page on system errors. No document says which of them belongs to which notify: 13868 and
 * NO_PROPOSAL_CHOSEN appear together in public reports; the others mean the same in other words. */
const page_line ike_windows_lines[] = {
    {"13801 `ERROR_IPSEC_IKE_AUTH_FAIL`", "`ipsec.ike.windows_error == 13801`, `ipsec.ike.auth_failed`",
     "\"IKE authentication credentials are unacceptable.\" Without IKE keys, inferred from the length of the answer.",
     "Certificates (machine certificate, EKU, name) and pre-shared key; the log of the other side says which."},
    {"13802 `ERROR_IPSEC_IKE_ATTRIB_FAIL`", "`ipsec.ike.windows_error == 13802`, `ipsec.ike.no_proposal`",
     "\"IKE security attributes are unacceptable.\"", "The proposals of both ends."},
    {"13805 `ERROR_IPSEC_IKE_TIMED_OUT`", "`ipsec.ike.windows_error == 13805`, `ipsec.ike.no_answer`",
     "\"Negotiation timed out.\" Requests were repeated, or a fragment of one never arrived.",
     "Filters for UDP 500 and 4500; paths that drop the IP fragments of an IKE_AUTH with a certificate."},
    {"13813 `ERROR_IPSEC_IKE_DROP_NO_RESPONSE`", "`ipsec.ike.windows_error == 13813`",
     "\"No response from peer.\" The first request was repeated.",
     "Whether the peer is running, whether a filter drops UDP 500; ICMP errors at that time."},
    {"13821 `ERROR_IPSEC_IKE_SIMULTANEOUS_REKEY`", "`ipsec.ike.temporary_failure`",
     "\"Simultaneous rekeys were detected.\" Normal if another attempt succeeds.", "What follows within seconds."},
    {"13823 `ERROR_IPSEC_IKE_CRITICAL_PAYLOAD_NOT_RECOGNIZED`", "`ipsec.ike.windows_error == 13823`",
     "\"Don't know how to process critical payload.\"", "The message that it answers: `ipsec.ike.request`."},
    {"13825 `ERROR_IPSEC_IKE_NO_POLICY`, 13850 `ERROR_IPSEC_IKE_NO_MM_POLICY`", "`ipsec.ike.no_proposal`",
     "No policy is configured. Windows answers NO_PROPOSAL_CHOSEN, or nothing.",
     "Connection security rules of that host."},
    {"13826 `ERROR_IPSEC_IKE_INVALID_SIGNATURE`, 13870 `ERROR_IPSEC_IKE_INVALID_HASH`, 13889 "
     "`ERROR_IPSEC_IKE_INVALID_AUTH_PAYLOAD`",
     "`ipsec.ike.auth_failed`", "The proof of identity does not verify.", "Pre-shared key, certificates."},
    {"13829 to 13842 `ERROR_IPSEC_IKE_PROCESS_ERR_...`, 13843 `ERROR_IPSEC_IKE_INVALID_PAYLOAD`, 13824 "
     "`ERROR_IPSEC_IKE_INVALID_HEADER`",
     "`ipsec.ike.syntax`", "A payload could not be processed. Windows answers INVALID_SYNTAX.",
     "The software of both ends; a message that was damaged or cut."},
    {"13846 `ERROR_IPSEC_IKE_INVALID_COOKIE`", "`ipsec.ike.invalid_ike_spi`",
     "\"Invalid cookie received.\" The peer has no such IKE SA.", "A restart of one peer."},
    {"13862 `ERROR_IPSEC_IKE_UNKNOWN_DOI`, 13863 `ERROR_IPSEC_IKE_INVALID_SITUATION`, 13884 "
     "`ERROR_IPSEC_IKE_QM_LIMIT`, 13888 `ERROR_IPSEC_IKE_UNEXPECTED_MESSAGE_ID`, 13899 "
     "`ERROR_IPSEC_IKE_INNER_IP_ASSIGNMENT_FAILURE`, 13900 `ERROR_IPSEC_IKE_REQUIRE_CP_PAYLOAD_MISSING`, 13905 "
     "`ERROR_IPSEC_IKE_AUTHORIZATION_FAILURE`",
     "`ipsec.ike.peer_error`", "An error without a finding of its own; `ipsec.ike.notify` says which.",
     "The log of the side that sends it."},
    {"13864 `ERROR_IPSEC_IKE_DH_FAILURE`, 13865 `ERROR_IPSEC_IKE_INVALID_GROUP`",
     "`ipsec.ike.windows_error == 13865`, `ipsec.ike.invalid_ke`",
     "\"Invalid Diffie-Hellman group.\" Normal if it happens once.", "Key exchange groups of both ends."},
    {"13868 (0x362C) `ERROR_IPSEC_IKE_POLICY_MATCH`", "`ipsec.ike.windows_error == 13868`",
     "\"Policy match error.\" The proposals of IKE or of ESP do not match (NO_PROPOSAL_CHOSEN), or the selectors do "
     "not (TS_UNACCEPTABLE).",
     "Proposals of both ends; on Windows `Set-VpnConnectionIPsecConfiguration`."},
    {"13869 `ERROR_IPSEC_IKE_UNSUPPORTED_ID`", "`ipsec.ike.notify == 18`",
     "\"Unsupported ID.\" IKEv1: INVALID-ID-INFORMATION, about the peer, or about the selectors in Quick Mode.",
     "Identities and traffic selectors of both ends."},
    {"13880 `ERROR_IPSEC_IKE_INVALID_MAJOR_VERSION`", "`ipsec.ike.version`",
     "\"The recipient cannot handle version of IKE specified in the header.\"", "IKEv1 or IKEv2, on both ends."},
    {"13886 `ERROR_IPSEC_IKE_PEER_MM_ASSUMED_INVALID`", "`ipsec.ike.windows_error == 13886`",
     "The peer stopped responding on an established IKE SA.", "Whether it restarted; its address; NAT mappings."},
    {"13890 `ERROR_IPSEC_IKE_DOS_COOKIE_SENT`", "`ipsec.ike.cookie`",
     "\"Sent DoS cookie notify to initiator.\" Normal under load.", "How many initiators there are: a flood?"},
    {"Any code, in a notify of Windows' own (12345)", "`ipsec.ike.ms_status`",
     "The code itself, in `ipsec.ike.windows_error`.", "The code above; System event log, source RasClient or IKEEXT."},
    {0},
};

/* strongSwan: logs of the captures, and its source; libreswan: its source; Windows: the errors of RasDial. */
const page_line ike_log_lines[] = {
    {"strongSwan: `received NO_PROPOSAL_CHOSEN notify error`; its peer: `no proposal found`, `received proposals "
     "unacceptable`",
     "`ipsec.ike.no_proposal`", "No proposal for IKE is acceptable.",
     "Compare `configured proposals` with `received proposals` in the log of the peer."},
    {"strongSwan: `received NO_PROPOSAL_CHOSEN notify, no CHILD_SA built`, `failed to establish CHILD_SA, keeping "
     "IKE_SA`; its peer: `no acceptable proposal found`",
     "`ipsec.ike.child_refused or ipsec.ike.no_proposal`",
     "The IKE SA is up, but there is no ESP SA. Without IKE keys, inferred from the length of the answer.",
     "`esp_proposals` of both ends."},
    {"strongSwan: `received TS_UNACCEPTABLE notify, no CHILD_SA built`; its peer: `traffic selectors ... unacceptable`",
     "`ipsec.ike.ts_unacceptable or ipsec.ike.child_refused`", "The traffic selectors do not match.",
     "`local_ts` and `remote_ts` of both ends, which must mirror each other."},
    {"strongSwan: `received AUTHENTICATION_FAILED notify error`; its peer: `tried 1 shared key for ..., but MAC "
     "mismatched`, `no matching peer config found`",
     "`ipsec.ike.auth_failed`", "Wrong key, or an identity unknown to the peer.", "Secrets and ids of both ends."},
    {"strongSwan: `retransmit 3 of request with message ID 0`, `giving up after 5 retransmits`, `establishing IKE_SA "
     "failed, peer not responding`",
     "`ipsec.ike.no_answer or ipsec.ike.fragment_lost`", "Nothing came back.", "ICMP errors, filters, the peer's log."},
    {"strongSwan: `peer didn't accept key exchange method ..., it requested ...`", "`ipsec.ike.invalid_ke`",
     "The peer wants another key exchange group. Normal.", "The order of the groups, to save a round trip."},
    {"strongSwan: `local host is behind NAT`, `remote host is behind NAT`", "`ipsec.ike.nat`",
     "On which side the NAT is, or that encapsulation was forced.", "Whether ESP uses UDP 4500 from then on."},
    {"libreswan: `dropping unexpected IKE_SA_INIT message containing NO_PROPOSAL_CHOSEN notification`",
     "`ipsec.ike.no_proposal`", "No proposal for IKE is acceptable.", "`ike=` of both ends."},
    {"libreswan: `IKE_AUTH response contained the error notification AUTHENTICATION_FAILED`, or another name",
     "`ipsec.ike.auth_failed or ipsec.ike.child_refused`", "The peer refused in IKE_AUTH.",
     "Secrets and ids; for TS_UNACCEPTABLE the subnets; for NO_PROPOSAL_CHOSEN `esp=`."},
    {"libreswan: `60 second timeout exceeded after 7 retransmits. No response (or no acceptable response) to our first "
     "IKEv2 message`",
     "`ipsec.ike.no_answer or ipsec.ike.no_proposal`", "Nothing came back, or a refusal that libreswan does not trust.",
     "ICMP errors, filters; proposals."},
    {"libreswan: `Possible authentication failure: no acceptable response to our first encrypted message`",
     "`ipsec.ike.auth_failed or ipsec.ike.no_answer`", "Message 5 of Main Mode, or IKE_AUTH, had no acceptable answer.",
     "Pre-shared key and ids."},
    {"libreswan: `No acceptable response to our first Quick Mode message: perhaps peer likes no proposal`",
     "`ipsec.ike.child_refused`", "Quick Mode was refused.", "`phase2alg=` and subnets of both ends."},
    {"Windows (RasDial): 809", "`ipsec.ike.no_answer or ipsec.ike.fragment_lost`", "The server does not respond.",
     "Whether UDP 500 and 4500 get through; NAT in front of the server."},
    {"Windows (RasDial): 13801, 13806", "`ipsec.ike.auth_failed`", "Authentication failed on one side.",
     "Certificates; the policy of the server."},
    {"Windows (RasDial): 13868", "`ipsec.ike.no_proposal or ipsec.ike.ts_unacceptable or ipsec.ike.child_refused`",
     "Policy match error.", "Proposals of both ends."},
    {"Any log that names `INVALID_SPI`", "`ipsec.ike.invalid_spi`",
     "One side has no SA with the SPI that the other sends on. If it is not encrypted, it is only a hint.",
     "`ipsec.spi == 0x...`: when did this SA begin, and did a peer restart?"},
    {0},
};
