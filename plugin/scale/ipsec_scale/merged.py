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
    """Whether no packet is older than the one in front of it."""
    last = None
    for time, _ in frames_of(path):
        if last is not None and time < last:
            return False
        last = time
    return True


def with_file(file, path):
    """(time, file, frame) of the packets of one part, in order."""
    frames = frames_of(path) if is_in_order(path) else sorted(frames_of(path), key=lambda packet: packet[0])
    return ((time, file, frame) for time, frame in frames)


def in_order(paths):
    """Numbers of files, and of frames, of the packets of a shard in the order in which they are judged: by time, those of the
    last file first where times are equal, as mergecap does it. A file has the number of its path here, from 0."""
    files, numbers = array("I"), array("I")
    parts = [with_file(file, path) for file, path in enumerate(paths)]
    for _, file, number in heapq.merge(*reversed(parts), key=lambda packet: packet[0]):
        files.append(file)
        numbers.append(number)
    return files, numbers
