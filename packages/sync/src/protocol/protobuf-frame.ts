import type { BlockClock, Entry, Lane, Stream } from "@headgate/model";
import protobuf from "protobufjs/minimal.js";
import { BadFrame } from "./bad-frame.ts";
import { checkEntry } from "./check-entry.ts";
import { checkNames } from "./check-names.ts";
import type { Frame } from "./frame.ts";
import { withChecksum, withoutChecksum } from "./frame-checksum.ts";
import type { FrameLimits } from "./frame-limits.ts";
import type { ReceivedEntry, ReceivedFrame } from "./received-entry.ts";
import { isStream } from "./topics.ts";
import { KIND_CODES, keyOf, LANE_CODES, PROTOCOL_VERSION, REASON_CODES } from "./wire-code.ts";

// Field numbers of `proto/headgate.block.v1.proto`. By hand: a dozen fields need no generator.
type Reader = protobuf.Reader;
type Writer = protobuf.Writer;

/** A frame as protobuf `headgate.block.v1.Frame`; bodies go in untouched. */
export function encodeProtobufFrame({ gatewayId, lane, entries }: Frame): Uint8Array {
  const [head] = entries;
  if (head === undefined) throw new Error("a frame has at least one entry");
  const writer = protobuf.Writer.create();
  writer.uint32(8).uint32(PROTOCOL_VERSION);
  writer.uint32(18).string(gatewayId);
  writer.uint32(26).string(head.stream);
  writer.uint32(34).string(head.epoch);
  writer.uint32(40).uint32(LANE_CODES[lane]);
  for (const entry of entries) {
    writer.uint32(50).fork();
    writeEntry(writer, entry);
    writer.ldelim();
  }
  return withChecksum(writer.finish());
}

function writeEntry(writer: Writer, entry: Entry): void {
  writer.uint32(8).uint32(KIND_CODES[entry.kind]);
  writer.uint32(16).uint64("seq" in entry ? entry.seq : entry.first);
  if (!("seq" in entry)) writer.uint32(24).uint64(entry.last);
  writer.uint32(32).uint64(entry.sampleCount);
  writer.uint32(40).int64(entry.fromMs);
  writer.uint32(48).int64(entry.toMs);
  if (entry.kind === "gap") {
    writer.uint32(56).uint32(REASON_CODES[entry.reason]);
    return;
  }
  if (entry.schemaHash !== "") writer.uint32(66).bytes(Buffer.from(entry.schemaHash, "hex"));
  writer.uint32(74).bytes(Buffer.from(entry.hash, "hex"));
  writer.uint32(82).bytes(entry.body);
  if (entry.kind === "thinned") writer.uint32(96).uint64(entry.keptCount);
  if (entry.clock) writeClock(writer.uint32(90).fork(), entry.clock);
}

function writeClock(writer: Writer, { bootId, monotonicMs, isSynced, step }: BlockClock): void {
  writer.uint32(10).string(bootId);
  writer.uint32(16).uint64(monotonicMs);
  writer.uint32(24).bool(isSynced);
  writer.uint32(32).uint32(step);
  writer.ldelim();
}

/** Reads protobuf `headgate.block.v1.Frame`. Bodies are views into `payload`. */
export function decodeProtobufFrame(payload: Uint8Array, limits: FrameLimits): ReceivedFrame {
  try {
    return readFrame(protobuf.Reader.create(withoutChecksum(payload)), limits);
  } catch (error) {
    if (error instanceof BadFrame) throw error;
    throw new BadFrame("protobuf frame is malformed", { cause: error });
  }
}

interface Head {
  version: number;
  gatewayId: string;
  stream: Stream | undefined;
  epoch: string;
  lane: Lane | undefined;
}

function readFrame(reader: Reader, limits: FrameLimits): ReceivedFrame {
  const head: Head = { version: 0, gatewayId: "", stream: undefined, epoch: "", lane: undefined };
  const slices: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === 50) {
      slices.push(reader.bytes());
      if (slices.length > limits.entriesMax) throw new BadFrame("frame has too many entries");
    } else if (!readHeadField(reader, tag, head)) {
      reader.skipType(tag & 7);
    }
  }
  if (head.version !== PROTOCOL_VERSION) {
    throw new BadFrame(`frame is of version ${head.version}, this end speaks ${PROTOCOL_VERSION}`);
  }
  const { gatewayId, stream, epoch, lane } = head;
  if (stream === undefined || lane === undefined) throw new BadFrame("frame lacks stream or lane");
  checkNames({ gatewayId, epoch });
  if (slices.length === 0) throw new BadFrame("frame has no entry");
  const entries = slices.map((slice) => readEntry(protobuf.Reader.create(slice), stream, epoch));
  return { gatewayId, lane, entries };
}

function readHeadField(reader: Reader, tag: number, head: Head): boolean {
  if (tag === 8) head.version = reader.uint32();
  else if (tag === 18) head.gatewayId = reader.string();
  else if (tag === 26) head.stream = streamOf(reader.string());
  else if (tag === 34) head.epoch = reader.string();
  else if (tag === 40) head.lane = keyOf(LANE_CODES, reader.uint32());
  else return false;
  return true;
}

function streamOf(text: string): Stream {
  if (!isStream(text)) throw new BadFrame(`frame names the unknown stream "${text}"`);
  return text;
}

function readEntry(reader: Reader, stream: Stream, epoch: string): ReceivedEntry {
  const at = { ...EMPTY };
  while (reader.pos < reader.len) readEntryField(reader, reader.uint32(), at);
  const kind = keyOf(KIND_CODES, at.kind);
  const { first, last, keptCount, schemaHash, hash, body, clock } = at;
  const common = { stream, epoch, sampleCount: at.sampleCount, fromMs: at.fromMs, toMs: at.toMs };
  if (kind === undefined) throw new BadFrame(`entry is of the unknown kind ${at.kind}`);
  if (kind === "gap") {
    const reason = keyOf(REASON_CODES, at.reason);
    if (reason === undefined) throw new BadFrame(`gap has the unknown reason ${at.reason}`);
    return checkEntry({ kind, ...common, first, last, reason });
  }
  const packed = { schemaHash, hash, body, ...(clock ? { clock } : {}) };
  if (kind === "thinned") return checkEntry({ kind, ...common, first, last, keptCount, ...packed });
  return checkEntry({ kind, ...common, seq: first, ...packed });
}

interface EntryFields {
  kind: number;
  first: number;
  last: number;
  sampleCount: number;
  fromMs: number;
  toMs: number;
  reason: number;
  schemaHash: string;
  hash: string;
  body: Uint8Array;
  clock: BlockClock | null;
  keptCount: number;
}

const EMPTY: Readonly<EntryFields> = {
  kind: 0,
  first: 0,
  last: 0,
  sampleCount: 0,
  fromMs: 0,
  toMs: 0,
  reason: 0,
  schemaHash: "",
  hash: "",
  body: new Uint8Array(0),
  clock: null,
  keptCount: 0,
};

function readEntryField(reader: Reader, tag: number, at: EntryFields): void {
  if (tag === 8) at.kind = reader.uint32();
  else if (tag === 16) at.first = numberOf(reader.uint64());
  else if (tag === 24) at.last = numberOf(reader.uint64());
  else if (tag === 32) at.sampleCount = numberOf(reader.uint64());
  else if (tag === 40) at.fromMs = numberOf(reader.int64());
  else if (tag === 48) at.toMs = numberOf(reader.int64());
  else if (tag === 56) at.reason = reader.uint32();
  else if (tag === 66) at.schemaHash = hexOf(reader.bytes());
  else if (tag === 74) at.hash = hexOf(reader.bytes());
  else if (tag === 82) at.body = reader.bytes();
  else if (tag === 90) at.clock = readClock(protobuf.Reader.create(reader.bytes()));
  else if (tag === 96) at.keptCount = numberOf(reader.uint64());
  else reader.skipType(tag & 7);
}

function readClock(reader: Reader): BlockClock {
  const at = { bootId: "", monotonicMs: 0, isSynced: false, step: 0 };
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === 10) at.bootId = reader.string();
    else if (tag === 16) at.monotonicMs = numberOf(reader.uint64());
    else if (tag === 24) at.isSynced = reader.bool();
    else if (tag === 32) at.step = reader.uint32();
    else reader.skipType(tag & 7);
  }
  return at;
}

/** The library gives a `Long` object where that package is found, else a number. */
function numberOf(value: unknown): number {
  return typeof value === "number" ? value : Number(String(value));
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}
