import type { Gap, Thinned } from "@headgate/model";
import { hashOf } from "../block/hash.ts";

/** What is held of a range of blocks, all of them stored. */
export interface HeldFigures {
  readonly sampleCount: number;
  /** Of the oldest and the newest, UTC; 0 and 0 where none is dated. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Hash of the first of them. */
  readonly firstHash: string;
}

/** Of two groups of blocks, the one that begins first in front. */
export function figuresOfBoth([one, other]: readonly [HeldFigures, HeldFigures]): HeldFigures {
  const dated = [one, other].filter(({ fromMs, toMs }) => fromMs !== 0 || toMs !== 0);
  return {
    sampleCount: one.sampleCount + other.sampleCount,
    fromMs: dated.length === 0 ? 0 : Math.min(...dated.map(({ fromMs }) => fromMs)),
    toMs: dated.length === 0 ? 0 : Math.max(...dated.map(({ toMs }) => toMs)),
    firstHash: one.firstHash,
  };
}

/** What is set aside: a number, and what came under it. */
export interface Aside {
  readonly seq: number;
  readonly hash: string;
  readonly body: Uint8Array;
}

/**
 * Whether a record of numbers that are all stored tells of other blocks than those. A gateway whose
 * database went back in time gives numbers twice, and may lose what it gave them to the second time
 * before it could be sent. Of the same blocks both would tell the same count and times.
 */
export function tellsOfOthers(entry: Gap | Thinned, held: HeldFigures): boolean {
  const sampleCount = entry.sampleCount + (entry.kind === "thinned" ? entry.keptCount : 0);
  const { fromMs, toMs } = entry;
  // A record that counts nothing says nothing of what there was.
  if (sampleCount === 0 && fromMs === 0 && toMs === 0) return false;
  return sampleCount !== held.sampleCount || fromMs !== held.fromMs || toMs !== held.toMs;
}

/** The record as JSON text under its first number. */
export function asideOf(entry: Gap | Thinned): Aside {
  const { kind, stream: _stream, epoch: _epoch, ...own } = entry;
  const packed = "body" in own ? { body: Buffer.from(own.body).toString("base64") } : {};
  const text = JSON.stringify({ kind, ...own, ...packed });
  return { seq: entry.first, hash: hashOf(text), body: Buffer.from(text) };
}
