import type { PointId } from "./point.ts";
import type { Value } from "./value.ts";

export type Quality = "good" | "uncertain" | "bad";

/** One observation of a point. A bad sample has no value, but says why. */
export type Sample = Observed | Missing;

/**
 * Samples in a row: an array, or what makes each when it is looked at, where a driver reads so much
 * that most are never looked at as such.
 */
export interface Samples extends Iterable<Sample> {
  readonly length: number;
  /** Counted from 0. */
  at(index: number): Sample | undefined;
}

export interface Observed {
  readonly pointId: PointId;
  /** UTC. The device's clock if it has one, else ours when the answer came. */
  readonly timestampMs: number;
  readonly quality: "good" | "uncertain";
  readonly value: Value;
  /** Dated by the device's own clock: not to be corrected when ours turns out to be wrong. */
  readonly isDeviceTime?: boolean;
  /** The picture that `value` names. It goes to the media store, not into the block. */
  readonly media?: Media;
}

export interface Missing {
  readonly pointId: PointId;
  readonly timestampMs: number;
  readonly quality: "bad";
  readonly value: null;
  readonly isDeviceTime?: boolean;
  /** Short and stable enough to group by: "timeout", "illegal data address (exception 2)". */
  readonly reason: string;
}

/** A file that a device delivered: a camera's picture. */
export interface Media {
  /** Relative path, unique for ever: "gate-cam/snapshot/20260102T030405.678Z.jpg". */
  readonly name: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/**
 * A good sample. Made by a constructor, since V8 keeps what literals make where it thinks that it
 * lives long: samples of many devices at once would then fill the memory that is swept rarely.
 */
export function good(pointId: PointId, timestampMs: number, value: Value): Observed {
  return new Good(pointId, timestampMs, value);
}

/*
 * Four fields and nothing else. V8 would box the time of each sample anew, where all samples of an
 * answer can share one number: it does not once it has seen that the field may hold other things.
 */
class Good implements Observed {
  readonly pointId: PointId;
  readonly timestampMs: number;
  readonly quality = "good";
  readonly value: Value;

  constructor(pointId: PointId, timestampMs: number, value: Value) {
    this.pointId = pointId;
    this.timestampMs = timestampMs;
    this.value = value;
  }
}
new Good("", undefined as never, null as never);

/** A bad sample. */
export function missing(pointId: PointId, timestampMs: number, reason: string): Missing {
  return { pointId, timestampMs, quality: "bad", value: null, reason };
}
