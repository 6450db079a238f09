"""Writes the crafted sample captures and, next to each, a sidecar with what every frame must show.

    python3 tests/make_captures.py [FOLDER]       (default: captures/)

In the directory samples/, every packet is next to its expectation, which follows from the RFCs and from what receivers
are known to count, never from what the plugin printed. Nothing there uses a clock or a random source, so two runs write
the same octets. captures/README.md describes the sidecar format.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import sys
from pathlib import Path
from typing import Callable, Tuple

from samples.asked import faults_asked_freebsd, faults_asked_vpp
from samples.benign import benign
from samples.benign_keyed import benign_keyed, benign_table
from samples.counters import faults_counters
from samples.daemons import daemons
from samples.expectations import Capture
from samples.faults import faults, faults_ipv6, faults_nested
from samples.foreign import foreign
from samples.forged_null import forged_null
from samples.fragments import fragments
from samples.ike import ike
from samples.ike_inside import ike_inside
from samples.icmp import icmp
from samples.keyed import faults_keyed, faults_keyed_ipv6, faults_sa, faults_table
from samples.natt import faults_natt
from samples.opening import offload, opening
from samples.order import faults_order
from samples.points import points
from samples.receiver import faults_receiver
from samples.sequence import faults_sequence

CAPTURES: Tuple[Callable[[], Capture], ...] = (
    faults, faults_ipv6, faults_nested, faults_natt, benign, faults_keyed, faults_keyed_ipv6, faults_sa,
    faults_table, faults_sequence, faults_counters, faults_order, faults_receiver, faults_asked_vpp,
    faults_asked_freebsd, benign_keyed, benign_table, forged_null, points, opening, offload, foreign, daemons, fragments,
    icmp, ike, ike_inside)


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for make in CAPTURES:
        make().write(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent / "captures")
