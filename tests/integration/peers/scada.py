"""A SCADA system made of pymodbus: reads ten registers at a time, writes setpoints, tells all.

usage: scada.py PORT SECONDS PERIOD_MS WRITE_EVERY
Prints one JSON object at the end: how often it read, what went wrong, each tick it saw with the
first value beside it, and each write that was acknowledged.
"""

import json
import sys
import time

from pymodbus.client import ModbusTcpClient

FIRST_VALUE = 10_000


def fits(words):
    tick = words[0] << 16 | words[1]
    return all(word == (tick * 7 + at * 131) & 0xFFFF for at, word in enumerate(words[2:]))


def main():
    port, seconds, period_ms, write_every = (int(word) for word in sys.argv[1:])
    told = {"reads": 0, "connects": 0, "faults": [], "ticks": [], "writes": []}
    client = ModbusTcpClient("127.0.0.1", port=port, timeout=10)
    end = time.monotonic() + seconds
    turn = 0
    while time.monotonic() < end:
        if not client.is_socket_open():
            told["connects"] += 1
            if not client.connect():
                told["faults"].append("refused")
                time.sleep(0.2)
                continue
        answer = client.read_holding_registers(0, 10, slave=1)
        told["reads"] += 1
        if answer.isError():
            told["faults"].append(str(answer))
        elif not fits(answer.registers):
            told["faults"].append(f"does not fit: {answer.registers}")
        else:
            words = answer.registers
            told["ticks"].append([words[0] << 16 | words[1], words[2]])
        if turn % write_every == 0:
            value = FIRST_VALUE + turn // write_every
            written = client.write_register(100, value, slave=1)
            if written.isError():
                told["faults"].append(str(written))
            else:
                told["writes"].append([100, value])
        turn += 1
        time.sleep(period_ms / 1000)
    client.close()
    print(json.dumps(told), flush=True)


main()
