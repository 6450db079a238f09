"""Of which file a packet of a shard is.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import heapq
import struct

FRAME = struct.Struct("<qI")    # as ipsec-split writes them: nanoseconds, number in the file from 1


def frames_of(path, file):
    """(time, file, frame) of the packets of one part."""
    return [(time, file, frame) for time, frame in FRAME.iter_unpack(path.read_bytes())]


def in_order(parts):
    """(file, frame) of each packet of a shard, in the order in which mergecap puts them: it takes the earliest of those
    that come next, and of equal ones that of the last file. `parts` is in the order of the files."""
    return [(file, frame) for _, file, frame in heapq.merge(*(frames_of(path, file) for file, path in reversed(parts)),
                                                            key=lambda packet: packet[0])]
