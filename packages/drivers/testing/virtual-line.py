"""A serial line in this machine whose bytes take the time that they take at its rate.

A pseudo-terminal has no rate: what is written to it is there at once. This stands between the port
under test and what is on the line, and hands each character over when it would have come. Argument:
one JSON document, see virtual-line.ts. Prints one line of JSON once the line is there; ends with
its standard input.
"""
import collections
import ctypes
import json
import os
import pty
import random
import select
import socket
import sys
import termios
import time
import tty

GAP_CHARACTERS = 3.5
GAP_SECONDS_MIN = 0.00175
# Adapters hand over what they have in such steps; the last character comes when it is due.
STEP_SECONDS = 0.001
NAMES = [name for name in dir(termios) if name[0] == "B" and name[1:].isdigit()]
RATES = {getattr(termios, name): int(name[1:]) for name in NAMES}
# A virtual machine wakes late: so long before something is due the line looks without a pause.
AWAKE_SECONDS = 0.00015
chance = random.Random(1)


class Talker:
    """Who may send on the line: the port under test, or a station."""

    def __init__(self, descriptor, give):
        self.descriptor = descriptor
        self.give = give
        self.queue = collections.deque()
        self.next_end = 0.0
        self.last_end = 0.0

    def say(self, data, start, seconds):
        if not self.queue:
            self.next_end = max(start, self.last_end) + seconds
        self.queue.extend(data)

    def due(self, now, seconds):
        """What has gone over the line by now."""
        data = bytearray()
        while self.queue and self.next_end <= now:
            data.append(self.queue.popleft())
            self.last_end = self.next_end
            self.next_end += seconds
        return bytes(data)

    def wake(self, now, seconds):
        if not self.queue:
            return None
        whole = self.next_end + (len(self.queue) - 1) * seconds
        return min(whole, max(self.next_end, now + STEP_SECONDS))


class Line:
    def __init__(self, config):
        self.rate = config["baudRate"]
        self.is_odd = config["parity"] == "odd"
        self.is_echoing = config["isEchoing"]
        self.seconds = config["bitsPerCharacter"] / self.rate
        # The rest of the standard's rule; above 19200 baud the silence has a length of its own.
        gap = GAP_CHARACTERS * self.seconds
        self.gap = gap if self.rate <= 19200 else GAP_SECONDS_MIN
        ours, self.theirs = pty.openpty()
        tty.setraw(self.theirs)
        self.port = Talker(ours, lambda data: os.write(ours, data))
        self.stations = []
        self.held = []

    def add_port(self):
        """A station's port for another program, which may open it at any rate."""
        ours, theirs = pty.openpty()
        tty.setraw(theirs)
        self.held.append(theirs)
        self.stations.append(Talker(ours, lambda data: os.write(ours, data)))
        return os.ttyname(theirs)

    def add_station(self, connection):
        self.held.append(connection)
        self.stations.append(Talker(connection.fileno(), connection.sendall))

    def talkers(self):
        return [self.port, *self.stations]

    def port_rate(self):
        """What the port under test is set to, and whether that is as the line is."""
        settings = termios.tcgetattr(self.theirs)
        is_odd = bool(settings[2] & termios.PARODD)
        rate = RATES.get(settings[5], 0)
        return rate, rate == self.rate and is_odd == self.is_odd

    def heard(self, talker, data):
        now = time.monotonic()
        if talker is self.port:
            rate, is_right = self.port_rate()
            if not is_right:
                data = noise(max(1, len(data) * self.rate // max(rate, 1)))
            talker.say(data, now, self.seconds)
        else:
            # A unit knows by the silence that the request is whole.
            start = now if self.port.queue else max(now, self.port.last_end + self.gap)
            talker.say(data, start, self.seconds)

    def carry(self):
        now = time.monotonic()
        told = []
        for talker in self.talkers():
            start = talker.next_end - self.seconds
            data = talker.due(now, self.seconds)
            if data:
                told.append((talker, data, start))
        for talker, data, start in told:
            is_alone = not any(
                other is not talker and other_start < talker.last_end and start < other.last_end
                for other, _, other_start in told
            )
            is_last = not any(
                other is not talker
                and other.queue
                and other.next_end - self.seconds < talker.last_end
                for other in self.talkers()
            )
            self.hand_over(talker, data if is_alone and is_last else noise(len(data)))

    def hand_over(self, talker, data):
        for station in list(self.stations):
            if station is talker:
                continue
            try:
                station.give(data)
            except OSError:
                self.stations.remove(station)
        if talker is not self.port:
            self.port.give(data if self.port_rate()[1] else noise(len(data)))
        elif self.is_echoing:
            self.port.give(data)

    def wait(self):
        now = time.monotonic()
        wakes = [talker.wake(now, self.seconds) for talker in self.talkers()]
        due = [wake for wake in wakes if wake is not None]
        return max(0, min(due) - now - AWAKE_SECONDS) if due else None


def noise(count):
    return bytes(chance.randrange(256) for _ in range(count))


def serve(line, listener):
    while True:
        sources = {talker.descriptor: talker for talker in line.talkers()}
        watched = [0, listener, *sources]
        ready, _, _ = select.select(watched, [], [], line.wait())
        line.carry()
        for one in ready:
            if one == 0:
                if not os.read(0, 4096):
                    return
            elif one is listener:
                line.add_station(listener.accept()[0])
            else:
                talker = sources[one]
                data = os.read(one, 4096)
                if data:
                    line.heard(talker, data)
                elif talker in line.stations:
                    line.stations.remove(talker)


def be_punctual():
    """Linux wakes who waits up to 50 us late: a character at 115200 baud takes 87."""
    set_timer_slack, nanoseconds = 29, 1
    ctypes.CDLL(None).prctl(set_timer_slack, nanoseconds, 0, 0, 0)


def main():
    be_punctual()
    config = json.loads(sys.argv[1])
    line = Line(config)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(config["socketPath"])
    listener.listen()
    os.symlink(os.ttyname(line.theirs), config["path"])
    ports = [line.add_port() for _ in range(config["portCount"])]
    print(json.dumps({"ports": ports}), flush=True)
    serve(line, listener)


main()
