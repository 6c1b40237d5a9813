import type { Gap } from "@headgate/model";
import { type Series, toSeries } from "../../protocol/series.ts";
import { PROTOCOL_VERSION } from "../../protocol/wire-code.ts";
import type { HandedDating, HandedMedia, HandedThinned, Handover } from "./sink.ts";

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
  const clk = "dating" in entry ? datingOf(entry.dating) : {};
  const rangeOf = ({ first: b, last: b1 }: HandedThinned | Gap) => ({ k, b, b1, ...span });
  if (entry.kind === "gap")
    return { k, b: entry.first, b1: entry.last, ...span, why: entry.reason };
  if (entry.kind === "thinned") return { ...rangeOf(entry), ...clk, ...thinnedOf(entry) };
  const head = { k, b: entry.seq, ...span, h: entry.hash, ...clk };
  if (entry.media !== undefined) return { ...head, media: mediaOf(entry.media) };
  return entry.kind === "data" ? { ...head, s: toSeries(entry.samples, entry.fromMs) } : head;
}

function thinnedOf({ keptCount: kept, hash: h, samples, minutes }: HandedThinned): object {
  return {
    kept,
    h,
    keep: samples.map(({ seq, index, sample }) => {
      const [series] = toSeries([sample], 0);
      const { p, t, v, y, q } = series as Series;
      const quality = q?.[0]?.slice(1) ?? [];
      return {
        ...{ b: seq, i: index, p, t: t[0], v: v[0] },
        ...(y === undefined ? {} : { y }),
        ...(quality[0] === undefined ? {} : { q: quality[0] }),
        ...(quality[1] === undefined ? {} : { why: quality[1] }),
      };
    }),
    minutes: minutes.map(({ pointId: p, minuteMs: t, count: n, quality: q, ...figures }) => {
      return { p, t, ...figures, n, ...(q === "good" ? {} : { q }) };
    }),
  };
}

function datingOf(dating: HandedDating | undefined): object {
  if (dating === undefined) return {};
  const { isCorrected, shiftMs } = dating;
  return { clock: isCorrected ? "corrected" : "unsynced", shift: shiftMs };
}

function mediaOf({ pointId: p, timestampMs: t, name, ...about }: HandedMedia): object {
  const { contentType: type, sizeBytes: bytes, path } = about;
  return { p, t, name, type, bytes, path };
}
