"""The tables of a result, and the predefined queries. To add a table, add a definition here.

A table is filled from lines of JSON that tshark prints. Each column names the member of such an object that it holds,
and its kind. The numbers of frames and SAs in a shard mean nothing outside of it: a frame is converted to its file and
its number there, an SA to its row in the table of SAs.

SPDX-License-Identifier: GPL-2.0-or-later
"""
from typing import NamedTuple

# FRAME: a second column, NAME_file, has its file. NAMES: a list, joined by commas. SHARD: the shard that the line is from.
# ROW: the row of another table, which has more members of the same object.
VALUE, FRAME, SA, NAMES, SHARD, ROW = "value", "frame", "sa", "names", "shard", "row"


class Column(NamedTuple):
    name: str
    type: str = "INTEGER"
    kind: str = VALUE
    member: str = ""    # its name in the object, if that differs
    also_in: str = ""   # FRAME: the member whose text also mentions it, as "frame 7"; that becomes "frame N"
    table: object = None    # ROW: the other table


class Table(NamedTuple):
    name: str
    columns: tuple
    tap: str = ""       # tshark's -z that prints its objects, which have the member `key`
    key: str = ""
    at: str = ""        # the member with the frame that rows are sorted by
    of: str = ""        # the parent table, whose objects contain these in `member`
    member: str = ""


def integers(*names):
    return tuple(Column(name) for name in names)


def texts(*names):
    return tuple(Column(name, "TEXT") for name in names)


SAS = Table("sas", (
    *texts("protocol", "source", "destination", "spi_hex", "encapsulation"), *integers("spi"),
    Column("first_frame", kind=FRAME), Column("last_frame", kind=FRAME), *texts("first_time", "last_time"),
    Column("first_epoch", "REAL"), Column("last_epoch", "REAL"),
    *integers("packets", "octets"), Column("packets_per_second", "REAL"), Column("octets_per_second", "REAL"),
    *integers("unchecked", "plausible", "verified", "suspicious"), Column("dropped", member="drop"),
    *integers("highest", "lost", "late", "late_by", "window_needed", "window", "duplicates", "captured_twice", "restarts",
              "icv_good", "icv_bad", "smallest", "largest", "smallest_good", "largest_good", "smallest_bad", "largest_bad",
              "mtu"),
    Column("reverse", kind=SA), Column("successor", kind=SA),
    Column("created_by", kind=FRAME), Column("deleted_by", kind=FRAME), *integers("esn"), *texts("key_source")),
    tap="ipsec,sa,json", key="index", at="first_frame")

# Headers with a finding or not clean; ICMP errors; IKE messages with a finding.
PACKETS = Table("packets", (
    Column("frame", kind=FRAME), *texts("time"), Column("epoch", "REAL"), *texts("verdict", "protocol", "source",
                                                                                 "destination", "encapsulation"),
    *integers("octets", "spi"), *texts("spi_hex"), Column("sa", kind=SA),
    *integers("seq"), Column("seq_first_seen", kind=FRAME), *integers("seq_highest", "seq_lag", "seq_skipped"),
    *texts("icv_status", "icv_unverified"), *integers("icv_length", "iv_length", "pad_length", "next_header", "tfc_length"),
    *texts("key_source"), Column("fragment_frame", kind=FRAME),
    *texts("icmp_error"), *integers("icmp_mtu"), Column("icmp_quoted_frame", kind=FRAME),
    *texts("ike_initiator_spi", "ike_responder_spi"), *integers("ike_message_id"), Column("ike_request", kind=FRAME),
    *integers("windows_error"), *texts("windows_name", "windows_status"), *integers("windows_event"),
    *(Column(name, "TEXT", NAMES) for name in ("linux", "freebsd", "openbsd", "vpp", "strongswan")),
    *texts("strongswan_log", "linux_sa_counter"), *integers("inferred")),
    tap="ipsec,findings,json", key="findings", at="frame")

# Texts about a finding. Many findings share them, so each is stored once.
ADVICE = Table("advice", texts("id", "summary", "cause", "reference", "advice"))

FINDINGS = Table("findings", (
    *texts("id", "severity"), Column("advice", kind=ROW, table=ADVICE),
    Column("advice_frame", kind=FRAME, also_in="advice"), *integers("offset", "length")), of="packets", member="findings")

IKE = Table("ike", (
    *texts("id"), *integers("notify"), *texts("notify_name"), *integers("windows_error")), of="packets", member="ike")

# What shards had to forget; see "Limits" in SCALE.md.
LIMITS = Table("limits", (
    Column("shard", kind=SHARD), Column("name", "TEXT", member="limit"), *integers("times"), *texts("summary")),
    tap="ipsec,limits,json", key="limit")

# All of them.
TABLES = tuple(table for table in list(globals().values()) if isinstance(table, Table))
LINES = tuple(table for table in TABLES if table.tap)
PARTS = tuple(table for table in TABLES if table.of)
TEXTS = tuple(table for table in TABLES if not table.tap and not table.of)


def table_of(one):
    """The table of an object that tshark printed, or None."""
    return next((table for table in LINES if table.key in one), None)


# Tables that describe the run itself.
RUN = """
CREATE TABLE files (file INTEGER PRIMARY KEY, path TEXT, read INTEGER, kept INTEGER, first_ns INTEGER, last_ns INTEGER,
                    unknown_links TEXT, error TEXT);
CREATE TABLE problems (what TEXT, text TEXT);
"""

QUERIES = {
    "worst-sas": ("SAs with the most dropped packets",
                  """SELECT row AS sa, protocol, source, destination, spi_hex, packets, dropped, suspicious, lost, late
                     FROM sas WHERE dropped + suspicious > 0 ORDER BY dropped DESC, suspicious DESC, row LIMIT 20"""),
    "advice": ("What each finding means, and what to look at",
               """SELECT advice.id, summary, advice.advice, reference, count(*) AS packets
                  FROM findings JOIN advice ON advice.row = findings.advice GROUP BY advice.row ORDER BY packets DESC, advice.row"""),
    "findings": ("How often each finding occurs",
                 """SELECT id, severity, count(*) AS packets, count(DISTINCT sa) AS sas
                    FROM findings JOIN packets ON packets.row = findings.packets GROUP BY id, severity
                    ORDER BY packets DESC, id"""),
    "loss-by-hour": ("Lost sequence numbers, by the hour in which the SA began",
                     """SELECT substr(first_time, 1, 13) AS hour, count(*) AS sas, sum(packets) AS packets, sum(lost) AS lost,
                               round(100.0 * sum(lost) / (sum(packets) + sum(lost)), 3) AS percent
                        FROM sas GROUP BY hour ORDER BY hour"""),
    "windows": ("SAs whose packets come too late for a window of 32, and the window that would have accepted them",
                """SELECT row AS sa, source, destination, spi_hex, packets, late, window_needed
                   FROM sas WHERE window_needed > 32 ORDER BY window_needed DESC, row LIMIT 20"""),
    "moved": ("SAs with several rows, because their packets came from several hosts; each row was judged separately",
              """SELECT protocol, destination, spi_hex, count(*) AS rows, group_concat(DISTINCT source) AS sources
                 FROM sas GROUP BY protocol, destination, spi_hex HAVING count(DISTINCT source) > 1
                 ORDER BY destination, spi_hex"""),
    "points": ("SAs with packets that were captured more than once, for example at several points",
               """SELECT row AS sa, source, destination, spi_hex, packets, captured_twice
                  FROM sas WHERE captured_twice > 0 ORDER BY captured_twice DESC, row LIMIT 20"""),
    "limits": ("Limits of the plugin that were reached, so that the results for an SA may depend on other SAs",
               "SELECT name, count(*) AS shards, sum(times) AS times, summary FROM limits GROUP BY name ORDER BY name"),
    "packets": ("All packets with a finding: packets ID",
                """SELECT path, frame, time, source, destination, spi_hex, seq, verdict
                   FROM findings JOIN packets ON packets.row = findings.packets JOIN files ON files.file = frame_file
                   WHERE id = ? ORDER BY packets.row"""),
}
