import { toSeries } from "../../protocol/series.ts";
import { PROTOCOL_VERSION } from "../../protocol/wire-code.ts";
import type { HandedMedia, Handover } from "./sink.ts";

/** A handover as one line of JSON: an entry of `blocks-json` that says whose it is. */
export function encodeHandover(handover: Handover): string {
  const { key, gatewayId: gw, entry, storedMs: at } = handover;
  const { stream: st, epoch: ep } = entry;
  const head = { v: PROTOCOL_VERSION, key, gw, st, ep, at };
  return JSON.stringify({ ...head, ...contentsOf(handover) });
}

function contentsOf({ entry }: Handover): object {
  const { kind: k, sampleCount: n, fromMs: t0, toMs: t1 } = entry;
  const span = { n, t0, t1 };
  if (entry.kind === "gap")
    return { k, b: entry.first, b1: entry.last, ...span, why: entry.reason };
  const head = { k, b: entry.seq, ...span, h: entry.hash };
  if (entry.media !== undefined) return { ...head, media: mediaOf(entry.media) };
  return entry.kind === "data" ? { ...head, s: toSeries(entry.samples, entry.fromMs) } : head;
}

function mediaOf({ pointId: p, timestampMs: t, name, ...about }: HandedMedia): object {
  const { contentType: type, sizeBytes: bytes, path } = about;
  return { p, t, name, type, bytes, path };
}
