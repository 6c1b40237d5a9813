"""Unpacks the bodies of data blocks and thinned entries, as docs/block-format.md says."""

import struct
import zlib

INFLATED_BYTES_MAX = 4 * 1024 * 1024
SAMPLES_MAX = 65_536
NUMBERS_MAX = 65_536
KEPT_MAX = 327_680
GOOD, UNCERTAIN, BAD = "good", "uncertain", "bad"
ABSENT = object()


class Malformed(Exception):
    """The bytes are not what the format says."""


class Reader:
    """Takes primitives off the front of some bytes."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, count):
        if self.at + count > len(self.data):
            raise Malformed("cut short")
        taken = self.data[self.at : self.at + count]
        self.at += count
        return taken

    def byte(self):
        return self.take(1)[0]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
            if shift > 140:
                raise Malformed("a number is too long")

    def zigzag(self):
        return unzigzag(self.varint())

    def section(self):
        return Reader(self.take(self.varint()))

    @property
    def is_done(self):
        return self.at >= len(self.data)


def unzigzag(value):
    return value >> 1 if value % 2 == 0 else -((value + 1) >> 1)


class Planes:
    """Integers whose bytes lie in planes: first bytes, then second bytes of those that have one."""

    def __init__(self, section):
        count = section.varint()
        rest = section.take(len(section.data) - section.at)
        values, longer, shift, at = [0] * count, range(count), 0, 0
        while longer:
            plane = rest[at : at + len(longer)]
            if len(plane) < len(longer):
                raise Malformed("integers are cut short")
            at += len(longer)
            for index, byte in zip(longer, plane):
                values[index] |= (byte & 127) << shift
            longer = [index for index, byte in zip(longer, plane) if byte > 127]
            shift += 7
        if at != len(rest):
            raise Malformed("integers are left over")
        self._values = iter(values)

    def varint(self):
        try:
            return next(self._values)
        except StopIteration:
            raise Malformed("too few integers") from None

    def zigzag(self):
        return unzigzag(self.varint())


class Floats:
    """Floats whose bytes lie in planes, each XORed with the one before it in its column."""

    def __init__(self, section, width, code):
        self.planes = section.data
        self.width, self.code = width, code
        self.count = len(self.planes) // width
        self.at = 0
        self.start_column()

    def start_column(self):
        self.last = bytes(self.width)

    def next(self):
        if self.at >= self.count:
            raise Malformed("too few floats")
        stored = (self.planes[plane * self.count + self.at] for plane in range(self.width))
        self.last = bytes(a ^ b for a, b in zip(stored, self.last))
        self.at += 1
        return struct.unpack(self.code, self.last)[0]


class Values:
    """The value sections, read column by column."""

    def __init__(self, integers, float32, float64, bits, other, texts):
        self.integers = Planes(integers)
        self.float32 = Floats(float32, 4, "<f")
        self.float64 = Floats(float64, 8, "<d")
        self.bits, self.bit_at = bits.data, 0
        self.other = other
        self.texts = texts

    def column(self, kind, is_present):
        """One value for each True in `is_present`, ABSENT for the others."""
        plain, exponent = kind & 15, kind >> 4
        self.float32.start_column()
        self.float64.start_column()
        self.scaled = 0
        one = (self.decimal, self.decimal32, self.single, self.double, self.bit, self.bigint,
               self.other_int, self.text, self.mixed)
        if plain >= len(one):
            raise Malformed(f"column kind {plain}")
        return [one[plain](exponent) if present else ABSENT for present in is_present]

    def delta(self):
        self.scaled += self.integers.zigzag()
        return self.scaled

    def decimal(self, exponent):
        return self.delta() / 10**exponent

    def decimal32(self, exponent):
        return struct.unpack("<f", struct.pack("<f", self.decimal(exponent)))[0]

    def single(self, _):
        return self.float32.next()

    def double(self, _):
        return self.float64.next()

    def bit(self, _):
        byte = self.bits[self.bit_at >> 3]
        value = byte >> (self.bit_at & 7) & 1
        self.bit_at += 1
        return value == 1

    def bigint(self, _):
        return self.delta()

    def other_int(self, _):
        return self.other.zigzag()

    def text(self, _):
        return self.texts[self.integers.varint()]

    def mixed(self, _):
        kind = self.other.byte()
        if kind == 0:
            return struct.unpack("<d", self.other.take(8))[0]
        if kind in (1, 2):
            return kind == 2
        return self.other.zigzag() if kind == 3 else self.texts[self.other.varint()]


def unpack(body):
    """The samples of a stored body: (point index, time in ms, value, quality, reason), by index."""
    return unpack_packed(inflate(body), SAMPLES_MAX)


def unpack_thinned(body):
    """What a thinned entry kept exactly: (number minus the first, index there, sample)."""
    reader = Reader(inflate(body))
    if reader.varint() != 1:
        raise Malformed("a version that is not known here")
    numbers = list(varints(reader.section()))
    kept = unpack_packed(reader.take(reader.varint()), KEPT_MAX)
    offsets, indexes = list(varints(reader.section())), list(varints(reader.section()))
    reader.section()
    if not reader.is_done or len(numbers) > NUMBERS_MAX:
        raise Malformed("something follows, or too many numbers")
    if not len(kept) == len(offsets) == len(indexes):
        raise Malformed("kept samples and their places do not add up")
    return list(zip(offsets, indexes, kept))


def varints(section):
    while not section.is_done:
        yield section.varint()


def inflate(body):
    inflater = zlib.decompressobj()
    packed = inflater.decompress(body, INFLATED_BYTES_MAX)
    if inflater.unconsumed_tail or not inflater.eof:
        raise Malformed("inflates to too much, or is cut short")
    return packed


def unpack_packed(packed, samples_max):
    reader = Reader(packed)
    if reader.byte() != 1:
        raise Malformed("a version that is not known here")
    sample_count, column_count = reader.varint(), reader.varint()
    if sample_count > samples_max or column_count > sample_count:
        raise Malformed("too many samples or columns")
    points = read_points(reader.section(), column_count)
    shapes, kinds = reader.section(), reader.section().data
    columns = read_times(shapes, reader.section(), column_count)
    if sum(map(len, columns)) != sample_count:
        raise Malformed("columns and samples do not add up")
    sections = [reader.section() for _ in range(5)]
    texts = read_texts(reader.section())
    exceptions = read_exceptions(reader.section(), texts)
    if not reader.is_done:
        raise Malformed("something follows")
    values = Values(*sections, texts)
    samples = []
    for point, kind, times in zip(points, kinds, columns):
        start = len(samples)
        about = [exceptions.get(start + place, (GOOD, None)) for place in range(len(times))]
        column = values.column(kind, [quality != BAD for quality, _ in about])
        for time, value, (quality, reason) in zip(times, column, about):
            samples.append((point, time, None if value is ABSENT else value, quality, reason))
    return samples


def read_points(section, count):
    points, point = [], -1
    for _ in range(count):
        point += section.varint() + 1
        points.append(point)
    return points


def read_times(shapes, times, count):
    columns = []
    for _ in range(count):
        shape = shapes.varint()
        if shape == 0:
            columns.append(columns[-1])
            continue
        previous = columns[-1][0] if columns else 0
        column, delta = [], 0
        for place in range(shape):
            delta += times.zigzag()
            previous += delta
            if place == 0:
                delta = 0
            column.append(previous)
        columns.append(column)
    return columns


def read_texts(section):
    texts = []
    while not section.is_done:
        texts.append(section.take(section.varint()).decode())
    return texts


def read_exceptions(section, texts):
    exceptions, index = {}, 0
    while not section.is_done:
        index += section.varint()
        code = section.varint()
        exceptions[index] = (UNCERTAIN, None) if code == 0 else (BAD, texts[code - 1])
    return exceptions
