"""Converts the frame numbers in the lines that tshark prints for a shard.

A frame number of a shard means nothing outside it. It becomes a list of two: the index of its part in the shard, from 0,
and the frame number in the file of that part.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json

from . import merged, tables


def place_all(one, table, places):
    files, numbers = places
    for column in table.columns:
        frame = one.get(column.member or column.name) if column.kind == tables.FRAME else None
        if frame:
            one[column.member or column.name] = [files[frame - 1], numbers[frame - 1]]
            if column.also_in:
                one[column.also_in] = one[column.also_in].replace(f"frame {frame}", "frame N")
    for part in tables.PARTS:
        for each in one.get(part.member, ()) if part.of == table.name else ():
            place_all(each, part, places)


def place(lines, made, frames):
    """Copies the lines of known tables to `made`, converted. `frames`: for each part, the path of the file with its frame
    numbers and times."""
    places = merged.in_order(frames)
    with open(lines, encoding="utf-8") as source, open(made, "w", encoding="utf-8") as target:
        for line in source:
            one = json.loads(line) if line.startswith("{") else {}
            table = tables.table_of(one)
            if table:
                place_all(one, table, places)
                target.write(json.dumps(one) + "\n")
