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
     "`ipsec.windows.error >= 13910 and ipsec.windows.error <= 13912`, `ipsec.advice contains \"step: Operation "
     "context\"`",
     "Does the receiver have an SA for the packet, with the right mode, encapsulation and direction? If not, the code "
     "is 13910 to 13912. These often come with a 13914 when a peer restarts or rekeys.",
     "Filter `isakmp` and look at the seconds before: did a peer rekey, delete the SA or restart? Check that the SPI "
     "of the event is in the capture at all."},
    {"2. Parameters", "`ipsec.advice contains \"step: Parameters\"`",
     "Do both peers agree on algorithms, ICV length and ESN? If the ICV lengths differ, the receiver looks for the "
     "trailer in the wrong place.",
     "Compare the IKE proposals or the manual settings of both peers. With [keys](USING.md#keys), the advice says what "
     "would verify."},
    {"3. Object type", "`ipsec.windows.error == 13914 and ipsec.advice contains \"step: Object type\"`",
     "Are the IPv4, IPv6 and IPsec headers and the trailer valid? This is what the text of 13914 is about. Headers can "
     "be judged without keys, trailers (padding, pad length, next header, inner packet) only with them.",
     "Compare the marked octets with a capture at the sender. If they are the same there, the sender built the packet "
     "this way; if not, the path changed it."},
    {"4. Input data", "`ipsec.icv.status == \"Bad\"`, `ipsec.advice contains \"step: Input data\"`",
     "Are ICV, IV and sequence number right? A wrong ICV alone is 13915, a repeated sequence number 13913.",
     "Check for link errors, offload engines and middleboxes, then for replays. The advice says whether it may be an "
     "attack."},
    {"5. Limits", "`ipsec.advice contains \"step: Limits\"`, `ipsec.seq.lag >= 64`",
     "Is the lifetime over (13911)? Are the sequence numbers used up? Did the packet miss the replay window?",
     "Check when the SA was set up and how much it carried, and look for reordering on the path."},
    {0},
};

const report_note windows_notes[] = {
    {"13910", NULL, "The SPI belongs to no SA of the receiver.",
     "Filter `isakmp` and look at the seconds before: did a peer rekey or restart? Also look for SPI 0, and for IKE on "
     "port 4500 without its non-ESP marker. Many SPIs from one source are a scan."},
    {"13911", NULL, "The SA had reached the end of its lifetime.",
     "Check when IKE last rekeyed, and whether rekeying failed."},
    {"13912", NULL,
     "The packet does not match its SA: other protocol, mode or encapsulation, or traffic that was not negotiated.",
     "Compare traffic selectors, mode, and NAT traversal of both peers."},
    {"13913", NULL, "The sequence number was seen before, or is older than the replay window.",
     "Look at `ipsec.seq.first_seen` (a loop or a replay) and `ipsec.seq.lag` (reordering by QoS or several paths)."},
    {"13914", NULL,
     "\"IPsec header and/or trailer in the packet is invalid.\" [Step by step](#13914-step-by-step) above.",
     "If the header is valid, get the keys: the trailer can be judged only with them."},
    {"13915", NULL, "The ICV is wrong.",
     "Look for NAT in front of AH, and for a link or offload engine that damages packets. If all packets of the SA "
     "fail, compare keys and ESN."},
    {"13916", NULL,
     "A cleartext packet arrived although policy requires IPsec. It has no IPsec header to judge; the filter shows "
     "what "
     "else runs between the hosts.",
     "Compare the policies of both peers, and check whether the sender lost its SA. The packet may be spoofed."},
    {"13917", NULL, "An inbound ESP packet in authenticated firewall mode was dropped. Microsoft calls it benign.",
     "Nothing to check."},
    {"13918", NULL, "Throttled: too many packets at once, as in a flood. No single packet is at fault.",
     "Check the rate by source in Statistics > I/O Graphs. It may be an attack."},
    {0},
};

const windows_elsewhere elsewhere[] = {
    {13916, "(ip or ipv6) and not ipsec and not isakmp"},
    {13917, "ipsec.protocol == 50"},
    {13918, "ipsec or isakmp"},
    {0, NULL},
};

const dosp_error dosp_errors[] = {
    {13925, 0xC0368000, "BLOCK", "ipsec or isakmp", "An explicit block rule matched.",
     "Check the rules of the gateway."},
    {13926, 0xC0368001, "RECEIVED_MULTICAST", "(ipsec or isakmp) and (ip.dst == 224.0.0.0/4 or ipv6.dst == ff00::/8)",
     "An IPsec packet to a multicast address, which is not allowed.", "Check who sends it."},
    {13927, 0xC0368002, "INVALID_PACKET", "ipsec.verdict >= 3 and ipsec.cause == 1",
     "\"Received an incorrectly formatted packet\". Often confused with 13914, which comes from the receiver's IPsec. "
     "This one comes from the DoS Protection in front of it, which has no keys and can only check headers. Which "
     "faults count is not published; the filter shows malformed packets.",
     "Compare with a capture at the sender. It may be an attack."},
    {13928, 0xC0368003, "STATE_LOOKUP_FAILED", "ipsec",
     "No state for the packet: the gateway saw no negotiation before it.",
     "Check whether IKE took another path, or the gateway restarted."},
    {13929, 0xC0368004, "MAX_ENTRIES", "isakmp", "The maximum number of states that policy allows was reached.",
     "Check the number of peers, and look for negotiations that never end. It may be an attack."},
    {13930, 0xC0368005, "KEYMOD_NOT_ALLOWED", "isakmp",
     "A negotiation with a keying module (IKEv1, AuthIP, IKEv2) that policy does not allow.",
     "Check the IKE version that the peer offers."},
    {13931, 0, "NOT_INSTALLED", NULL,
     "IPsec DoS Protection is not enabled. This answers a command and is about no packet.", "Nothing to check."},
    {13932, 0xC0368006, "MAX_PER_IP_RATELIMIT_QUEUES", "isakmp",
     "The maximum number of rate limit queues that policy allows was reached.",
     "Check the number of internal hosts; it may be a scan."},
    {0},
};

const page_line windows_events[] = {
    {"4960: dropped an inbound packet that failed an integrity check", "`ipsec.windows.event == 4960`", "Like 13915.",
     "Compare what was sent with what was received (Microsoft's advice)."},
    {"4961: failed a replay check", "`ipsec.windows.event == 4961`", "Like 13913: the sequence number was seen before.",
     "Double-click `ipsec.seq.first_seen` and compare the two packets: if they are the same, look for a loop or an "
     "attacker, else for two senders on one SA (cluster, restored snapshot). If the field is missing, the sequence "
     "number was 0 (`ipsec.seq.zero`)."},
    {"4962: failed a replay check, too low a sequence number to ensure it was not a replay",
     "`ipsec.windows.event == 4962`", "Like 13913: older than the replay window.",
     "Look for what delays packets (QoS, several paths). A window of `ipsec.seq.lag` + 1 packets would have accepted "
     "this one. If the lag is 0, the sequence number had wrapped (`ipsec.seq.wrap`)."},
    {"4963: dropped an inbound clear text packet that should have been secured",
     "`(ip or ipv6) and not ipsec and not isakmp`", "Like 13916: no IPsec packet.",
     "Check the policy of the sender: Microsoft says that it usually changed without the receiver's knowledge. The "
     "packet may be spoofed."},
    {"4965: received a packet with an incorrect SPI", "`ipsec.windows.event == 4965`", "Like 13910.",
     "Look for a rekey or restart. Microsoft also names hardware that damages packets."},
    {"4652, 4653: an IPsec Main Mode negotiation failed", "`ipsec.finding contains \"ike.\" and ipsec.analysis.flags`",
     "IKE set up no IKE SA. The event has both addresses and ports, the cookies (SPIs of the IKE SA) and a failure "
     "reason "
     "in words, such as \"Negotiation timed out\" (13805).",
     "Find the attempt in Statistics > IPsec IKE by address and time, then look up its error under [Windows: "
     "IKE](#windows-ike-13801-to-13909)."},
    {"4654: an IPsec Quick Mode negotiation failed",
     "`ipsec.ike.no_proposal or ipsec.ike.ts_unacceptable or ipsec.ike.child_refused`",
     "The IKE SA exists, but IKE set up no SA for ESP or AH.",
     "Compare the proposals and traffic selectors of both peers."},
    {"4983, 4984: an IPsec Extended Mode negotiation failed", "`isakmp`",
     "The second authentication, which only AuthIP has, failed, and Windows deleted the IKE SA. The plugin does not "
     "judge it.",
     "Read the failure reason in the event, and look at the packets at that time."},
    {"5478, 5479, 5480, 5483, 5484, 5485", "-", "IPsec Services started, stopped or failed. This is about no packet.",
     "Read the event itself."},
    {"4283 (Windows 2000 and XP, source IPSec): bad SPI received", "`ipsec.windows.error == 13910`",
     "Like 13910, judging by the old message number.", "See 4965."},
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
     "Microsoft names no counter for 13914. The help text for this one says that a packet \"might not be decrypted if "
     "it fails a validation check\", so it is the most likely one.",
     "See 13914."},
    {"Packets That Failed ESP Validation", "`ipsec.windows.error == 13914 and ipsec.protocol == 50`",
     "Probably 13914 too, for ESP only.", "See 13914."},
    {"Packets That Failed UDP-ESP Validation, `udpEspValidationFailuresOnInbound`",
     "`ipsec.encapsulation == 1 and ipsec.verdict >= 3`",
     "A fault in ESP over UDP (NAT traversal); no error code is published for it.",
     "Compare the NAT traversal settings of both peers; check the port, and short payloads on port 4500."},
    {"Plaintext Packets Received, `invalidClearTextInbound`", "`(ip or ipv6) and not ipsec and not isakmp`",
     "The first counts cleartext packets, the second those that should have been secured.", "See 13916."},
    {"`saNotInitializedOnInbound`", "`isakmp`", "A packet arrived on an SA that was not ready yet.",
     "Check how soon the first packet came after the last IKE message."},
    {"`secureReceivesNotMatchingFilters`", "`ipsec.windows.error == 13912`",
     "The packet was secured, but matches no filter. Probably 13912.",
     "Compare the traffic selectors and filters of both peers."},
    {0},
};

/* --- Linux -------------------------------------------------------------------------------------------- */

const report_note linux_notes[] = {
    {"XfrmInError", NULL, "Out of memory, no route for the inner packet, or a problem in a queue.",
     "Check the kernel's log, memory and routes."},
    {"XfrmInBufferError", NULL, "More than six nested transforms, or a network card that failed to decrypt.",
     "Turn offload off: `ethtool -K DEV esp-hw-offload off`."},
    {"XfrmInHdrError", NULL, "The packet is shorter than the fixed part of its header: 8 octets for ESP, 12 for AH.",
     "Capture at the sender: was the packet truncated on the path?"},
    {"XfrmInNoStates", NULL,
     "No SA for this destination, SPI and protocol. SPI 0 and IKE without its marker are counted here too.",
     "Run `ip xfrm state`: is the SPI there? Look for a rekey or restart of one peer; check marks and network "
     "namespaces."},
    {"XfrmInStateProtoError", NULL,
     "The transform failed: a wrong ICV, or a length, padding or dummy packet that it refuses. With ESN, also a "
     "sequence number older than the window, because it is taken for one of the next 2^32.",
     "Run `ip -s xfrm state`: if the SA's `failed` also went up, the ICV was wrong; otherwise the structure was."},
    {"XfrmInStateModeError", NULL, "The decrypted packet does not match the mode of the SA.",
     "Check that both peers use the same mode (tunnel or transport)."},
    {"XfrmInStateSeqError", NULL,
     "The sequence number was seen before or, without ESN, is older than the replay window.",
     "Look at the SA's `replay` (seen) and `replay-window` (too old) and at `ipsec.seq.lag`; look for reordering by "
     "QoS or several queues."},
    {"XfrmInStateExpired", NULL, "A hard limit of the SA's lifetime was reached.",
     "Check why it was not rekeyed in time."},
    {"XfrmInStateMismatch", NULL,
     "Encapsulation (UDP or not) differs from the SA's, or the packet is outside the SA's selector.",
     "Check `encap` and `sel` in `ip xfrm state`, and NAT detection."},
    {"XfrmInStateInvalid", NULL, "The SA exists, but is being deleted.", "Look for a rekey or delete just before."},
    {"XfrmInTmplMismatch", NULL, "Decrypted successfully, but the policy requires another SA or template.",
     "Check `ip xfrm policy`: templates, reqid, direction `fwd`."},
    {"XfrmInNoPols", NULL, "Decrypted successfully, but no policy allows it.",
     "Check `ip xfrm policy`, directions `in` and `fwd`."},
    {"XfrmInPolBlock", NULL, "A policy blocks it.", "Check `ip xfrm policy`."},
    {"XfrmInPolError", NULL, "The lookup of the policy failed.", "Read the kernel's log."},
    {"XfrmAcquireError", NULL, "The SA is not complete yet: IKE has not finished.", "Check whether IKE finishes."},
    {"XfrmFwdHdrError", NULL, "The decrypted packet must not be forwarded.", "Check forwarding and routes."},
    {"XfrmInStateDirError", NULL, "The SA is for sending only (newer kernels).", "Check `dir` in `ip xfrm state`."},
    {"XfrmInIptfsError", NULL, "An aggregated payload (IP-TFS) could not be reassembled (newer kernels).",
     "Look for lost packets: `ipsec.seq.skipped`."},
    {"XfrmOut...", NULL, "These count packets that were never sent.",
     "Check policies, SAs and memory of the host itself."},
    {0},
};

const page_line linux_sa_lines[] = {
    {"`replay-window` above 0 under `stats:`", "`ipsec.linux.sa_counter == \"replay-window\"`",
     "Older than the window.", "Look for reordering, or set a larger window (`replay-window`)."},
    {"`replay` above 0", "`ipsec.linux.sa_counter == \"replay\"`", "Seen before.",
     "Look at `ipsec.seq.first_seen`: it is a loop or a replay."},
    {"`failed` above 0", "`ipsec.linux.sa_counter == \"failed\"`",
     "The ICV was wrong. Length and padding faults count only in XfrmInStateProtoError.",
     "Look for damage on the path, wrong keys, ESN with a small window, or an attack."},
    {0},
};

const page_line linux_other_lines[] = {
    {"`IpInUnknownProtos` (`nstat -az`, `netstat -s`)",
     "`ipsec.icmp.protocol_unreachable`, `ip.proto == 50 or ip.proto == 51`",
     "The host does not support ESP or AH at all (`esp4`, `ah4` are not loaded). No xfrm counter increments, and it "
     "may answer "
     "with ICMP \"protocol unreachable\".",
     "Run `lsmod`, and check whether IPsec is set up on this host."},
    {"`Ip6InUnknownProtos`", "`ipsec.icmp.protocol_unreachable`, `ipv6.nxt == 50 or ipv6.nxt == 51`",
     "The same in IPv6 (`esp6`, `ah6`); the answer is ICMPv6 \"unrecognized next header\".",
     "Run `lsmod`, and check whether IPsec is set up on this host."},
    {"mlx5, `ethtool -S`: `ipsec_dec_auth_fail_packets`", "`ipsec.icv.status == \"Bad\"`",
     "The card that decrypts found the ICV wrong: [esp.icv](CHECKS.md#espicv). The xfrm counters may not increment.",
     "Look for damage, wrong keys, and packets that the card passes on unchanged. Needs [keys](USING.md#keys)."},
    {"mlx5, `ethtool -S`: `ipsec_dec_drop_packets`", "`ipsec.protocol == 50 and ipsec.verdict >= 3`",
     "The card discarded packets that it should have decrypted; the reasons are not published.",
     "Turn offload off (`ethtool -K DEV esp-hw-offload off`), then look at the xfrm counters."},
    {0},
};

const page_line linux_audit_lines[] = {
    {"`op=SA-notfound`, `spi=3221225482(0xc000000a) seqno=1`", "`ipsec.spi == 0xc000000a and ipsec.seq == 1`",
     "No SA: XfrmInNoStates.", "Look for the SPI in `ip xfrm state`."},
    {"`op=SA-replayed-pkt`", "`ipsec.linux.counter == \"XfrmInStateSeqError\"`", "Refused by the replay window.",
     "Look at `ipsec.seq.lag` and `ipsec.seq.first_seen`."},
    {"`op=SA-icv-failure`", "`ipsec.icv.status == \"Bad\"`", "The ICV was wrong.", "See `failed` above."},
    {"`op=SA-replay-overflow`", "`ipsec.seq.wrap`", "The sender has used up its sequence numbers.",
     "Check rekeying by volume."},
    {0},
};

/* --- the BSDs ------------------------------------------------------------------------------------------ */

#define BSD_HDROPS   "The packet, or its inner packet, is shorter than its header."
#define BSD_NOTDB    "No SA for this destination, SPI and protocol."
#define BSD_REPLAY   "The sequence number was seen before, or is older than the replay window."
#define BSD_AT_SEND  "Capture at the sender: was the packet truncated or modified on the path?"
#define BSD_LOOK_SA  "Check `setkey -D`, and look for a rekey or restart of one peer."
#define OBSD_LOOK_SA "Check `ipsecctl -sa`, and look for a rekey or restart of one peer."
#define BSD_LAG      "Look at `ipsec.seq.lag` (reordering) and `ipsec.seq.first_seen` (a loop or a replay)."
#define BSD_ICV      "Look for damage on the path, keys that differ, or an attack; with AH, also for NAT."

const report_note freebsd_notes[] = {
    {"esps_hdrops", "packets shorter than header shows", BSD_HDROPS, BSD_AT_SEND},
    {"esps_badilen", "packets dropped; bad ilen",
     "The length is not a multiple of 4 or of the cipher's block, or the pad length is too long.", BSD_AT_SEND},
    {"esps_notdb", "packets dropped; no TDB",
     BSD_NOTDB " In UDP, also if source or destination port differs from the SA's.", BSD_LOOK_SA},
    {"esps_badauth", "packets dropped; bad authentication detected", "The ICV was wrong.", BSD_ICV},
    {"esps_badenc", "packets dropped; bad encryption detected", "The last octet of the padding is not the pad length.",
     "Check how the sender pads: 1, 2, 3, ... is right."},
    {"esps_nopf", "packets dropped; protocol family not supported",
     "The inner packet of a tunnel over IPv4 is neither IPv4 nor IPv6. Over IPv6, no counter increments.",
     "Check that both peers use the same mode (tunnel or transport)."},
    {"esps_replay", "possible replay packets detected",
     BSD_REPLAY " Also a sequence number close to 2^32 while the SA is new (highest below the window).", BSD_LAG},
    {"esps_wrap", "replay counter wraps",
     "Older than the window, after a 32-bit counter wrapped. `esps_replay` always increments as well. Not used in "
     "12.1.",
     "Check rekeying by volume on the sender."},
    {"ips_in_polvio", "inbound packets violated process security policy (in `netstat -sp ipsec`)",
     "Decrypted successfully, but policy refuses it.",
     "Check `setkey -DP`, and compare the traffic selectors of both peers."},
    {"ahs_hdrops", "packets shorter than header shows", BSD_HDROPS, BSD_AT_SEND},
    {"ahs_badauthl", "packets dropped; bad authentication length",
     "The length of the AH differs from what the SA's ICV requires.",
     "Check algorithm and padding: Linux pads AH to 8 octets in IPv4 too, unless `flag align4` is set. Such packets do "
     "not "
     "move the window, so a repeated one counts here again."},
    {"ahs_notdb", "packets dropped; no TDB", BSD_NOTDB, BSD_LOOK_SA},
    {"ahs_nopf", "packets dropped; protocol family not supported",
     "The inner packet of a tunnel over IPv4 is neither IPv4 nor IPv6. Over IPv6, no counter increments.",
     "Check that both peers use the same mode (tunnel or transport)."},
    {"ahs_badauth", "packets dropped; bad authentication detected",
     "The ICV was wrong, or there are mutable IPv6 options in front, which FreeBSD zeroes entirely.", BSD_ICV},
    {"ahs_replay", "possible replay packets detected", BSD_REPLAY, BSD_LAG},
    {"ahs_wrap", "replay counter wraps",
     "Older than the window, after a 32-bit counter wrapped. `ahs_replay` increments as well.",
     "Check rekeying by volume on the sender."},
    {"esps_noxform", "packets dropped; no transform",
     "12.1 counts a wrong ICV of AES-GCM here instead of in `esps_badauth`.", BSD_ICV},
    {"..._invalid, ..._badkcr, ..._tunnel, ..._crypto, ..._qfull, ..._toobig, ..._pdrops", NULL,
     "For ESP and AH. None of these was seen to increment for received packets.",
     "Check memory, and the kernel's log."},
    {0},
};

const report_note openbsd_notes[] = {
    {"esps_hdrops", "packets shorter than header shows", BSD_HDROPS, BSD_AT_SEND},
    {"esps_badilen", "packets with bad payload size or padding received",
     "The length is not a multiple of the cipher's block, or the pad length is too long.", BSD_AT_SEND},
    {"esps_notdb", "packets for which no TDB was found", BSD_NOTDB, OBSD_LOOK_SA},
    {"esps_udpneeded", NULL, "ESP arrived without UDP, but its SA uses UDP.", "Check NAT detection on both peers."},
    {"esps_udpinval", "UDP packets for non-encapsulating TDB received",
     "ESP arrived in UDP, but its SA does not use UDP.", "Check NAT detection on both peers."},
    {"esps_badauth", "packets that failed verification received", "The ICV was wrong.", BSD_ICV},
    {"esps_badenc", "packets with bad encryption received", "The last octet of the padding is not the pad length.",
     "Check how the sender pads: 1, 2, 3, ... is right."},
    {"esps_wrap", "packets where counter wrapping was detected", "Sequence number 0, or a counter at its end.",
     "Look for a sender that starts at 0; check rekeying by volume."},
    {"esps_replay", "possibly replayed packets received", BSD_REPLAY, BSD_LAG},
    {"ahs_hdrops", "packets shorter than header shows", BSD_HDROPS, BSD_AT_SEND},
    {"ahs_badauthl", "packets with bad authenticator length received",
     "The length of the AH differs from what the SA's ICV requires.",
     "Check algorithm and padding: OpenBSD neither adds nor accepts padding to 8 octets."},
    {"ahs_notdb", "packets for which no TDB was found", BSD_NOTDB, OBSD_LOOK_SA},
    {"ahs_badauth", "packets that failed verification received", "The ICV was wrong.", BSD_ICV},
    {"ahs_wrap", "packets where counter wrapping was detected", "Sequence number 0, or a counter at its end.",
     "Look for a sender that starts at 0; check rekeying by volume."},
    {"ahs_replay", "possibly replayed packets received", BSD_REPLAY, BSD_LAG},
    {"ipsec_exctdb", NULL, "A hard limit of the SA's lifetime was reached.", "Check why it was not rekeyed in time."},
    {0},
};

/* --- VPP and strongSwan --------------------------------------------------------------------------------- */

const report_note vpp_notes[] = {
    {"too_short", "`Too Short`, node `ipsec4-tun-input`",
     "The packet is shorter than an ESP header, or an empty datagram.", BSD_AT_SEND},
    {"runt", "`undersized packet`",
     "The packet is too short for the IV and ICV of its SA. VPP does not require room for a trailer.", BSD_AT_SEND},
    {"no_tunnel", "`no matching tunnel`, node `ipsec4-tun-input`",
     "No tunnel or SA for this SPI and source address. SPI 0 and IKE without a listener are counted here too.",
     "Check `show ipsec sa`; look for a rekey or restart of one peer, for a NAT, or for a peer that moved."},
    {"integ_error", "`integrity check failed`, of AH `Integrity check failed`",
     "The ICV of an HMAC, or of AH, was wrong. Contrary to RFC 4302, VPP includes DF and the reserved flag of IPv4 in "
     "the ICV of AH. It also treats octets after the IP packet as part of it.",
     BSD_ICV " With AH, also DF, and short frames that a link pads."},
    {"decryption_failed", "`ESP decryption failed`",
     "The ICV of a combined mode algorithm (such as GCM) was wrong. For AH: a tunnel without an IP packet inside.",
     BSD_ICV},
    {"replay", "`SA replayed packet`", BSD_REPLAY " Sequence number 0 is always refused.", BSD_LAG},
    {"no_tail_space", "`no enough buffer tail space (droppe`",
     "Despite its name, a check of lengths: the pad length exceeds the packet or, in a tunnel, inner packet and "
     "padding together do.",
     "Check the sender's software: a retransmission would be the same."},
    {"unsup_payload", "`unsupported payload`",
     "VPP has no node for this next header. Dummy packets (59) are counted here too, and are legal. In tunnels only.",
     "Check that both peers use the same mode (tunnel or transport)."},
    {"tun_no_proto", "`no tunnel protocol`", "The inner addresses are not those of the protected tunnel.",
     "Compare the traffic selectors of both peers."},
    {"nat_keepalive", "`NAT Keepalive`, severity info", "A keepalive arrived; this is no fault.", "Nothing to check."},
    {"drop_fragments", "`IP fragments drop`", "AH in an IPv4 fragment, which VPP does not reassemble.",
     "Check the MTU on the path, and `set interface reassembly`."},
    {"IPSec policy not matched", "node `ipsec4-input-feature`",
     "No policy for SPI, source and destination. This applies to AH and transport SAs, and no ESP or AH counter "
     "increments. "
     "For IPv6 there is no counter at all.",
     "Check `show ipsec spd`, and the source address."},
    {"spi_0", "`SPI 0`", "Exists in the API only; SPI 0 counts as `no_tunnel`.", "Nothing to check."},
    {"tunnel_mismatch", "`SPI-tunnel mismatch`", "Exists in the API only; nothing in the source counts it.",
     "Nothing to check."},
    {0},
};

const report_note strongswan_notes[] = {
    {"received packet is too short", "group `net`, level 3", "A datagram of fewer than 4 octets.", BSD_AT_SEND},
    {"failed to parse ESP header: invalid length", NULL, "The packet is shorter than an ESP header.", BSD_AT_SEND},
    {"inbound ESP packet does not belong to an installed SA", "level 2", "No SA with this SPI.",
     "Check `swanctl --list-sas`, and look for a rekey or restart of one peer."},
    {"ESP decryption failed: invalid length", NULL,
     "No room for the IV and ICV of the SA, or no whole number of cipher blocks between them.", BSD_AT_SEND},
    {"ESP sequence number verification failed", "with addresses, SPI and sequence number", BSD_REPLAY, BSD_LAG},
    {"ESP decryption or ICV verification failed", "in old versions \"ICV verification failed!\"", "The ICV was wrong.",
     BSD_ICV},
    {"parsing ESP payload failed: invalid length", NULL, "The ICV was right, but there is no trailer.",
     "Check the sender's software: a retransmission would be the same."},
    {"parsing ESP payload failed: invalid padding", NULL,
     "The padding is not 1, 2, 3, ..., or is longer than the packet. libipsec checks every octet of it.",
     "Check the sender's software: a retransmission would be the same."},
    {"parsing ESP payload failed: unsupported payload",
     "preceded by what is too short, or by \"unsupported IP version\"",
     "No IP packet inside, or one that ends inside its IP, UDP or TCP header. Dummy packets are reported here too, and "
     "are legal. An IP packet with a next header other than 4 and 41 is discarded without a log line.",
     "Check that both peers use the same mode (tunnel or transport)."},
    {"discarding inbound IP packet", "with the inner addresses, \"due to policy\"",
     "Inner addresses outside the traffic selectors.", "Compare the traffic selectors of both peers."},
    {"received invalid IKE header", "group `net`", "There is no IKE after the non-ESP marker.", BSD_AT_SEND},
    {"received unsupported IKE version", "group `net`", "The packet was read as IKE, but is not IKE.",
     "Look for IKE with two markers, and for ESP on port 500."},
    {0},
};

/* --- ICMP errors that quote IPsec ------------------------------------------------------------------------- */

const page_line icmp_lines[] = {
    {"`ping -M do`: `local error: message too long, mtu=1246`", "`ipsec.icmp.too_big`",
     "The largest inner packet that fits: an ICMP error had reported a path MTU to the gateway or host "
     "([icmp.too_big](CHECKS.md#icmptoo_big)). With AES-GCM in a tunnel, 1246 fits a path MTU of 1300.",
     "Look at `ipsec.icmp.mtu`, the inner MTU in `ipsec.advice`, and who reports it (`ip.src`)."},
    {"Linux, `ip route get PEER`: `cache expires 597sec mtu 1300`", "`ipsec.sa.mtu`, `ipsec.sa.above_mtu`",
     "The route uses the path MTU of an ICMP error for 600 seconds. No xfrm counter increments, not even XfrmOutError: "
     "a sender "
     "of larger packets gets EMSGSIZE or an ICMP error.",
     "Check whether the sender still exceeds it: [sa.above_mtu](CHECKS.md#saabove_mtu). Clamp the MSS, or lower the "
     "tunnel MTU."},
    {"Linux, the same command: `mtu lock 552`", "`ipsec.icmp.too_big_ignored and ipsec.icmp.mtu < 552`",
     "An MTU below 552, or 0, was reported, and Linux locks the route at 552 (`min_pmtu`), so the tunnel is slow. "
     "OpenBSD ignores values below 296, Linux in IPv6 those below 1280.",
     "Check who sends it: an old router, or an attacker?"},
    {"Linux, old kernels, dmesg: `pmtu discovery on SA ESP/c1000007/c0000201`",
     "`ipsec.icmp.error == \"too_big\" and ipsec.spi == 0xc1000007`",
     "The path MTU of an ICMP error was applied to the SA with this SPI and destination (192.0.2.1), both in "
     "hexadecimal.",
     "See above."},
    {"Linux, `nstat -az`: `IcmpInErrors`", "`ipsec.icmp.too_big_ignored and icmp.checksum.status == \"Bad\"`",
     "The ICMP error was ignored: its checksum is wrong, or it quotes fewer than 8 octets.",
     "Check the device that sends or changes it."},
    {"Cisco ASA: `%ASA-6-602103: IPSEC: Received an ICMP Destination Unreachable from ... with suggested PMTU of 1300; "
     "PMTU updated for SA with peer ..., SPI 0xBD48845F`",
     "`ipsec.icmp.error == \"too_big\" and ipsec.spi == 0xbd48845f`",
     "The path MTU was applied to the SA. Values below 256 count as 256; 0 lowers the path MTU by 256.", "See above."},
    {"Cisco ASA: `602104`, `... PMTU is unchanged because suggested PMTU of 1500 is equal to or greater than ...`",
     "`ipsec.icmp.mtu >= 1500`", "It changes nothing; it is often about packets that were already in transit.",
     "Check whether the reported MTU is smaller than the quoted packet at all: "
     "[icmp.too_big_ignored](CHECKS.md#icmptoo_big_ignored)."},
    {"libreswan, pluto: `ERROR: asynchronous network error report on ... Connection refused [errno 111, origin ICMP "
     "type 3 code 3 (not authenticated)]`",
     "`ipsec.icmp.port_unreachable`",
     "Nobody listens on the peer's port 500 or 4500. Code 1 is `ipsec.icmp.unreachable`; 9, 10 and 13 are "
     "`ipsec.icmp.prohibited`. Anybody can send such an error.",
     "Check the peer's IKE daemon, and firewalls in front of it."},
    {0},
};

/* --- a log line with SPI and sequence number ------------------------------------------------------------- */

#define ICV_FINDINGS                                                                                                   \
    "[esp.icv](CHECKS.md#espicv), [ah.icv](CHECKS.md#ahicv), or [key.wrong](CHECKS.md#keywrong) if no packet of the "  \
    "SA verifies"
#define ICV_CHECK "Look for damage, wrong keys, or an attack. Needs [keys](USING.md#keys)."

const page_line vendor_lines[] = {
    {"Cisco ASA: `%ASA-4-402119: IPSEC: Received an ESP packet (SPI= 0xBD48845F, sequence number= 0x347BB) ... that "
     "failed anti-replay checking`",
     "`ipsec.spi == 0xbd48845f and ipsec.seq == 0x347bb`", "Refused by the replay window.",
     "Look at `ipsec.seq.lag` and `ipsec.seq.first_seen`: it is reordering (QoS), fragments, or a replay."},
    {"Cisco ASA: `402120`, `... that failed authentication`",
     "`ipsec.spi == 0xbd48845f and ipsec.icv.status == \"Bad\"`", "The ICV was wrong.", ICV_CHECK},
    {"Cisco ASA: `402114`, `... with an invalid SPI`; Cisco IOS: `%CRYPTO-4-RECVD_PKT_INV_SPI: ... spi=0xBD48845F`",
     "`ipsec.spi == 0xbd48845f`", "No SA with this SPI.",
     "Find the first and last frame of the SPI, and look for a rekey between them."},
    {"Cisco ASA: `402116`, `... doesn't match the negotiated policy in the SA`", "`ipsec.esp.selector`",
     "Traffic outside the SA's selector.", "Compare the crypto ACLs of both peers."},
    {"Cisco IOS: `%CRYPTO-4-PKT_REPLAY_ERR: decrypt: replay check failed connection id=..., sequence number=5`",
     "`ipsec.seq == 5`", "Refused by the replay window. `show crypto ipsec sa` has the SPI of the connection.",
     "Add `and ipsec.spi == 0x...` to the filter."},
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
     "Check the sender's software if the ICV is right, and the keys if nothing verifies."},
    {"Cisco IOS XE: `%IPSEC-3-REPLAY_ERROR: ... SPI 0xf0f`, and `anti-replay drop ... spi 3855/(0xf0f), ... seq_no=5, "
     "ar_highest=2554`",
     "`ipsec.spi == 3855 and ipsec.seq == 5`",
     "Refused by the replay window. `ar_highest` is `ipsec.seq.highest`, the difference `ipsec.seq.lag`.",
     "Check whether the sender started over: `ipsec.seq.restart`."},
    {"Juniper SRX: `RT_IPSEC_REPLAY: Replay packet detected ... ESP, SPI 0xbd48845f, SEQ 0x347bb`",
     "`ipsec.spi == 0xbd48845f and ipsec.seq == 0x347bb`", "Refused by the replay window.", "See 402119."},
    {"Juniper SRX, `show security ipsec statistics`: `Bad headers`",
     "`ipsec.cause == 1 and not ipsec.icv.status == \"Good\"`",
     "Which faults count is not published. The filter shows malformed headers.", BSD_AT_SEND},
    {"Juniper SRX: `Bad trailers`", "`ipsec.cause == 1 and ipsec.icv.status == \"Good\"`",
     "Which faults count is not published. The filter shows malformed packets with a right ICV. Needs "
     "[keys](USING.md#keys).",
     "Check the sender's software: a retransmission would be the same."},
    {"FortiGate: `error_num=Invalid ESP packet detected (HMAC validation failed). spi=fe2b6574 seq=0000ba0d`",
     "`ipsec.spi == 0xfe2b6574 and ipsec.seq == 0xba0d`", "The ICV was wrong. Both values are hexadecimal, without 0x.",
     "Look for damage and wrong keys. The NPU drops packets without a log line: use `ipsec.icv.status == \"Bad\"`."},
    {"FortiGate: `Invalid ESP packet detected (replayed packet). spi=... seq=...`",
     "`ipsec.spi == 0xfe2b6574 and ipsec.seq == 0xba0d`", "Refused by the replay window.", "See 402119."},
    {"FortiGate: `Received ESP packet with unknown SPI. spi=\"fe2b6574\"`", "`ipsec.spi == 0xfe2b6574`",
     "No SA with this SPI.", "Look for a rekey or restart. Many SPIs from one source are a scan."},
    {"Palo Alto, `show counter global`: `flow_tunnel_ipsec_replay_err`",
     "`ipsec.replay.duplicate or ipsec.replay.old or ipsec.replay.conflict`",
     "Refused by the replay window; a counter names no packet.",
     "Set `ipsec.replay_window` to the firewall's window (1024, for example)."},
    {"Check Point: `decryption failure: Replay attack`, `Warning: possible replay attack`",
     "`ipsec.replay.duplicate or ipsec.replay.old or ipsec.replay.conflict`", "Refused by the replay window.",
     "Look for two cluster members that both send, or for reordering."},
    {"libreswan, pluto: `has no Non-ESP marker`",
     "`ipsec.natt.no_marker_ike or ipsec.natt.esp_too_short or ipsec.natt.truncated or ipsec.natt.not_esp`",
     "A datagram on port 4500 reached IKE without the non-ESP marker: IKE of a peer that leaves it out "
     "([natt.no_marker_ike](CHECKS.md#nattno_marker_ike)), something too short for ESP "
     "([natt.esp_too_short](CHECKS.md#nattesp_too_short), [natt.truncated](CHECKS.md#natttruncated)), or another "
     "protocol ([natt.not_esp](CHECKS.md#nattnot_esp)).",
     "Check NAT traversal and firmware of the peer; it may also be a port scan."},
    {"openconnect: `Received ESP packet with invalid HMAC`",
     "`ipsec.encapsulation == 1 and ipsec.icv.status == \"Bad\"`",
     "The ICV was wrong: " ICV_FINDINGS
     ". The line has neither SPI nor sequence number; `Parameters for incoming ESP: SPI ...` has the SPI.",
     "Look for keys of an older session after a reconnect, and for damage. Needs [keys](USING.md#keys)."},
    {"keepalived: `(VI_1) IPSEC-AH : sequence number 5 already processed. Packet dropped. Local(2554)`",
     "`ipsec.protocol == 51 and ipsec.seq == 5`",
     "AH of VRRP: the sequence number is not above `Local`, the last one of any sender; there is no window. See "
     "[replay.duplicate](CHECKS.md#replayduplicate) and [replay.old](CHECKS.md#replayold) if it is a copy or late, "
     "[seq.restart](CHECKS.md#seqrestart) if the sender started over.",
     "Check whether two routers are both master, or one was restarted."},
    {"keepalived: `(VI_1) IPSEC-AH : invalid IPSEC HMAC-MD5 value. Due to fields mutation or bad password !`",
     "`ipsec.ah.by_daemon or ipsec.ah.icv`",
     "AH of VRRP: the ICV was wrong ([ah.icv](CHECKS.md#ahicv)). When keepalived sends to the group, its ICV covers "
     "the Time to Live, so a key row verifies nothing: [ah.by_daemon](CHECKS.md#ahby_daemon).",
     "Compare `auth_pass` of both routers; look for another VRRP router that follows RFC 4302."},
    {0},
};

/* --- IKE --------------------------------------------------------------------------------------------- */

/* Texts of Microsoft's page on system errors. No document says which of them belongs to which notify: 13868 and
 * NO_PROPOSAL_CHOSEN appear together in public reports; the others mean the same in other words. */
const page_line ike_windows_lines[] = {
    {"13801 `ERROR_IPSEC_IKE_AUTH_FAIL`", "`ipsec.ike.windows_error == 13801`, `ipsec.ike.auth_failed`",
     "\"IKE authentication credentials are unacceptable.\" Without IKE keys, inferred from the length of the response.",
     "Check the certificates (machine certificate, EKU, name) or the pre-shared key; the other peer's log says which."},
    {"13802 `ERROR_IPSEC_IKE_ATTRIB_FAIL`", "`ipsec.ike.windows_error == 13802`, `ipsec.ike.no_proposal`",
     "\"IKE security attributes are unacceptable.\"", "Compare the IKE proposals of both peers."},
    {"13805 `ERROR_IPSEC_IKE_TIMED_OUT`", "`ipsec.ike.windows_error == 13805`, `ipsec.ike.no_answer`",
     "\"Negotiation timed out.\" Requests were repeated, or a fragment of one never arrived.",
     "Look for firewalls that block UDP 500 or 4500, and for paths that drop the IP fragments of an IKE_AUTH with a "
     "certificate."},
    {"13813 `ERROR_IPSEC_IKE_DROP_NO_RESPONSE`", "`ipsec.ike.windows_error == 13813`",
     "\"No response from peer.\" The first request was repeated.",
     "Check whether the peer is running, and whether a firewall drops UDP 500; look for ICMP errors at that time."},
    {"13821 `ERROR_IPSEC_IKE_SIMULTANEOUS_REKEY`", "`ipsec.ike.temporary_failure`",
     "\"Simultaneous rekeys were detected.\" Normal if another attempt succeeds.",
     "Check whether another attempt succeeds within seconds."},
    {"13823 `ERROR_IPSEC_IKE_CRITICAL_PAYLOAD_NOT_RECOGNIZED`", "`ipsec.ike.windows_error == 13823`",
     "\"Don't know how to process critical payload.\"", "Look at the message that it answers: `ipsec.ike.request`."},
    {"13825 `ERROR_IPSEC_IKE_NO_POLICY`, 13850 `ERROR_IPSEC_IKE_NO_MM_POLICY`", "`ipsec.ike.no_proposal`",
     "No policy is configured. Windows answers NO_PROPOSAL_CHOSEN, or nothing.",
     "Check the connection security rules of that host (`Get-NetIPsecRule`)."},
    {"13826 `ERROR_IPSEC_IKE_INVALID_SIGNATURE`, 13870 `ERROR_IPSEC_IKE_INVALID_HASH`, 13889 "
     "`ERROR_IPSEC_IKE_INVALID_AUTH_PAYLOAD`",
     "`ipsec.ike.auth_failed`", "The proof of identity does not verify.", "Compare pre-shared keys and certificates."},
    {"13829 to 13842 `ERROR_IPSEC_IKE_PROCESS_ERR_...`, 13843 `ERROR_IPSEC_IKE_INVALID_PAYLOAD`, 13824 "
     "`ERROR_IPSEC_IKE_INVALID_HEADER`",
     "`ipsec.ike.syntax`", "A payload could not be processed. Windows answers INVALID_SYNTAX.",
     "Check the software of both peers; look for a message that was damaged or truncated."},
    {"13846 `ERROR_IPSEC_IKE_INVALID_COOKIE`", "`ipsec.ike.invalid_ike_spi`",
     "\"Invalid cookie received.\" The peer has no such IKE SA.", "Look for a restart of one peer."},
    {"13862 `ERROR_IPSEC_IKE_UNKNOWN_DOI`, 13863 `ERROR_IPSEC_IKE_INVALID_SITUATION`, 13884 "
     "`ERROR_IPSEC_IKE_QM_LIMIT`, 13888 `ERROR_IPSEC_IKE_UNEXPECTED_MESSAGE_ID`, 13899 "
     "`ERROR_IPSEC_IKE_INNER_IP_ASSIGNMENT_FAILURE`, 13900 `ERROR_IPSEC_IKE_REQUIRE_CP_PAYLOAD_MISSING`, 13905 "
     "`ERROR_IPSEC_IKE_AUTHORIZATION_FAILURE`",
     "`ipsec.ike.peer_error`", "An error without a finding of its own; `ipsec.ike.notify` says which.",
     "Read the log of the peer that sends it."},
    {"13864 `ERROR_IPSEC_IKE_DH_FAILURE`, 13865 `ERROR_IPSEC_IKE_INVALID_GROUP`",
     "`ipsec.ike.windows_error == 13865`, `ipsec.ike.invalid_ke`",
     "\"Invalid Diffie-Hellman group.\" Normal if it happens once.", "Compare the key exchange groups of both peers."},
    {"13868 (0x362C) `ERROR_IPSEC_IKE_POLICY_MATCH`", "`ipsec.ike.windows_error == 13868`",
     "\"Policy match error.\" The proposals of IKE or of ESP do not match (NO_PROPOSAL_CHOSEN), or the selectors do "
     "not (TS_UNACCEPTABLE).",
     "Compare the proposals of both peers; on Windows, set them with `Set-VpnConnectionIPsecConfiguration`."},
    {"13869 `ERROR_IPSEC_IKE_UNSUPPORTED_ID`", "`ipsec.ike.notify == 18`",
     "\"Unsupported ID.\" IKEv1: INVALID-ID-INFORMATION, about the peer, or about the selectors in Quick Mode.",
     "Compare identities and traffic selectors of both peers."},
    {"13880 `ERROR_IPSEC_IKE_INVALID_MAJOR_VERSION`", "`ipsec.ike.version`",
     "\"The recipient cannot handle version of IKE specified in the header.\"",
     "Check that both peers use the same version (IKEv1 or IKEv2)."},
    {"13886 `ERROR_IPSEC_IKE_PEER_MM_ASSUMED_INVALID`", "`ipsec.ike.windows_error == 13886`",
     "The peer stopped responding on an established IKE SA.",
     "Check whether it restarted, its address, and NAT mappings."},
    {"13890 `ERROR_IPSEC_IKE_DOS_COOKIE_SENT`", "`ipsec.ike.cookie`",
     "\"Sent DoS cookie notify to initiator.\" Normal under load.",
     "Check how many initiators there are: is it a flood?"},
    {"Any code, in a notify of Windows' own (12345)", "`ipsec.ike.ms_status`",
     "The code itself, in `ipsec.ike.windows_error`.",
     "Look up the code above. The client has it in the Application log, source RasClient, event 20227."},
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
     "The IKE SA is up, but there is no ESP SA. Without IKE keys, inferred from the length of the response.",
     "Compare `esp_proposals` of both peers."},
    {"strongSwan: `received TS_UNACCEPTABLE notify, no CHILD_SA built`; its peer: `traffic selectors ... unacceptable`",
     "`ipsec.ike.ts_unacceptable or ipsec.ike.child_refused`", "The traffic selectors do not match.",
     "Compare `local_ts` and `remote_ts` of both peers, which must mirror each other."},
    {"strongSwan: `received AUTHENTICATION_FAILED notify error`; its peer: `tried 1 shared key for ..., but MAC "
     "mismatched`, `no matching peer config found`",
     "`ipsec.ike.auth_failed`", "The key is wrong, or the peer does not know the identity.",
     "Compare secrets and ids of both peers."},
    {"strongSwan: `retransmit 3 of request with message ID 0`, `giving up after 5 retransmits`, `establishing IKE_SA "
     "failed, peer not responding`",
     "`ipsec.ike.no_answer or ipsec.ike.fragment_lost`", "No response arrived.",
     "Look for ICMP errors and firewalls, and read the peer's log."},
    {"strongSwan: `peer didn't accept key exchange method ..., it requested ...`", "`ipsec.ike.invalid_ke`",
     "The peer wants another key exchange group. Normal.", "Change the order of the groups to save a round trip."},
    {"strongSwan: `local host is behind NAT`, `remote host is behind NAT`", "`ipsec.ike.nat`",
     "Says which peer is behind a NAT, or that encapsulation was forced.",
     "Check whether ESP uses UDP 4500 from then on."},
    {"libreswan: `dropping unexpected IKE_SA_INIT message containing NO_PROPOSAL_CHOSEN notification`",
     "`ipsec.ike.no_proposal`", "No proposal for IKE is acceptable.", "Compare `ike=` of both peers."},
    {"libreswan: `IKE_AUTH response contained the error notification AUTHENTICATION_FAILED`, or another name",
     "`ipsec.ike.auth_failed or ipsec.ike.child_refused`", "The peer refused in IKE_AUTH.",
     "Compare secrets and ids; for TS_UNACCEPTABLE the subnets; for NO_PROPOSAL_CHOSEN `esp=`."},
    {"libreswan: `60 second timeout exceeded after 7 retransmits. No response (or no acceptable response) to our first "
     "IKEv2 message`",
     "`ipsec.ike.no_answer or ipsec.ike.no_proposal`",
     "No response arrived, or a refusal that libreswan does not trust.",
     "Look for ICMP errors and firewalls; compare the proposals."},
    {"libreswan: `Possible authentication failure: no acceptable response to our first encrypted message`",
     "`ipsec.ike.auth_failed or ipsec.ike.no_answer`",
     "Message 5 of Main Mode, or IKE_AUTH, had no acceptable response.", "Compare pre-shared keys and ids."},
    {"libreswan: `No acceptable response to our first Quick Mode message: perhaps peer likes no proposal`",
     "`ipsec.ike.child_refused`", "Quick Mode was refused.", "Compare `phase2alg=` and subnets of both peers."},
    {"Windows (RasDial): 809", "`ipsec.ike.no_answer or ipsec.ike.fragment_lost`", "The server does not respond.",
     "Check that UDP 500 and 4500 reach the server. For L2TP/IPsec to a server behind NAT, set the DWORD "
     "`AssumeUDPEncapsulationContextOnSendRule` to 2 in `HKLM\\SYSTEM\\CurrentControlSet\\Services\\PolicyAgent` on "
     "the "
     "client, and restart it."},
    {"Windows (RasDial): 13801", "`ipsec.ike.auth_failed`", "One peer refused the other's authentication.",
     "Check the certificates (purpose, name, issuer) of both peers, and the policy of the server."},
    {"Windows (RasDial): 13806", "`isakmp`, `ipsec.ike.auth_failed`",
     "\"IKE failed to find valid machine certificate.\" A client without one sends nothing after IKE_SA_INIT: the "
     "outcome "
     "in Statistics > IPsec IKE is then \"only IKE_SA_INIT was seen\".",
     "Look for a valid machine certificate on the client, and on the server: `Get-ChildItem Cert:\\LocalMachine\\My`. "
     "For "
     "a client, its purpose (EKU) includes Client Authentication."},
    {"Windows (RasDial): 13868", "`ipsec.ike.no_proposal or ipsec.ike.ts_unacceptable or ipsec.ike.child_refused`",
     "Policy match error.", "Compare the proposals and traffic selectors of both peers."},
    {"Any log that names `INVALID_SPI`", "`ipsec.ike.invalid_spi`",
     "One side has no SA with the SPI that the other sends on. If it is not encrypted, it is only a hint.",
     "`ipsec.spi == 0x...`: when did this SA begin, and did a peer restart?"},
    {0},
};
