#!/usr/bin/env python3
"""Prints every sample in captured MQTT messages once, as `headgate receive export` does.

    mosquitto_sub -q 1 -t 'headgate/1/#' -F '%t %x' > capture.txt
    python3 decode.py capture.txt          # or: … | python3 decode.py

Begin before the gateway connects: it sends its point list, which names the points, once a session.
Of one that is connected already, ask for the list while you capture; what is missing is told with
the message that asks for it.

A line is a topic, a space and the payload in hexadecimal. Nothing but the standard library is
used. Exit code 1: something could not be read, or blocks are missing; stderr says what.
"""

import hashlib
import json
import math
import sys
from decimal import Decimal

from block import Malformed, unpack, unpack_thinned
from frame import as_json, read_frame


class Unlisted(Exception):
    """The point list of a block is not in the capture."""


class Record:
    """Each number once, by (gateway, stream, epoch, number): a block, or what thinning kept."""

    def __init__(self):
        self.lists = {}
        self.blocks = {}
        self.thinned = {}
        self.gone = {}
        self.steps = {}
        self.troubles = []
        self.unlisted = {}

    def take(self, payload):
        frame = read_frame(payload)
        if frame is None:
            self.take_list(as_json(payload))
            return
        gateway, stream, epoch, entries = frame
        for entry in entries:
            self.take_entry((gateway, stream, epoch), entry)

    def take_list(self, record):
        text = json.dumps(record["pointIds"], ensure_ascii=False, separators=(",", ":"))
        if hashlib.sha256(text.encode()).hexdigest()[:16] != record["hash"]:
            raise ValueError(f"the point list is not the one that {record['hash']} names")
        self.lists[record["hash"]] = record["pointIds"]

    def take_entry(self, place, entry):
        numbers = range(entry["first"], entry["last"] + 1)
        if entry["kind"] == "gap":
            self.gone.setdefault(place, set()).update(numbers)
            return
        body = entry.get("body")
        if body is not None and hashlib.sha256(body).hexdigest()[:16] != entry["hash"]:
            raise ValueError(f"block {entry['first']} is not the one that its hash names")
        if entry["kind"] == "thinned":
            for number in numbers:
                self.thinned.setdefault((*place, number), entry)
            return
        if entry["kind"] == "clock":
            step = json.loads(body)
            self.steps.setdefault((place[0], step["boot"]), {}).setdefault(step["step"], step)
        kept = self.blocks.setdefault((*place, entry["first"]), entry)
        if kept["hash"] != entry["hash"]:
            self.troubles.append(f"{place} {entry['first']}: two contents under one number")

    def samples(self):
        """Sorted by gateway, epoch, block and index: place, index, sample, how it was dated."""
        entries = {**self.thinned, **self.blocks}
        for place in sorted(entries, key=lambda key: (key[0], key[2], key[1], key[3])):
            entry = entries[place]
            dating = self.dating(place[0], entry["clock"])
            try:
                for index, sample in self.unpacked(entry, place[3]):
                    yield place, index, sample, dating
            except Unlisted:
                blocks = self.unlisted.setdefault((place[0], entry["list"]), set())
                blocks.add(place[1:])
            except (Malformed, KeyError, IndexError, UnicodeDecodeError) as error:
                self.troubles.append(f"{place}: {error!r}")

    def unpacked(self, entry, number):
        if "samples" in entry:
            return enumerate(entry["samples"])
        if entry["kind"] == "data":
            return enumerate(self.named(entry, unpack(entry["body"])))
        if entry["kind"] != "thinned":
            return ()
        if "kept" not in entry:
            entry["kept"] = unpack_thinned(entry["body"])
        own = [(i, kept) for offset, i, kept in entry["kept"] if entry["first"] + offset == number]
        return sorted(zip([i for i, _ in own], self.named(entry, [kept for _, kept in own])))

    def named(self, entry, samples):
        if samples and entry["list"] not in self.lists:
            raise Unlisted
        names = self.lists[entry["list"]] if samples else []
        return [(names[point], *rest) for point, *rest in samples]

    def dating(self, gateway, clock):
        """By how much to shift, and in which state the clock's word is; None if it was right."""
        if clock is None or clock["sync"]:
            return 0, None
        steps = self.steps.get((gateway, clock["boot"]), {}).values()
        later = [step for step in steps if step["step"] > clock["step"]]
        state = "corrected" if any(step["sync"] for step in later) else "unsynced"
        return sum(step["offsetMs"] for step in later), state

    def missing(self):
        """Numbers from 1 to the highest that nothing accounts for."""
        held = {place: set(numbers) for place, numbers in self.gone.items()}
        for *place, number in [*self.blocks, *self.thinned]:
            held.setdefault(tuple(place), set()).add(number)
        for place, numbers in sorted(held.items()):
            holes = [number for number in range(1, max(numbers)) if number not in numbers]
            if holes:
                yield f"{place}: {len(holes)} blocks are missing, from {holes[0]} on"


def how_to_ask(gateway, points, count):
    """What to do about a point list that was sent before the capture began."""
    wish = json.dumps({"v": 1, "id": "q", "op": "points", "hash": points}, separators=(",", ":"))
    return (f"{gateway}: {count} blocks need point list {points}, which is not in the capture: "
            "begin it before the gateway connects, or ask for the list while it runs: "
            f"mosquitto_pub -q 1 -t 'headgate/1/{gateway}/req/probe' -m '{wish}'")


def json_value(value):
    """A value as JavaScript writes it: numbers that JSON has not are text."""
    if isinstance(value, float):
        return json_number(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**53:
        return json.dumps(str(value))
    return json.dumps(value, ensure_ascii=False)


def json_number(value):
    """The shortest digits that come back to the same float, placed as ECMAScript places them."""
    if not math.isfinite(value):
        return json.dumps("NaN" if math.isnan(value) else f"{'-' if value < 0 else ''}Infinity")
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    text, point = "".join(map(str, digits)), len(digits) + exponent
    if value == 0:
        return "0"
    if len(text) <= point <= 21:
        text += "0" * (point - len(text))
    elif 0 < point <= 21:
        text = f"{text[:point]}.{text[point:]}"
    elif -6 < point <= 0:
        text = f"0.{'0' * -point}{text}"
    else:
        text = f"{text[0]}{'.' if len(text) > 1 else ''}{text[1:]}e{point - 1:+d}"
    return ("-" if sign else "") + text


def line(place, index, sample, dating):
    gateway, _, epoch, number = place
    point, time, value, quality, reason = sample
    shift, state = dating
    parts = [("gateway", json.dumps(gateway, ensure_ascii=False)),
             ("point", json.dumps(point, ensure_ascii=False)), ("t", str(time + shift))]
    if state is not None:
        parts.append(("clock", json.dumps(state)))
    if shift != 0:
        parts.append(("tBefore", str(time)))
    parts += [("value", json_value(value)), ("quality", json.dumps(quality))]
    if reason is not None:
        parts.append(("reason", json.dumps(reason, ensure_ascii=False)))
    parts += [("epoch", json.dumps(epoch)), ("block", str(number)), ("index", str(index))]
    return "{" + ",".join(f'"{name}":{text}' for name, text in parts) + "}"


def main(paths):
    record = Record()
    source = open(paths[0], encoding="utf-8") if paths else sys.stdin
    with source:
        for number, text in enumerate(source, 1):
            topic, _, payload = text.rstrip("\n").rpartition(" ")
            if "/d/" not in topic and "/m/" not in topic:
                continue
            try:
                record.take(bytes.fromhex(payload))
            except (ValueError, KeyError, IndexError, OSError) as error:
                record.troubles.append(f"line {number}, {topic}: {error}")
    for place, index, sample, dating in record.samples():
        print(line(place, index, sample, dating))
    unlisted = [how_to_ask(*names, len(blocks)) for names, blocks in record.unlisted.items()]
    troubles = [*record.troubles, *unlisted, *record.missing()]
    for trouble in troubles:
        print(trouble, file=sys.stderr)
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
