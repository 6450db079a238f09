"""SAs with keys: what `ip xfrm state` prints for them, and packets sealed with their keys.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import hashlib
import hmac
import struct
from typing import NamedTuple, Optional

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from samples.packets import AH, ESP, ipv4, ipv6, udp4, udp6, v4_addresses, v6_addresses

HIDDEN = "<<Keys hidden>>"


class Suite(NamedTuple):
    """Algorithms: NULL, CBC, 3DES, GCM or CHACHA (GMAC in AH); the hash of HMAC; and the number of octets of the ICV
    that are sent."""
    name: str
    cipher: str
    digest: Optional[str]
    icv: int
    block: int = 4      # padding is to a multiple of this
    key: int = 16       # octets of the cipher's key, salt included
    implicit_iv: bool = False

    @property
    def mac_iv(self):
        """Octets of IV in the ICV field of AH."""
        return 8 if self.cipher == "GMAC" else 0

    @property
    def combined(self):
        return self.digest is None and self.cipher in ("GCM", "CHACHA")


NULL_SHA256 = Suite("NULL, HMAC-SHA2-256-128", "NULL", "sha256", 16)
CBC_SHA256 = Suite("AES-CBC, HMAC-SHA2-256-128", "CBC", "sha256", 16, block=16)
GCM = Suite("AES-GCM-16", "GCM", None, 16, key=20)
CHACHA = Suite("ChaCha20-Poly1305", "CHACHA", None, 16, key=36)
SUITES = (NULL_SHA256, CBC_SHA256, GCM)
AH_SHA1 = Suite("HMAC-SHA1-96", "NULL", "sha1", 12)
AH_SHA256 = Suite("HMAC-SHA2-256-128", "NULL", "sha256", 16)

LINUX_CIPHERS = {"NULL": "ecb(cipher_null)", "CBC": "cbc(aes)", "3DES": "cbc(des3_ede)"}
BLOCK_CIPHERS = {"CBC": algorithms.AES, "3DES": algorithms.TripleDES}
LINUX_COMBINED = {"GCM": "rfc4106(gcm(aes))", "CHACHA": "rfc7539esp(chacha20,poly1305)"}
HASH_OCTETS = {"md5": 16, "sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64}


def octets_of(text, length):
    """A key or an IV: not secret, and always the same."""
    return hashlib.shake_256(text.encode()).digest(length)


def padding(count):
    return bytes(range(1, count + 1))


def plaintext(payload, next_header, block, extra=0):
    """Payload, the padding that RFC 4303 2.4 requires and `extra` octets more, pad length, next header."""
    count = -(len(payload) + 2) % block + extra
    return payload + padding(count) + bytes([count, next_header])


class Sa:
    """An SA between its own two addresses; `number` determines these, the SPI and the keys."""

    def __init__(self, number, version, suite, mode="transport", protocol=ESP, **settings):
        self.number, self.version, self.suite, self.mode, self.protocol = number, version, suite, mode, protocol
        self.esn, self.high, self.udp, self.selector, self.align4, self.start, self.hidden = (
            settings.pop(name, default) for name, default in
            (("esn", False), ("high", 0), ("udp", False), ("selector", None), ("align4", False), ("start", None),
             ("hidden", False)))
        assert not settings, settings
        self.spi = 0xC0000000 + number
        self.cipher_key = octets_of(f"cipher {number} {version}", suite.key)
        self.mac_key = octets_of(f"mac {number} {version}",
                                 suite.key if suite.cipher == "GMAC" else HASH_OCTETS.get(suite.digest, 0))
        self.sequence = 0

    # --- the key row ------------------------------------------------------------------------------

    @property
    def addresses(self):
        return (v4_addresses if self.version == 4 else v6_addresses)(self.number)

    def _algorithms(self):
        suite, shown = self.suite, lambda key: HIDDEN if self.hidden else f"0x{key.hex()}"
        if suite.combined:
            return f"\taead {LINUX_COMBINED[suite.cipher]} {shown(self.cipher_key)} {suite.icv * 8}\n"
        lines = ""
        if suite.digest:
            lines = f"\tauth-trunc hmac({suite.digest}) {shown(self.mac_key)} {suite.icv * 8}\n"
        if self.protocol == ESP:
            key = "" if suite.cipher == "NULL" else shown(self.cipher_key)
            lines += f"\tenc {LINUX_CIPHERS[suite.cipher]} {key}\n"
        return lines

    def state(self, **changes):
        """The SA as `ip xfrm state` prints it; settings may be changed."""
        sa = Sa.__new__(Sa)
        sa.__dict__.update(self.__dict__, **changes)
        return sa._state()

    def _state(self):
        flags = [name for name, there in (("align4", self.align4), ("esn", self.esn)) if there]
        name = "esp" if self.protocol == ESP else "ah"
        text = (f"src {self.addresses['src']} dst {self.addresses['dst']}\n"
                f"\tproto {name} spi 0x{self.spi:08x} reqid 1 mode {self.mode}\n"
                f"\treplay-window {0 if self.esn else 32}{' flag ' + ' '.join(flags) if flags else ''}\n"
                + self._algorithms())
        if self.udp:
            text += "\tencap type espinudp sport 4500 dport 4500 addr 0.0.0.0\n"
        if self.esn:
            text += (f"\tanti-replay esn context:\n\t seq-hi 0x{self.start or 0:x}, seq 0x0, oseq-hi 0x0, oseq 0x0\n"
                     "\t replay_window 32, bitmap-length 1\n\t 00000000 \n")
        else:
            text += "\tanti-replay context: seq 0x0, oseq 0x0, bitmap 0x00000000\n"
        everything = "0.0.0.0/0" if self.version == 4 else "::/0"
        return text + f"\tsel {self.selector or f'src {everything} dst {everything}'} \n"

    def row(self, encryption="NONE", integrity="NONE", esn="no", dst=None, mode=None):
        """A row of the table ipsec_sa as an option of tshark, with the table's names of the algorithms."""
        ah = self.protocol == AH
        columns = ("AH" if ah else "ESP", "*", dst or self.addresses["dst"], f"0x{self.spi:08x}",
                   "" if ah else encryption, "" if ah else self.cipher_key.hex(), integrity, self.mac_key.hex(), esn,
                   mode or self.mode)
        return "uat:ipsec_sa:" + ",".join(f'"{column}"' for column in columns)

    # --- ESP --------------------------------------------------------------------------------------

    def next_sequence(self, sequence=None):
        self.sequence = self.sequence + 1 if sequence is None else sequence
        return self.sequence

    def _header(self, sequence):
        return struct.pack("!II", self.spi, self.next_sequence(sequence))

    def _iv(self, length):
        return octets_of(f"iv {self.spi} {self.high} {self.sequence}", length)

    def _high(self):
        return struct.pack("!I", self.high) if self.esn else b""

    def _seal_combined(self, header, body):
        """RFC 4106 and RFC 7634: with ESN, the high half is between SPI and sequence number."""
        cipher = {"GCM": AESGCM, "CHACHA": ChaCha20Poly1305}[self.suite.cipher](self.cipher_key[:-4])
        iv = self._iv(8)
        if self.suite.implicit_iv:      # RFC 8750: the number of the packet
            iv = struct.pack("!II", self.high if self.esn else 0, self.sequence)
        sealed = cipher.encrypt(self.cipher_key[-4:] + iv, body, header[:4] + self._high() + header[4:])
        return header + (b"" if self.suite.implicit_iv else iv) + sealed[:len(sealed) - 16 + self.suite.icv]

    def _encrypt(self, body):
        if self.suite.cipher == "NULL":
            return body
        block = self.suite.block
        whole = len(body) - len(body) % block   # an incomplete block stays as it is
        iv = self._iv(block)
        encryptor = Cipher(BLOCK_CIPHERS[self.suite.cipher](self.cipher_key), modes.CBC(iv)).encryptor()
        return iv + encryptor.update(body[:whole]) + body[whole:]

    def mac(self, octets, iv=b""):
        """The ICV; that of GMAC needs an IV."""
        if self.suite.cipher == "GMAC":
            return AESGCM(self.mac_key[:-4]).encrypt(self.mac_key[-4:] + iv, b"", octets)
        if not self.suite.digest:
            return b""
        return hmac.new(self.mac_key, octets, self.suite.digest).digest()[:self.suite.icv]

    def authenticated(self, octets):
        """These octets, from the SPI on, with a valid ICV."""
        return octets + self.mac(octets + self._high())

    def seal(self, body, sequence=None):
        """ESP with this plaintext, trailer included."""
        header = self._header(sequence)
        if self.suite.combined:
            return self._seal_combined(header, body)
        return self.authenticated(header + self._encrypt(body))

    def esp(self, payload, next_header=17, extra=0, sequence=None):
        """Valid ESP."""
        return self.seal(plaintext(payload, next_header, self.suite.block, extra), sequence)

    # --- AH ---------------------------------------------------------------------------------------

    def ah(self, outer, payload, next_header, covered=None, pad=None, sequence=None):
        """The packet that begins with the headers `outer`, followed by AH and `payload`. The ICV is computed over the
        headers in the form `covered`: with zeros where they may change, and otherwise as they arrive."""
        unit = 8 if self.version == 6 or not self.align4 else 4
        pad = bytes(-(12 + self.suite.mac_iv + self.suite.icv) % unit) if pad is None else pad
        field = self.suite.mac_iv + self.suite.icv + len(pad)
        header = struct.pack("!BBHII", next_header, (12 + field) // 4 - 2, 0, self.spi, self.next_sequence(sequence))
        # Only the ICV counts as zeros: the IV of GMAC is authenticated (RFC 4543 3.4 and 4).
        header += self._iv(self.suite.mac_iv) if self.suite.mac_iv else b""
        rest = header + bytes(self.suite.icv) + pad + payload
        icv = self.mac((covered or mutable_as_zeros(outer)) + rest + self._high(), header[12:])
        return outer + header + icv + pad + payload

    # --- the headers in front --------------------------------------------------------------------------------

    def packet(self, octets, **fields):
        return (ipv4 if self.version == 4 else ipv6)(self.number, self.protocol, octets, **fields)

    def in_udp(self, octets):
        return (udp4 if self.version == 4 else udp6)(self.number, octets)

    def ah_packet(self, payload, next_header=17, **settings):
        """AH in IP without options."""
        size = 12 + self.suite.mac_iv + self.suite.icv
        unit = 8 if self.version == 6 or not self.align4 else 4
        pad = settings.get("pad")
        field = size + (-size % unit if pad is None else len(pad))
        whole = self.packet(bytes(field) + payload)
        return self.ah(whole[:len(whole) - field - len(payload)], payload, next_header, **settings)


def mutable_as_zeros(outer):
    """RFC 4302 3.3.3.1, for IP headers without options."""
    if outer[0] >> 4 == 6:
        return b"\x60" + bytes(3) + outer[4:7] + b"\0" + outer[8:]
    return outer[:1] + b"\0" + outer[2:6] + bytes(3) + outer[9:10] + bytes(2) + outer[12:]
