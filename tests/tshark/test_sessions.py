"""Sessions with forged packets: what is said about the genuine ones does not depend on them. ../sessions defines what
is forged, and what must be true; run.py there does the same for hours.

IPSEC_SESSIONS: how many sessions are run (the sanitizers are slow).

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os

import pytest

from sessions.check import DROP, GOOD, Batch

SESSIONS = 60
BATCHES = range(1, max(1, int(os.environ.get("IPSEC_SESSIONS", "240")) // SESSIONS) + 1)
SHOWN = 12


def assert_none(failures):
    failing = {session: text for session, text in reversed(failures)}     # the first of each
    lines = [f"{session}:\n  {text}" for session, text in reversed(failing.items())]
    assert not lines, "\n".join([f"{len(lines)} sessions fail, as:", *lines[:SHOWN]])


@pytest.mark.parametrize("seed", BATCHES)
def test_forged_packets_change_nothing(tshark, seed):
    batch = Batch.random(seed, SESSIONS)
    assert sum(packet.forged for _, _, packet in batch.placed) > 100
    assert_none(batch.run(tshark))


def test_sessions_are_the_same_every_time():
    first, again = (Batch.random(1, 8) for _ in range(2))
    assert first.keys == again.keys and first.options == again.options
    assert [(time, packet[:3]) for time, _, packet in first.placed] == [(time, packet[:3]) for time, _, packet in again.placed]


OCCUR = {"seq.gap", "seq.reorder", "replay.old", "replay.duplicate", "esn.wrong_high", "capture.duplicate", "capture.offload",
         "sa.old_spi", "sa.address_changed", "sa.expired", "iv.reuse"}


def test_clean_sessions_are_what_they_should_be(tshark):
    """All whole packets verify, and every fault of a sender is found; otherwise the comparison would mean nothing."""
    batch = Batch.random(1, SESSIONS)
    batch = Batch(1, batch.sessions, [[] for _ in batch.sessions], [])
    run = batch.read(tshark)
    assert len(run.rows) == len(batch.placed) > 5000
    found = set()
    for at, (_, session, packet) in enumerate(batch.placed):
        found.update(run.findings(at))
        if session.keyed and packet.is_whole and packet.kind == "sent":
            assert run.rows[at]["ipsec.icv.status"] == GOOD, (at + 1, session)
            refused = set(run.findings(at)) & {"sa.expired", "esp.spi_unknown", "ah.spi_unknown"}
            assert (run.rows[at]["ipsec.verdict"] == DROP) == bool(refused), (at + 1, session)
    assert found >= OCCUR
