import type { Block, Buffer, Clock, EpochStatus, PointId, Sample } from "@headgate/model";
import { decodeSamples } from "../block/decode.ts";
import { HistoryIntake, type TakenParcel } from "./history-intake.ts";
import type { HistoryEnd } from "./history-messages.ts";
import type { RecordedSpan } from "./recorded-span.ts";

/** What a power cut takes of the history at most, and some more. */
const REFILL_MS_MAX = 10 * 60_000;
/** Blocks looked through at most: fewer are committed in that time. */
const BLOCKS_MAX = 20_000;
/** Others want the processor, too: some thousand samples at a time. */
const LIMITS = { blocksMax: 1, bytesMax: 256 * 1024 };

/** What is wanted of the buffer. */
export interface Refill {
  /** Of the buffer, before anything new came to it. */
  readonly epochs: readonly EpochStatus[];
  readonly pointIds: readonly string[];
  /** Of what the history has. */
  readonly end: HistoryEnd;
  readonly signal: AbortSignal;
  /** When the history has samples of a point. */
  timesOf(pointId: PointId, span: RecordedSpan): Promise<Iterable<number>>;
}

/** What a power cut took of the history, in parcels: the buffer had it on the disk already. */
export async function* refillOf(buffer: Buffer, refill: Refill): AsyncGenerator<TakenParcel> {
  const { pointIds, end } = refill;
  const fromMs = end.recordedMs;
  let atMs = fromMs;
  const clock: Clock = {
    nowMs: () => atMs,
    monotonicMs: () => atMs - fromMs,
    sleep: () => Promise.resolve(),
  };
  const intake = new HistoryIntake(pointIds, clock);
  const known = new KnownTimes(refill);
  for await (const samples of samplesAfter(buffer, refill)) {
    // That of one in the middle: some are dated by clocks of their own.
    atMs = Math.max(atMs, samples[samples.length >> 1]?.timestampMs ?? 0);
    intake.keep(await known.without(samples));
    if (intake.isFull) yield* intake.take();
  }
  yield* intake.take();
}

/** What a device whose clock is ahead told before the end is dated later, and there already. */
class KnownTimes {
  readonly #refill: Refill;
  readonly #times = new Map<PointId, Set<number>>();

  constructor(refill: Refill) {
    this.#refill = refill;
  }

  async without(samples: readonly Sample[]): Promise<readonly Sample[]> {
    const { newestMs } = this.#refill.end;
    if (!samples.some(({ timestampMs }) => timestampMs <= newestMs)) return samples;
    const others: Sample[] = [];
    for (const sample of samples) {
      const { pointId, timestampMs } = sample;
      if (timestampMs > newestMs || !(await this.#of(pointId)).has(timestampMs))
        others.push(sample);
    }
    return others;
  }

  async #of(pointId: PointId): Promise<ReadonlySet<number>> {
    const known = this.#times.get(pointId);
    if (known) return known;
    const { end, timesOf } = this.#refill;
    const span = { fromMs: end.recordedMs, toMs: end.newestMs + 1 };
    const times = new Set(await timesOf(pointId, span));
    this.#times.set(pointId, times);
    return times;
  }
}

/** Samples that came later than the history's end, a block at a time. */
async function* samplesAfter(
  buffer: Buffer,
  { epochs, end, signal }: Refill,
): AsyncGenerator<readonly Sample[]> {
  const fromMs = end.recordedMs;
  const toMs = fromMs + REFILL_MS_MAX;
  for (const epoch of epochs) {
    const { stream } = epoch;
    if ((stream !== "main" && stream !== "events") || epoch.isForked) continue;
    const range = { stream, epoch: epoch.epoch, last: epoch.headSeq };
    for (let first = await firstOf(buffer, epoch, fromMs); first <= epoch.headSeq; ) {
      const entries = await buffer.read({ ...range, first }, LIMITS);
      if (signal.aborted) return;
      if (entries.length === 0) break;
      for (const entry of entries) {
        first = ("seq" in entry ? entry.seq : entry.last) + 1;
        if (entry.kind !== "data" || entry.toMs <= fromMs || entry.fromMs > toMs) continue;
        const samples = await samplesOf(buffer, entry);
        yield samples.filter(({ timestampMs: ms }) => ms > fromMs && ms <= toMs);
      }
    }
  }
}

/** Where to begin: back from the end in ever longer steps, until a block is from before. */
async function firstOf(
  buffer: Buffer,
  { stream, epoch, tailSeq, headSeq }: EpochStatus,
  fromMs: number,
): Promise<number> {
  const earliest = Math.max(tailSeq, headSeq - BLOCKS_MAX);
  for (let back = 16; headSeq - back > earliest; back *= 2) {
    const first = headSeq - back;
    const range = { stream, epoch, first, last: headSeq };
    const [entry] = await buffer.read(range, LIMITS);
    if (entry?.kind === "data" && entry.toMs <= fromMs) return first;
  }
  return earliest;
}

async function samplesOf(buffer: Buffer, { schemaHash, body }: Block): Promise<Sample[]> {
  const list = await buffer.pointList(schemaHash);
  return list ? decodeSamples(body, list.pointIds) : [];
}
