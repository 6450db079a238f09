"""Whether the plugin left the stock dissection alone and says the same in every pass.

SPDX-License-Identifier: GPL-2.0-or-later
"""
from tshark_runner import LATER


def assert_sound(tshark, capture):
    """With the plugin, tshark sees the same layers and gives up at the same places as without, unless the plugin passes
    on payloads; and it says the same in one pass as in two. (The runner checks that it neither crashes nor
    complains.)"""
    alone = ("-o", "ipsec.decrypt:false")
    rows, again = tshark.rows(capture, *alone), tshark.rows(capture, "-2", *alone)
    tshark.rows(capture)
    stock = tshark.rows(capture, plugin=False)
    assert list(rows) == list(stock)
    for frame, row in rows.items():
        assert row["frame.protocols"] == stock[frame]["frame.protocols"], frame
        gave_up = [value for value in row["_ws.malformed"] if value.startswith("[")]
        assert gave_up == [value for value in stock[frame]["_ws.malformed"] if value.startswith("[")], frame
        if row["frame.protocols"] == again[frame]["frame.protocols"] and LATER.isdisjoint(row.findings + again[frame].findings):
            assert (row.verdicts, row.findings) == (again[frame].verdicts, again[frame].findings), frame
    return rows
