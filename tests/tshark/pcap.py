"""Reads, cuts and joins pcap files (microseconds), without corrections.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct
from typing import NamedTuple

FILE_HEADER = struct.Struct("<IHHiIII")
RECORD_HEADER = struct.Struct("<IIII")
MAGIC = 0xA1B2C3D4
ETHERNET, RAW_IP, LINUX_COOKED = 1, 101, 113     # link types


class Record(NamedTuple):
    """One frame; `length` is its length on the wire."""
    seconds: int
    microseconds: int
    length: int
    octets: bytes


def read(path):
    octets = path.read_bytes()
    assert FILE_HEADER.unpack_from(octets)[0] == MAGIC, path
    records, at = [], FILE_HEADER.size
    while at < len(octets):
        seconds, microseconds, captured, length = RECORD_HEADER.unpack_from(octets, at)
        at += RECORD_HEADER.size
        records.append(Record(seconds, microseconds, length, octets[at:at + captured]))
        at += captured
    return records


def write(path, records, link_type=ETHERNET):
    with open(path, "wb") as file:
        file.write(FILE_HEADER.pack(MAGIC, 2, 4, 0, 0, 262144, link_type))
        for record in records:
            file.write(RECORD_HEADER.pack(record.seconds, record.microseconds, len(record.octets),
                                          record.length) + record.octets)
    return path


def write_frames(path, frames):
    """Writes complete frames, a second apart."""
    return write(path, [Record(1_700_000_000 + number, 0, len(frame), frame)
                        for number, frame in enumerate(frames)])


def hide_cuts(records):
    """Changes the lengths, so that no frame seems to be cut."""
    return [record._replace(length=len(record.octets)) for record in records]


def concatenate(path, sources):
    """Joins captures, frame after frame."""
    return write(path, [record for source in sources for record in read(source)])
