"""Wireshark's own decryption of ESP, on or off: what the plugin says about a header and its content is the same.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import re

import pytest

import pcap
import sidecars
import tshark_runner
from samples.keyed import datagram, flipped
from samples.packets import AH, ESP, IPIP, ethernet
from samples.sa import AH_SHA1, CBC_SHA256, GCM, NULL_SHA256, Sa
from tshark_runner import KEYS

OFF = ("-o", "ipsec.use_esp_sa:FALSE")
STOCK_ON = ("-o", "esp.enable_encryption_decode:TRUE")
ON = (*OFF, *STOCK_ON)
# A few captures of each directory whose captures are made alike.
KEYED = sorted(str(path.relative_to(sidecars.CAPTURES))[:-len(KEYS)]
               for paths in (sorted(sidecars.CAPTURES.glob(f"*{KEYS}")), sorted(sidecars.CAPTURES.glob(f"*/*{KEYS}"))[::24])
               for path in paths if path.with_name(path.name[:-len(KEYS)] + ".pcap").exists())
PASSES = pytest.mark.parametrize("passes", [(), ("-2",)], ids=["one pass", "two passes"])

# The names in `ip xfrm state` and in Wireshark, which cannot decrypt the others.
CIPHERS = {"cbc(aes)": "AES-CBC [RFC3602]", "rfc3686(ctr(aes))": "AES-CTR [RFC3686]", "ecb(cipher_null)": "NULL",
           "cbc(des)": "DES-CBC [RFC2405]", "cbc(des3_ede)": "TripleDES-CBC [RFC2451]",
           "cbc(cast5)": "CAST5-CBC [RFC2144]", "cbc(blowfish)": "BLOWFISH-CBC [RFC2451]"}
HASHES = {("hmac(sha1)", "96"): "HMAC-SHA-1-96 [RFC2404]", ("hmac(sha256)", "128"): "HMAC-SHA-256-128 [RFC4868]",
          ("hmac(sha384)", "192"): "HMAC-SHA-384-192 [RFC4868]", ("hmac(sha512)", "256"): "HMAC-SHA-512-256 [RFC4868]",
          ("hmac(md5)", "96"): "HMAC-MD5-96 [RFC2403]", ("hmac(rmd160)", "96"): "MAC-RIPEMD-160-96 [RFC2857]"}
SA = re.compile(r"^src (\S+) dst (\S+)\n\tproto esp spi (\S+) (.*\n(?:\s.*\n)*)", re.MULTILINE)


def algorithms(text):
    """Cipher, its key, integrity and its key, with Wireshark's names; None if Wireshark does not have them."""
    aead = re.search(r"\taead rfc4106\(gcm\(aes\)\) (0x[0-9a-f]+) (\d+)", text)
    if aead:
        return f"AES-GCM with {int(aead[2]) // 8} octet ICV [RFC4106]", aead[1], "NULL", ""
    cipher = re.search(r"\tenc (\S+) (0x[0-9a-f]+)?", text)
    mac = re.search(r"\tauth-trunc (\S+) (0x[0-9a-f]+) (\d+)", text)
    if not cipher or cipher[1] not in CIPHERS or (CIPHERS[cipher[1]] == "NULL") == bool(cipher[2]):
        return None
    if not mac:
        return CIPHERS[cipher[1]], cipher[2] or "", "NULL", ""
    return CIPHERS[cipher[1]], cipher[2] or "", HASHES.get(
        (mac[1], mac[3]), f"ANY {mac[3]} bit authentication [no checking]"), mac[2]


def stock_table(state):
    """The options that fill Wireshark's table with the SAs of a saved `ip xfrm state`."""
    options = []
    for source, destination, spi, text in SA.findall(state):
        found = algorithms(text)
        columns = (f"IPv{6 if ':' in source else 4}", source, destination, spi, *(found or ()))
        if found:
            options += ["-o", "uat:esp_sa:" + ",".join(f'"{column}"' for column in columns)]
    return tuple(options)


@pytest.fixture(autouse=True)
def stock_trouble(monkeypatch):
    """The stock dissector fails one of its assertions, and reports that, if padding is longer than the packet."""
    monkeypatch.setattr(tshark_runner, "TROUBLE", re.compile("runtime error|Sanitizer|CRITICAL"))


def on_and_off(tshark, path, *options):
    """The rows of a capture, with the stock decryption on and off."""
    table = stock_table(tshark.stage(path).with_suffix(KEYS).read_text())
    return tshark.rows(path, *table, *ON, *options), tshark.rows(path, *table, *OFF, *options)


def judgements(rows):
    """All that the plugin says."""
    return {frame: {name: values for name, values in row.items() if name.startswith("ipsec")}
            for frame, row in rows.items()}


def stock_survives(tshark, path):
    """With a sanitizer, the stock dissector of 4.0 is aborted at a packet that is shorter than its ICV."""
    try:
        tshark.rows(path, *stock_table(path.with_suffix(KEYS).read_text()), *STOCK_ON, plugin=False)
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize("name", KEYED)
def test_samples(tshark, name):
    path = tshark.captures / f"{name}.pcap"
    if tshark.preload and not stock_survives(tshark, path):
        pytest.skip("Wireshark alone fails under the sanitizer")
    on, off = on_and_off(tshark, path)
    assert judgements(on) == judgements(off)


def test_the_stock_dissector_does_decrypt(tshark):
    """Otherwise the other tests would mean nothing."""
    name = "benign_keyed"
    on, off = on_and_off(tshark, name, "-o", "ipsec.decrypt:FALSE")
    layers = {state: sum("esp:" in row["frame.protocols"][0] for row in rows.values())
              for state, rows in (("on", on), ("off", off))}
    assert layers["on"] > layers["off"] + 20


# --- headers directly inside ESP ------------------------------------------------------------------------------

def between(sa, outer):
    """The state of an SA, between the hosts of another one."""
    return sa.state().replace(sa.addresses["src"], outer.addresses["src"]).replace(
        sa.addresses["dst"], outer.addresses["dst"])


@pytest.fixture
def nested(tmp_path):
    """A capture of some frames with one header in another, and its keys."""
    def make(outer, within, inner, change=bytes):
        path = tmp_path / "nested.pcap"
        path.with_suffix(KEYS).write_text(outer.state() + between(within, outer))
        packets = [change(outer.packet(outer.esp(inner(), within.protocol))) for _ in range(3)]
        return pcap.write_frames(path, map(ethernet, packets))
    return make


SUITES = pytest.mark.parametrize("suite", (CBC_SHA256, GCM, NULL_SHA256), ids=lambda suite: suite.name)
# The version of IP and the number of passes are independent.
VERSIONS_AND_PASSES = pytest.mark.parametrize("version, passes", [(4, ()), (6, ("-2",))], ids=["4, one pass", "6, two passes"])


@VERSIONS_AND_PASSES
@SUITES
def test_esp_in_esp(tshark, nested, version, suite, passes):
    """Without an IP header in between, so that the length of the inner packet is not stated."""
    outer, within = Sa(1, version, suite), Sa(2, version, suite)
    path = nested(outer, within, lambda: within.esp(datagram()))
    on, off = on_and_off(tshark, path, *passes)
    assert judgements(on) == judgements(off)
    assert {(*row.verdicts, *row.icv) for row in on.values()} == {("verified", "verified", "Good", "Good")}
    guessed = tshark.rows(path, *passes, "-o", "esp.enable_null_encryption_decode_heuristic:TRUE")
    assert judgements(guessed) == judgements(tshark.rows(path, *passes))


@SUITES
def test_damaged_esp_in_esp(tshark, nested, suite):
    outer, within = Sa(1, 4, suite), Sa(2, 4, suite)
    good = within.esp(datagram())
    packets = iter([good, flipped(within.esp(datagram()), -1), good])
    on, off = on_and_off(tshark, nested(outer, within, lambda: next(packets)))
    assert judgements(on) == judgements(off)
    assert [row.findings for row in on.values()] == [[], ["esp.icv"], ["replay.duplicate"]]


def test_ah_in_esp(tshark, nested):
    outer, within = Sa(1, 4, CBC_SHA256), Sa(2, 4, AH_SHA1, protocol=AH)
    on, off = on_and_off(tshark, nested(outer, within, lambda: within.ah_packet(datagram())[20:]))
    assert judgements(on) == judgements(off)
    assert {tuple(row["ipsec.protocol"]) for row in on.values()} == {("50", "51")}


@PASSES
@SUITES
@pytest.mark.parametrize("mode", ["transport", "tunnel"])
def test_inside_of_what_does_not_verify(tshark, tmp_path, suite, mode, passes):
    """The stock dissector decrypts that too. No receiver does, so there is nothing to judge: a later packet with the
    same number is not a replay."""
    outer, within = Sa(1, 4, suite, mode), Sa(2, 4, suite)
    path = tmp_path / "forged.pcap"
    path.with_suffix(KEYS).write_text(outer.state() + (within.state() if mode == "tunnel" else between(within, outer)))

    def packet():
        inner = within.esp(datagram())
        return outer.packet(outer.esp(within.packet(inner), IPIP) if mode == "tunnel" else outer.esp(inner, ESP))
    first, second = packet(), packet()
    pcap.write_frames(path, map(ethernet, (first, flipped(second, -1), second)))
    on, off = on_and_off(tshark, path, *passes)
    assert judgements(on) == judgements(off)
    assert [row.findings for row in on.values()] == [[], ["esp.icv"], []]
    assert [len(row.verdicts) for row in on.values()] == [2, 1, 2]


def test_keys_that_only_wireshark_has(tshark, nested):
    """The content is judged if it begins with an IP header; otherwise it is not, because its end is unknown."""
    outer, within = Sa(1, 4, CBC_SHA256), Sa(2, 4, CBC_SHA256)
    path = nested(outer, within, lambda: within.esp(datagram()))
    table = stock_table(path.with_suffix(KEYS).read_text())
    rows = tshark.rows(path, *table, *ON, "-o", "ipsec.sa_file:")
    assert {tuple(row.verdicts) for row in rows.values()} == {("plausible", "unchecked")}
