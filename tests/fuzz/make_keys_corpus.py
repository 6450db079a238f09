#!/usr/bin/env python3
"""Makes the seed corpora of fuzz_xfrm_state and fuzz_spec.

usage: make_keys_corpus.py CORPUS

CORPUS/xfrm_state gets dumps of `ip xfrm state` in all forms that iproute2 prints, CORPUS/spec rows of both
tables, one column a line.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import sys

KEY = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
KEY_16, KEY_20, KEY_32 = "0x" + KEY[:32], "0x" + KEY[:40], "0x" + KEY

ALGORITHMS = [
    f"aead rfc4106(gcm(aes)) {KEY_20} 128",
    f"aead rfc4309(ccm(aes)) 0x{KEY[:38]} (152 bits) 64",
    f"aead rfc4543(gcm(aes)) {KEY_20} 128",
    f"aead rfc7539esp(chacha20,poly1305) {KEY_32}00000000 128",
    f"auth-trunc hmac(sha256) {KEY_32} 128\n\tenc cbc(aes) {KEY_16}",
    f"auth-trunc hmac(sha1) {KEY_20} (160 bits) 96\n\tenc ecb(cipher_null) ",
    f"auth hmac(md5) {KEY_16}\n\tenc cbc(des3_ede) 0x{KEY[:48]}",
    f"auth-trunc xcbc(aes) {KEY_16} 96\n\tenc rfc3686(ctr(aes)) {KEY_20}",
    "auth-trunc cmac(aes) <<Keys hidden>> 96\n\tenc 'cbc(camellia)' <<Keys hidden>>",
    f"enc cbc(sm4) {KEY_16}",
    "auth digest_null 0x\n\tenc cbc(aes) 0x" + "0" * 32,
]

CONTEXTS = [
    "anti-replay context: seq 0x11, oseq 0x0, bitmap 0x0001ffff", "anti-replay context: seq 0x0, oseq 0x11, bitmap 0x00000000",
    "dir out", "crypto offload parameters: dev eth0 dir out mode packet",
    "anti-replay esn context:\n\t seq-hi 0x1, seq 0x11, oseq-hi 0x0, oseq 0x0\n"
    "\t replay_window 64, bitmap-length 2\n\t 00000000 0001ffff ",
    "encap type espinudp sport 4500 dport 4500 addr 0.0.0.0\n\tlastused -\n\tdir in",
    "crypto offload parameters: dev eth0 dir in mode packet\n\tif_id 0x10\n\ttfcpad 0\n\tmark 0x2a/0xff ",
    "security context system_u:object_r:ipsec_spd_t:s0 ",
]

SELECTORS = [
    "src 0.0.0.0/0 dst 0.0.0.0/0 ",
    "src 2001:db8::/32 dst 2001:db8::1/128 proto udp sport 500 dport 4500 dev eth0 uid 0",
    "src 192.0.2.1/32 dst 192.0.2.2/32 proto icmp type 8 code 0 uid 0",
    "src 192.0.2.1/32 dst 192.0.2.2/32 proto gre key 305419896",
]

STATISTICS = """
\tlifetime config:
\t  limit: soft (INF)(bytes), hard 5000000(bytes)
\t  limit: soft 1000(packets), hard (INF)(packets)
\t  expire add: soft 0(sec), hard 30(sec)
\tlifetime current:
\t  0(bytes), 0(packets)
\t  add 2026-01-01 00:00:00 use -
\tstats:
\t  replay-window 0 replay 0 failed 0"""

HEADS = [
    ("192.0.2.1", "192.0.2.2", "esp spi 0x00001001 reqid 1 mode transport", "32 "),
    ("2001:db8::1", "::ffff:192.0.2.2", "esp spi 0x00001002(4098) reqid 1(0x00000001) mode tunnel",
     "0 seq 0x00000000 flag noecn esn extra_flag oseq-may-wrap (0x10000001)"),
    ("192.0.2.1", "192.0.2.2", "ah spi 0x00001003 reqid 1 mode beet", "32 flag align4 80"),
    ("192.0.2.1", "192.0.2.2", "comp spi 0x00001004 reqid 1 mode tunnel", "0 flag af-unspec"),
    ("192.0.2.300", "192.0.2.2", "esp spi 0x00001005 reqid 1 mode iptfs", "0 flag 80"),
]

WORDS_IN_FRONT = ["", "Deleted ", "[2026-01-01T00:00:00.000001] [nsid 0]Updated "]

ROWS = [
    ["ESP", "192.0.2.0/24", "192.0.2.2", "0x1001", "AES_GCM_16", KEY_20, "NONE", "", "yes", "tunnel"],
    ["ESP", "*", "2001:db8::1", "4097", "AES_CBC", KEY[:32], "HMAC_SHA2_256_128", KEY, "0x7", ""],
    ["ESP", "*", "*", "*", "NULL", "", "AES_XCBC_96", KEY_16, "auto", "beet"],
    ["AH", "::/0", "::ffff:192.0.2.1", "1", "", "", "AES_128_GMAC", KEY_20, "no", "transport"],
    ["ESP", "*", "*", "1", "AES_CBC", KEY_20, "NONE"],
    ["IPv4", "190.0.*.1", "*", "0x0000ab**", "AES-CBC [RFC3602]", KEY_16, "HMAC-SHA-1-96 [RFC2404]", "plain",
     "64-bit", "1f"],
    ["IPv6", "3ffe::*", "3ffe::/16", "010", "AES-GCM [RFC4106]", KEY_20, "ANY 64 bit authentication [no checking]",
     ""],
    ["Any", "*", "*", "*", "NULL", "", "NULL", "0x1", "32-bit", "0"],
]


def dumps():
    for i, algorithm in enumerate(ALGORITHMS):
        source, destination, identity, window = HEADS[i % len(HEADS)]
        yield (f"{WORDS_IN_FRONT[i % len(WORDS_IN_FRONT)]}src {source} dst {destination}\n\tproto {identity}\n"
               f"\treplay-window {window}\n\t{algorithm}\n\t{CONTEXTS[i % len(CONTEXTS)]}\n"
               f"\tsel {SELECTORS[i % len(SELECTORS)]}{STATISTICS if i % 2 else ''}\n")


def write(folder, seeds):
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (folder / f"seed-{number}").write_text(seed)


def main(corpus):
    corpus = pathlib.Path(corpus)
    single = list(dumps())
    write(corpus / "xfrm_state", single + ["".join(single)] + [dump.replace("\n", "\\") for dump in single])
    write(corpus / "spec", ["\n".join(row) for row in ROWS])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
