import { gunzipSync, gzipSync } from "node:zlib";
import type { Block, BlockClock, Entry, Sample, Stream, Thinned } from "@headgate/model";
import { BadFrame } from "./bad-frame.ts";
import { checkEntry } from "./check-entry.ts";
import { checkNames } from "./check-names.ts";
import type { Frame } from "./frame.ts";
import type { FrameLimits } from "./frame-limits.ts";
import { type Fields, fieldsOf, readSeries } from "./read-series.ts";
import type { ReceivedEntry, ReceivedFrame } from "./received-entry.ts";
import { toSeries } from "./series.ts";
import { isLane, isStream } from "./topics.ts";
import { isBlockKind, isGapReason, PROTOCOL_VERSION } from "./wire-code.ts";

// Level 1: half the CPU of level 6 for a tenth more bytes.
const GZIP_LEVEL = 1;

/** Unpacks a data block's body. */
export type SamplesOf = (block: Block) => readonly Sample[];

/** A frame as series JSON, compressed with gzip. */
export function encodeJsonFrame(frame: Frame, samplesOf: SamplesOf): Uint8Array {
  const { gatewayId, lane, entries } = frame;
  const [head] = entries;
  if (head === undefined) throw new Error("a frame has at least one entry");
  const json = JSON.stringify({
    v: PROTOCOL_VERSION,
    gw: gatewayId,
    st: head.stream,
    ep: head.epoch,
    lane,
    entries: entries.map((entry) => toJsonEntry(entry, samplesOf)),
  });
  return gzipSync(json, { level: GZIP_LEVEL });
}

function toJsonEntry(entry: Entry, samplesOf: SamplesOf): object {
  const { kind, sampleCount, fromMs, toMs } = entry;
  const span = { n: sampleCount, t0: fromMs, t1: toMs };
  if (entry.kind === "gap") {
    return { k: kind, b: entry.first, b1: entry.last, ...span, why: entry.reason };
  }
  const { schemaHash, hash, body, clock } = entry;
  const names = { sch: schemaHash, h: hash, ...(clock ? { clk: toJsonClock(clock) } : {}) };
  const text = () => Buffer.from(body).toString("base64");
  if (entry.kind === "thinned") {
    const range = { b: entry.first, b1: entry.last };
    return { k: kind, ...range, ...span, kept: entry.keptCount, ...names, body: text() };
  }
  const head = { k: kind, b: entry.seq, ...span, ...names };
  if (entry.kind !== "data") return { ...head, body: text() };
  return { ...head, s: toSeries(samplesOf(entry), fromMs) };
}

function toJsonClock({ bootId, monotonicMs, isSynced, step }: BlockClock): object {
  return { boot: bootId, bt: monotonicMs, sync: isSynced, step };
}

/** Text of JSON that may be compressed with gzip; the inflated size is bounded. */
export function inflateJson(payload: Uint8Array, bytesMax: number): unknown {
  const isGzip = payload[0] === 0x1f && payload[1] === 0x8b;
  try {
    const bytes = isGzip ? gunzipSync(payload, { maxOutputLength: bytesMax }) : payload;
    if (bytes.byteLength > bytesMax) throw new BadFrame("frame is too large");
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    if (error instanceof BadFrame) throw error;
    throw new BadFrame("json frame is malformed", { cause: error });
  }
}

/** Reads series JSON, compressed with gzip or not. */
export function decodeJsonFrame(payload: Uint8Array, limits: FrameLimits): ReceivedFrame {
  try {
    return readFrame(inflateJson(payload, limits.inflatedBytesMax), limits);
  } catch (error) {
    if (error instanceof BadFrame) throw error;
    // Foreign JSON may hold objects that no text can be made of, not even that of a complaint.
    throw new BadFrame("json frame is malformed", { cause: error });
  }
}

function readFrame(frame: unknown, limits: FrameLimits): ReceivedFrame {
  const { v, gw, st, ep, lane, entries } = fieldsOf(frame, "frame");
  if (v !== PROTOCOL_VERSION) {
    throw new BadFrame(`frame is of version ${v}, this end speaks ${PROTOCOL_VERSION}`);
  }
  if (typeof gw !== "string" || typeof ep !== "string") {
    throw new BadFrame("frame lacks gateway or epoch");
  }
  checkNames({ gatewayId: gw, epoch: ep });
  if (!isStream(st) || !isLane(lane)) throw new BadFrame("frame names no known stream and lane");
  if (!Array.isArray(entries) || entries.length === 0) throw new BadFrame("frame has no entry");
  if (entries.length > limits.entriesMax) throw new BadFrame("frame has too many entries");
  let samplesLeft = limits.samplesMax;
  const read = entries.map((entry) => {
    const received = readEntry(entry, st, ep);
    samplesLeft -= "seq" in received ? (received.samples?.length ?? 0) : 0;
    if (samplesLeft < 0) throw new BadFrame("frame has too many samples");
    return received;
  });
  return { gatewayId: gw, lane, entries: read };
}

function readEntry(entry: unknown, stream: Stream, epoch: string): ReceivedEntry {
  const fields = fieldsOf(entry, "entry");
  const { k, b, b1, n, t0, t1, why, sch, h, s, body } = fields;
  const common = {
    stream,
    epoch,
    sampleCount: numberOf(n),
    fromMs: numberOf(t0),
    toMs: numberOf(t1),
  };
  if (k === "gap") {
    if (!isGapReason(why)) throw new BadFrame(`gap has the unknown reason ${why}`);
    return checkEntry({ kind: k, ...common, first: numberOf(b), last: numberOf(b1), reason: why });
  }
  if (typeof h !== "string" || typeof sch !== "string") throw new BadFrame("entry lacks hashes");
  if (k === "thinned") return thinnedOf({ ...common, schemaHash: sch, hash: h }, fields);
  if (!isBlockKind(k)) throw new BadFrame(`entry is of the unknown kind ${k}`);
  const block = checkEntry({
    kind: k,
    ...common,
    seq: numberOf(b),
    schemaHash: sch,
    hash: h,
    ...clockOf(fields.clk),
  });
  if (typeof body === "string") return { ...block, body: Buffer.from(body, "base64") };
  if (!Array.isArray(s)) throw new BadFrame("block has neither series nor body");
  const samples: Sample[] = [];
  for (const series of s) readSeries(series, block.fromMs, samples);
  if (samples.length !== block.sampleCount) throw new BadFrame("block lacks samples it announces");
  return { ...block, samples };
}

type ThinnedHead = Omit<Thinned, "kind" | "first" | "last" | "keptCount" | "body">;

function thinnedOf(head: ThinnedHead, { b, b1, kept, body, clk }: Fields): Thinned {
  if (typeof body !== "string") throw new BadFrame("thinned entry has no body");
  const range = { first: numberOf(b), last: numberOf(b1), keptCount: numberOf(kept) };
  const bytes = Buffer.from(body, "base64");
  return checkEntry({ kind: "thinned", ...head, ...range, body: bytes, ...clockOf(clk) });
}

function clockOf(clk: unknown): { clock?: BlockClock } {
  if (clk === undefined) return {};
  const { boot, bt, sync, step } = fieldsOf(clk, "clock");
  if (typeof boot !== "string" || typeof sync !== "boolean") {
    throw new BadFrame("block has no sound clock");
  }
  const counts = { monotonicMs: numberOf(bt), step: numberOf(step) };
  return { clock: { bootId: boot, isSynced: sync, ...counts } };
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : Number.NaN;
}
