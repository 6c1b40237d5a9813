"""Reads one MQTT message of the Headgate Sync Protocol 1, as docs/sync-protocol.md says."""

import base64
import gzip
import zlib
import json
import math

KINDS = {1: "data", 2: "epoch", 3: "media", 4: "gap", 5: "thinned", 6: "clock"}
FLOAT_TEXTS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf, "-0": -0.0}


def read_frame(payload):
    """(gateway, stream, epoch, entries), or None for a point list. Entries are dicts."""
    if payload[:2] == b"\x1f\x8b" or payload[:1] == b"{":
        return read_json(as_json(payload))
    return read_protobuf(payload)


def as_json(payload):
    return json.loads(gzip.decompress(payload) if payload[:2] == b"\x1f\x8b" else payload)


def read_json(frame):
    if "pointIds" in frame:
        return None
    entries = [json_entry(entry) for entry in frame["entries"]]
    return frame["gw"], frame["st"], frame["ep"], entries


def json_entry(entry):
    known = {"kind": entry["k"], "first": entry["b"], "last": entry.get("b1", entry["b"]),
             "hash": entry.get("h"), "list": entry.get("sch", ""), "clock": entry.get("clk")}
    if "body" in entry:
        known["body"] = base64.b64decode(entry["body"])
    if "s" in entry:
        known["samples"] = [s for one in entry["s"] for s in series(one, entry["t0"])]
    return known


def series(one, from_ms):
    about = {index: rest for index, *rest in one.get("q", [])}
    for place, (offset, value) in enumerate(zip(one["t"], one["v"])):
        quality, *reason = about.get(place, ["good"])
        if quality == "bad":
            yield one["p"], from_ms + offset, None, quality, reason[0] if reason else "bad"
        else:
            yield one["p"], from_ms + offset, value_of(value, one.get("y")), quality, None


def value_of(value, kind):
    if kind == "int":
        return int(value)
    if kind == "float" and isinstance(value, str):
        return FLOAT_TEXTS[value]
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number else value


def fields(message):
    """Field number and value of each field of a protobuf message: an int, or bytes."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        tag = varint()
        if tag & 7 == 0:
            yield tag >> 3, varint()
        elif tag & 7 == 2:
            length = varint()
            if at + length > len(message):
                raise ValueError("a field is cut short")
            yield tag >> 3, message[at : at + length]
            at += length
        else:
            at += {1: 8, 5: 4}[tag & 7]


def read_protobuf(payload):
    if zlib.crc32(payload[:-5]) != int.from_bytes(payload[-4:], "little"):
        raise ValueError("a frame whose checksum does not fit")
    head, entries = {}, []
    for number, value in fields(payload):
        if number == 6:
            entries.append(protobuf_entry(value))
        else:
            head[number] = value
    if head.get(1) != 1:
        raise ValueError("a version that is not known here")
    return head[2].decode(), head[3].decode(), head[4].decode(), entries


def protobuf_entry(message):
    got = dict(fields(message))
    return {"kind": KINDS[got[1]], "first": got[2], "last": got.get(3, got[2]),
            "hash": got.get(9, b"").hex(), "list": got.get(8, b"").hex(),
            "clock": protobuf_clock(got[11]) if 11 in got else None, "body": got.get(10, b"")}


def protobuf_clock(message):
    got = dict(fields(message))
    return {"boot": got.get(1, b"").decode(), "sync": got.get(3, 0) == 1, "step": got.get(4, 0)}
