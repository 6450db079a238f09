"""Which file each packet of a shard came from.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import heapq
import struct
from array import array

FRAME = struct.Struct("<qI")    # as written by ipsec-split: nanoseconds, number in the file from 1


def frames_of(path):
    """(time, frame) of the packets of one part."""
    return FRAME.iter_unpack(path.read_bytes())


def is_in_order(path):
    """Whether no packet is older than the one before it."""
    last = None
    for time, _ in frames_of(path):
        if last is not None and time < last:
            return False
        last = time
    return True


def with_file(file, path):
    """(time, file, frame) of the packets of one part, in time order."""
    frames = frames_of(path) if is_in_order(path) else sorted(frames_of(path), key=lambda packet: packet[0])
    return ((time, file, frame) for time, frame in frames)


def in_order(paths):
    """The file and the frame number of each packet of a shard, as two arrays in the order in which tshark reads them: by
    time, and where times are equal, the last file first, as in mergecap. Files are indexes into `paths`."""
    files, numbers = array("I"), array("I")
    parts = [with_file(file, path) for file, path in enumerate(paths)]
    for _, file, number in heapq.merge(*reversed(parts), key=lambda packet: packet[0]):
        files.append(file)
        numbers.append(number)
    return files, numbers
