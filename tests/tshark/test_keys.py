"""Sources of keys: the table ipsec_sa, a saved `ip xfrm state`, Wireshark's own table "ESP SAs". Good rows work next to
bad ones, each bad one is named once, and no key gets into a message.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import re
import shutil
from typing import NamedTuple

import pytest

from tshark_runner import field_options

GCM, CBC, AH = "esp-tunnel-v4-aesgcm128_16", "esp-transport-v4-aescbc128+sha1_96", "ah-transport-v4-sha1_96"
OUT_SPI, OUT_KEY = "0xa00000a1", "8d3cf966cb69e09c2ef35f8b89a7d3b610d338b0"     # of GCM, 10.9.0.1 to 10.9.0.2
BACK_SPI, BACK_KEY = "0xb00000a1", "08b807a68c34d14b03fe260e35615e65f82d2e78"
STOCK_GCM = "AES-GCM with 16 octet ICV [RFC4106]"

LEAK = 6    # this many consecutive characters of a key cannot be a coincidence
KEY_FIELDS = ("frame.number", "ipsec.spi", "ipsec.verdict", "ipsec.icv.status", "ipsec.key.source")
VERIFIED, GOOD = "2", "1"


class Sa(NamedTuple):
    """A row of the table ipsec_sa."""
    protocol: str = "ESP"
    src: str = "*"
    dst: str = "10.9.0.2"
    spi: str = OUT_SPI
    encryption: str = "AES_GCM_16"
    encryption_key: str = "0x" + OUT_KEY
    integrity: str = "NONE"
    integrity_key: str = ""
    esn: str = "no"
    mode: str = "tunnel"


class EspSa(NamedTuple):
    """A row of Wireshark's table; later versions fill in the columns that follow these."""
    protocol: str = "IPv4"
    source: str = "10.9.0.1"
    destination: str = "10.9.0.2"
    spi: str = OUT_SPI
    encryption: str = STOCK_GCM
    encryption_key: str = "0x" + OUT_KEY
    integrity: str = "NULL"
    integrity_key: str = ""


BACK = Sa(dst="10.9.0.1", spi=BACK_SPI, encryption_key="0x" + BACK_KEY)
CBC_SA = Sa(spi="0xa000000d", encryption="AES_CBC", encryption_key="0x876c5d04c0b482961c71a23e9471b7d0",
            integrity="HMAC_SHA1_96", integrity_key="0x5c7fd034c51d9e343a51b6d6a66e2ea7f61db063", mode="transport")


def line_of(row):
    return ",".join(f'"{value}"' for value in row)


def table(*rows):
    """The options that fill a table."""
    return [option for row in rows
            for option in ("-o", f"uat:{'ipsec_sa' if isinstance(row, Sa) else 'esp_sa'}:{line_of(row)}")]


def xfrm_file(path):
    return ["-o", f"ipsec.sa_file:{path}"]


@pytest.fixture(scope="module")
def kernel(tshark):
    """Traffic of two Linux kernels, and their dumps of the keys."""
    return tshark.captures / "kernel"


@pytest.fixture(scope="module")
def messages(tshark, kernel):
    """The lines that the plugin prints on stderr with these options."""
    def run(*options, capture=GCM):
        stderr = tshark.run("-r", kernel / f"{capture}.pcap", *options).stderr
        return [line for line in stderr.splitlines() if not line.startswith("Running as user")]
    return run


@pytest.fixture(scope="module")
def keyed(tshark, kernel):
    """The fields that depend on keys, for each frame that has an IPsec header."""
    def run(*options, capture=GCM):
        output = tshark.read(kernel / f"{capture}.pcap", *options, "-Y", "ipsec", *field_options(KEY_FIELDS))
        rows = [dict(zip(KEY_FIELDS, line.split("\t"))) for line in output.splitlines()]
        assert rows
        return rows
    return run


def sources(rows, spi=None):
    return {row["ipsec.key.source"] for row in rows if spi is None or int(row["ipsec.spi"], 16) == int(spi, 16)}


def assert_verified(rows):
    assert {(row["ipsec.verdict"], row["ipsec.icv.status"]) for row in rows} == {(VERIFIED, GOOD)}


def assert_no_key(keys, lines):
    text = "\n".join(lines).lower()
    for key in keys:
        key = key.lower().removeprefix("0x")
        assert not [key[i:i + LEAK] for i in range(len(key) - LEAK + 1) if key[i:i + LEAK] in text], text


# --- bad rows -------------------------------------------------------------------------------------------

SECRET = "c0ffee5ecre7c0ffee5ecre7c0ffee5ecre7c0ff"
BAD_ROWS = [
    ("protocol", Sa(protocol="SCTP"), "ESP"),
    ("src", Sa(src="10.9.0.300"), "address"),
    ("src", Sa(src="10.9.0.0/33"), ""),
    ("dst", Sa(dst="gateway"), "address"),
    ("spi", Sa(spi="0x1ffffffff"), ""),
    ("spi", Sa(spi="many"), ""),
    ("encryption", Sa(encryption="AES_QCM_16"), "AES_QCM_16"),
    ("encryption_key", Sa(encryption_key="0x" + OUT_KEY[:-2]), "not 19"),
    ("encryption_key", Sa(encryption_key="0x" + OUT_KEY[:-1]), "odd|even"),
    ("encryption_key", Sa(encryption_key="0x" + SECRET), "hex"),
    ("encryption_key", Sa(encryption_key=""), "not 0|empty|missing|no key"),
    ("integrity", CBC_SA._replace(integrity="HMAC_SHA7"), "HMAC_SHA7"),
    ("integrity_key", CBC_SA._replace(integrity="AES_CMAC_96", integrity_key="0x" + BACK_KEY), "not 20"),
    ("integrity_key", CBC_SA._replace(integrity_key="0x" + OUT_KEY[:-1]), "odd|even"),
    ("esn", Sa(esn="perhaps"), "yes"),
    ("mode", Sa(mode="sideways"), "tunnel"),
]


@pytest.mark.parametrize("column, row, reason", BAD_ROWS, ids=[f"{column}-{number}" for number, (column, _, _)
                                                               in enumerate(BAD_ROWS)])
def test_a_bad_row_of_the_table_is_named(messages, column, row, reason):
    lines = messages(*table(BACK, row, CBC_SA))
    assert len(lines) == 2, lines
    assert lines[0] == "tshark: IPsec Analysis cannot use 1 of 3 rows of the table ipsec_sa."
    assert lines[1].startswith(f"ipsec_sa, row 2, column {column}: ")
    assert re.search(reason, lines[1].split(": ", 1)[1]), lines[1]
    assert_no_key((row.encryption_key, row.integrity_key), lines)


def test_a_key_in_the_wrong_column_stays_secret(messages):
    """Shifted columns, by which keys get to where names belong."""
    for column in Sa._fields:
        assert_no_key([OUT_KEY], messages(*table(Sa(encryption_key="")._replace(**{column: OUT_KEY}))))


def test_all_bad_rows_are_one_message(messages):
    """They are one dialog in the GUI. Beyond twenty, rows are only counted."""
    bad = [row for _, row, _ in BAD_ROWS] * 2
    lines = messages(*table(*bad))
    assert lines[0] == f"tshark: IPsec Analysis cannot use {len(bad)} of {len(bad)} rows of the table ipsec_sa."
    assert [line.split(",")[1] for line in lines[1:-1]] == [f" row {number}" for number in range(1, 21)]
    assert lines[-1] == f"and {len(bad) - 20} more"


BAD_STATES = [
    ("aead rfc4106(gcm(aes)) 0x", "aead rfc4106(qcm(aes)) 0x", "qcm"),
    (OUT_KEY, OUT_KEY[:-2], "not 19"),
    (OUT_KEY, OUT_KEY[:-1], "odd|even"),
    (OUT_KEY, SECRET, "hex"),
    ("spi " + OUT_SPI, "spi 0xnumber", ""),
    ("rfc4106(gcm(aes)) ", "", "hex digits"),      # the key is where the name belongs
]


@pytest.mark.parametrize("good, bad, reason", BAD_STATES)
def test_a_bad_sa_of_a_file_is_named_by_its_line(tshark, messages, kernel, good, bad, reason):
    text = (kernel / f"{GCM}.xfrm-state.txt").read_text()
    back, out = text[:text.index("src 10.9.0.1 ")], text[text.index("src 10.9.0.1 "):]
    assert good in out
    path = tshark.share("bad.xfrm-state.txt", back + out.replace(good, bad))
    lines = messages(*xfrm_file(path))
    assert len(lines) == 2, lines
    assert lines[0] == f'tshark: IPsec Analysis cannot use 1 of 2 SAs of the saved "ip xfrm state" in "{path}".'
    assert re.match(r"ip xfrm state, line 7\d*(?:, word [\w-]+)?: ", lines[1]), lines[1]
    assert re.search(reason, lines[1].split(": ", 1)[1]), lines[1]
    assert_no_key((OUT_KEY, BACK_KEY, SECRET), lines)


@pytest.mark.parametrize("row, reason", [
    (EspSa(encryption_key="0x" + OUT_KEY[:-2]), "not 19"),
    (EspSa(encryption="AES-CBC [RFC3602]"), "not 20"),
    (EspSa(source="10.9.0.300"), ""),
    (EspSa(spi="many"), ""),
])
def test_a_bad_row_of_wiresharks_table_is_named(messages, row, reason):
    lines = messages(*table(EspSa(), row))
    assert len(lines) == 2, lines
    assert lines[0] == 'tshark: IPsec Analysis cannot use 1 of 2 rows of Wireshark\'s table "ESP SAs".'
    assert lines[1].startswith("ESP SAs, row 2, column ")
    assert re.search(reason, lines[1].split(": ", 1)[1]), lines[1]
    assert_no_key([OUT_KEY], lines)


def test_wiresharks_table_is_left_alone_if_told_so(messages):
    assert messages(*table(EspSa(spi="many")), "-o", "ipsec.use_esp_sa:FALSE") == []


def test_an_empty_row_of_wiresharks_table(messages):
    """As its dialog creates it."""
    assert len(messages(*table(EspSa("IPv4", "", "", "", "NULL", "", "NULL", ""), EspSa()))) in (0, 2)


# --- files without keys ----------------------------------------------------------------------------

def test_a_file_that_is_missing(messages):
    (line,) = messages(*xfrm_file("/nonexistent/state.txt"))
    assert line.startswith('tshark: IPsec Analysis read no keys from the saved "ip xfrm state": ')
    assert "/nonexistent/state.txt" in line and line.endswith("No such file or directory")


def test_a_file_that_may_not_be_read(tshark, messages):
    path = tshark.share("closed.txt", "")
    path.chmod(0)
    if path.stat().st_uid != 0:
        pytest.skip("its owner runs tshark; only root's is closed to it")
    (line,) = messages(*xfrm_file(path))
    assert str(path) in line and line.endswith("Permission denied")


def test_a_file_that_is_none(tshark, messages):
    (line,) = messages(*xfrm_file(tshark.crafted))
    assert f'"{tshark.crafted}" is not a regular file' in line


def test_a_file_that_is_too_large(tshark, messages):
    path = tshark.share("large.txt", "")
    with path.open("r+b") as file:
        file.truncate((1 << 30) + 1)    # sparse, so it takes no space
    (line,) = messages(*xfrm_file(path))
    path.unlink()
    assert f'"{path}" is larger than 1024 MiB' in line


@pytest.mark.parametrize("text", ["", "Nothing of the kind.\n", "\0" * 1000])
def test_a_file_of_something_else(tshark, messages, text):
    path = tshark.share("else.txt", text)
    (line,) = messages(*xfrm_file(path))
    assert f'"{path}" contains no ESP or AH SA' in line


# --- reported once ------------------------------------------------------------------------------------------

def test_two_passes_say_it_once(messages):
    options = (*table(Sa(esn="perhaps")), *xfrm_file("/nonexistent"), *table(EspSa(spi="many")))
    assert len(messages(*options)) == len(messages(*options, "-2")) == 5


def load(capture):
    return {"method": "load", "params": {"file": str(capture)}}


def set_preference(name, value):
    return {"method": "setconf", "params": {"name": name, "value": value}}


@pytest.mark.skipif(not shutil.which("sharkd"), reason="no sharkd")
def test_it_is_said_once_per_change(tshark, kernel):
    """One session that opens several files, as the GUI does; a redissection there does the same."""
    text = (kernel / f"{GCM}.xfrm-state.txt").read_text()
    path = tshark.share("changing.txt", text.replace("gcm", "qcm"))
    other = tshark.share("other.txt", text)
    capture = load(kernel / f"{GCM}.pcap")
    done = tshark.sharkd(set_preference("uat:ipsec_sa", line_of(Sa(esn="perhaps"))),
                         set_preference("ipsec.sa_file", str(path)), capture, capture, capture,
                         set_preference("uat:ipsec_sa", line_of(BACK)), capture, capture,
                         set_preference("ipsec.sa_file", str(other)), capture,
                         set_preference("ipsec.sa_file", str(path)), capture)
    said = [line.split(": ", 1)[1] for line in done.stderr.splitlines() if "IPsec Analysis cannot use" in line]
    in_table = "IPsec Analysis cannot use 1 of {} rows of the table ipsec_sa."
    in_file = f'IPsec Analysis cannot use 2 of 2 SAs of the saved "ip xfrm state" in "{path}".'
    # The table has grown, and the file was good in between.
    assert said == [in_table.format(1), in_file, in_table.format(2), in_file]


# --- good rows ------------------------------------------------------------------------------------------

@pytest.mark.parametrize("capture", [GCM, CBC, AH])
def test_a_saved_state_has_all_it_takes(messages, keyed, kernel, capture):
    options = xfrm_file(kernel / f"{capture}.xfrm-state.txt")
    assert messages(*options, capture=capture) == []
    rows = keyed(*options, capture=capture)
    assert_verified(rows)
    assert sources(rows) == {"ip xfrm state, line 1", f"ip xfrm state, line {8 if capture == CBC else 7}"}


def test_lines_may_end_as_on_windows(tshark, messages, keyed, kernel):
    text = (kernel / f"{GCM}.xfrm-state.txt").read_text().replace("\n", "\r\n")
    options = xfrm_file(tshark.share("crlf.txt", text))
    assert messages(*options) == []
    rows = keyed(*options)
    assert_verified(rows)
    assert sources(rows) == {"ip xfrm state, line 1", "ip xfrm state, line 7"}


def test_several_dumps_in_a_file(tshark, messages, keyed, kernel):
    text = "".join((kernel / f"{name}.xfrm-state.txt").read_text() for name in (GCM, CBC, AH, GCM))
    options = xfrm_file(tshark.share("several.txt", text))
    for capture, lines in ((GCM, (1, 7)), (CBC, (13, 20)), (AH, (27, 33))):
        assert messages(*options, capture=capture) == []
        rows = keyed(*options, capture=capture)
        assert_verified(rows)
        assert sources(rows) == {f"ip xfrm state, line {line}" for line in lines}


def test_good_rows_work_beside_bad_ones(keyed):
    rows = keyed(*table(Sa(esn="perhaps"), BACK, Sa(mode="sideways"), Sa()))
    assert_verified(rows)
    assert sources(rows, BACK_SPI) == {"ipsec_sa, row 2"} and sources(rows, OUT_SPI) == {"ipsec_sa, row 4"}


def test_good_sas_work_beside_bad_ones(tshark, keyed, kernel):
    text = (kernel / f"{GCM}.xfrm-state.txt").read_text()
    rows = keyed(*xfrm_file(tshark.share("half.txt", text.replace(BACK_KEY, BACK_KEY[:-2]))),
                 *table(EspSa(spi="many"), EspSa("IPv4", "10.9.0.2", "10.9.0.1", BACK_SPI, STOCK_GCM, BACK_KEY[:-2]),
                        EspSa("IPv4", "10.9.0.2", "10.9.0.1", BACK_SPI, STOCK_GCM, "0x" + BACK_KEY)))
    assert_verified(rows)
    assert sources(rows, OUT_SPI) == {"ip xfrm state, line 7"} and sources(rows, BACK_SPI) == {"ESP SAs, row 3"}


def test_the_sources_have_an_order(keyed, kernel):
    state = xfrm_file(kernel / f"{GCM}.xfrm-state.txt")
    assert sources(keyed(*table(Sa(), EspSa()), *state), OUT_SPI) == {"ipsec_sa, row 1"}
    assert sources(keyed(*table(EspSa()), *state), OUT_SPI) == {"ip xfrm state, line 7"}
    assert sources(keyed(*table(EspSa())), OUT_SPI) == {"ESP SAs, row 1"}
    assert sources(keyed(*table(EspSa()), "-o", "ipsec.use_esp_sa:FALSE"), OUT_SPI) == {""}
    assert sources(keyed(*table(Sa(), Sa())), OUT_SPI) == {"ipsec_sa, row 1"}


def test_a_table_is_saved_in_the_profile(tshark, messages, keyed):
    profile = tshark.home / ".config" / "wireshark" / "profiles" / "with-keys"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "ipsec_sa").write_text("\n".join(map(line_of, (Sa(), Sa(spi="many"), BACK))) + "\n")
    for path in (profile / "ipsec_sa", profile, *list(profile.parents)[:3]):
        path.chmod(0o755)
    assert messages("-C", "with-keys")[1].startswith("ipsec_sa, row 2, column spi: ")
    assert_verified(keyed("-C", "with-keys"))
