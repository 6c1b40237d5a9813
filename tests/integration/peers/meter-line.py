"""Meters on one RS-485 line, for tests: DL/T 645-2007, CJ/T 188 and Modbus RTU.

Written from the standards' facts with Python's library alone, so that the drivers are held against
something else than themselves. Opens a pseudo-terminal and prints "ready PATH". Argument: one JSON
document.

{"dlt645": {"baudRate": 2400,
            "meters": {"000012345678": {"items": {"00010000": [4, "123456.78"]}}}},
 "cjt188": {"baudRate": 2400,
            "meters": {"78330011223344": {"kind": "10", "items": {"901F": "00 …"}}}},
 "modbus": {"baudRate": 9600, "units": {"3": {"0": 215}}}}

An item of DL/T 645 is its bytes and its number as the display shows it, or the raw bytes in the
order of the wire. A meter may have a "fault": silent, late, other-number, garbled, noise,
no-digits, filled, refusing. A device understands only what comes at its own baud
rate.
"""
import json
import os
import pty
import select
import struct
import sys
import termios
import time
import tty

START, END = 0x68, 0x16
LATE_SECONDS = 1.2


def digits(size, shown):
    """A number as a display shows it: binary coded decimals, low byte first, the top bit a sign."""
    plain = shown.lstrip("-").replace(".", "").rjust(2 * size, "0")
    data = bytearray(reversed(bytes.fromhex(plain)))
    if shown.startswith("-"):
        data[-1] |= 0x80
    return bytes(data)


def with_sum(body):
    return body + bytes([sum(body) % 256, END])


def number_bytes(number):
    return bytes(reversed(bytes.fromhex(number)))


def garble(frame, fault):
    if fault == "garbled":
        return frame[:-4] + bytes([frame[-4] ^ 0x10]) + frame[-3:]
    return b"\x68\xff\x68\x00" + frame if fault == "noise" else frame


class ElectricityMeters:
    """Frame: 68, six bytes of number, 68, control, length, data + 33H each, sum, 16."""

    def __init__(self, config):
        self.baud_rate = config["baudRate"]
        self.meters = config["meters"]

    def answers(self, heard):
        for at in range(len(heard) - 11):
            if heard[at] != START or heard[at + 7] != START:
                continue
            size = heard[at + 9]
            frame = heard[at : at + 12 + size]
            if len(frame) < 12 + size or frame != with_sum(frame[:-2]):
                continue
            plain = bytes((byte - 0x33) % 256 for byte in frame[10:-2])
            return [self.answer(number, frame[8], plain) for number in self.asked(frame[1:7])]
        return None

    def asked(self, wanted):
        if wanted == b"\xaa" * 6:
            return list(self.meters)
        return [number for number in self.meters if number_bytes(number) == wanted]

    def frame(self, number, control, plain):
        shifted = bytes((byte + 0x33) % 256 for byte in plain)
        head = bytes([START]) + number_bytes(number) + bytes([START, control, len(plain)])
        return with_sum(head + shifted)

    def answer(self, number, control, plain):
        meter = self.meters[number]
        fault = meter.get("fault")
        if control == 0x13:
            return fault, self.frame(number, 0x93, number_bytes(number))
        item = bytes(reversed(plain[:4])).hex().upper()
        if fault == "refusing" or item not in meter["items"]:
            return fault, self.frame(number, control | 0xC0, b"\x02")
        content = meter["items"][item]
        data = bytes.fromhex(content) if isinstance(content, str) else digits(*content)
        if fault == "no-digits":
            data = b"\xea" * len(data)
        if fault == "filled":
            data = b"\xff" * len(data)
        sender = "000000000099" if fault == "other-number" else number
        limit = meter.get("frameBytes", 180)
        sequence = plain[4] if control == 0x12 else 0
        part = data[sequence * limit : (sequence + 1) * limit]
        more = 0x20 if len(data) > (sequence + 1) * limit else 0
        tail = bytes([sequence]) if control == 0x12 else b""
        return fault, self.frame(sender, control | 0x80 | more, plain[:4] + part + tail)


class VolumeMeters:
    """Frame: 68, kind, seven bytes of number, control, length, data, sum, 16."""

    def __init__(self, config):
        self.baud_rate = config["baudRate"]
        self.meters = config["meters"]

    def answers(self, heard):
        for at in range(len(heard) - 12):
            size = heard[at + 10]
            frame = heard[at : at + 13 + size]
            if heard[at] != START or len(frame) < 13 + size or frame != with_sum(frame[:-2]):
                continue
            return [
                self.answer(number, frame)
                for number, meter in self.meters.items()
                if frame[1] == int(meter["kind"], 16) and number_bytes(number) == frame[2:9]
            ]
        return None

    def answer(self, number, request):
        meter = self.meters[number]
        item, serial = request[11:13], request[13:14]
        name = bytes(reversed(item)).hex().upper()
        head = bytes([START, request[1]]) + number_bytes(number)
        if name not in meter["items"]:
            return None, with_sum(head + b"\xc1\x03" + serial + b"\x00\x00")
        data = item + serial + bytes.fromhex(meter["items"][name])
        return meter.get("fault"), with_sum(head + bytes([0x81, len(data)]) + data)


class ModbusUnits:
    """Function 3 of Modbus RTU."""

    def __init__(self, config):
        self.baud_rate = config["baudRate"]
        self.units = config["units"]

    def answers(self, heard):
        for at in range(len(heard) - 7):
            request = heard[at : at + 8]
            if request[1] != 3 or self.crc(request[:6]) != request[6:]:
                continue
            unit = self.units.get(str(request[0]))
            if unit is None:
                return []
            first, count = struct.unpack(">HH", request[2:6])
            values = [unit.get(str(first + offset)) for offset in range(count)]
            if None in values:
                body = bytes([request[0], 0x83, 2])
            else:
                body = bytes([request[0], 3, 2 * count]) + struct.pack(f">{count}H", *values)
            return [(None, body + self.crc(body))]
        return None

    @staticmethod
    def crc(body):
        register = 0xFFFF
        for byte in body:
            register ^= byte
            for _ in range(8):
                register = (register >> 1) ^ (0xA001 if register & 1 else 0)
        return struct.pack("<H", register)


SPEEDS = {2400: termios.B2400, 9600: termios.B9600, 115200: termios.B115200}
FAMILIES = {"dlt645": ElectricityMeters, "cjt188": VolumeMeters, "modbus": ModbusUnits}


def main():
    config = json.loads(sys.argv[1])
    families = [FAMILIES[name](part) for name, part in config.items()]
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    print("ready", os.ttyname(theirs), flush=True)
    heard = b""
    due = []
    while True:
        wait = max(0, due[0][0] - time.monotonic()) if due else None
        if not select.select([ours], [], [], wait)[0]:
            os.write(ours, due.pop(0)[1])
            continue
        heard = (heard + os.read(ours, 4096))[-600:]
        speed = termios.tcgetattr(theirs)[5]
        for family in families:
            answers = family.answers(heard) if speed == SPEEDS[family.baud_rate] else None
            if answers is None:
                continue
            heard = b""
            for fault, frame in answers:
                if fault == "silent":
                    continue
                delay = LATE_SECONDS if fault == "late" else 0.01
                due.append((time.monotonic() + delay, garble(frame, fault)))
            due.sort()
            break


main()
