import { type Clock, good, missing, type Sample, Unreachable } from "@headgate/model";
import { silentLast } from "../silent-requests.ts";
import { type ReadRequest, requestFor, splitRequest, type Wanted } from "./plan-reads.ts";
import type { DevicePlan, PlannedRequest, Run } from "./read-plan.ts";
import { exceptionText, isAboutAddresses, isFailure, type Reply, reasonOf } from "./reply.ts";
import type { Request } from "./request.ts";
import type { ScanSamples } from "./scan-samples.ts";
import { isSpoilt, joinOf, lengthBetween } from "./split-lessons.ts";

/** Smaller requests tried in one scan of a device that refuses; the rest waits for the next. */
const SPLITS_MAX = 32;

export interface DeviceReaderOptions {
  readonly clock: Clock;
  readonly ask: (request: Request) => Promise<Reply>;
  readonly plan: DevicePlan;
  /** Those of this device are put in. */
  readonly samples: ScanSamples;
}

/**
 * Reads the points of one device in one scan. Where the device refuses a request, it closes in on
 * the reason: a refused point, a place no request may reach across, or mere length.
 */
export class DeviceReader {
  readonly #options: DeviceReaderOptions;
  #splitsLeft = SPLITS_MAX;

  constructor(options: DeviceReaderOptions) {
    this.#options = options;
  }

  /** A unit that was silent for long is asked for the least there is first. */
  async readDead(signal: AbortSignal): Promise<void> {
    const { plan, ask } = this.#options;
    const reply = await ask(plan.smallest());
    if (!isFailure(reply)) return await this.read(signal);
    this.fail(plan.wanted, reasonOf(reply, plan.unit.id, plan.unit.waitedMs));
  }

  async read(signal: AbortSignal): Promise<void> {
    const { plan, ask } = this.#options;
    for (const { wanted, reason } of plan.skipped) this.fail([wanted], reason);
    const { silent, refusals } = plan.unit;
    let silentReason: string | null = null;
    for (const planned of silentLast(plan.requests, ({ request }) => silent.has(request))) {
      if (silentReason === null && signal.aborted) throw new Unreachable("reading was ended");
      const resting = silentReason ?? this.#restingReason(planned);
      if (resting !== null) {
        this.fail(planned.wanted, resting);
        continue;
      }
      const reply = await ask(planned.request);
      if (reply.kind === "answer") this.#take(planned, reply.bytes);
      else silentReason = await this.#readRefused(planned, reply);
    }
    if (silentReason === null && plan.unit.isLimited) await this.#retest();
    if (refusals.isEmpty || silentReason !== null) return;
    const before = refusals.nextGivenBefore(plan.wanted, this.#options.clock.monotonicMs());
    if (before !== null) await this.#askAgain(before);
  }

  /** Rarely, and one request: does the device take by now what it was learnt to refuse? */
  async #retest(): Promise<void> {
    const { plan, clock } = this.#options;
    const { retests, limits, refusals } = plan.unit;
    const nowMs = clock.monotonicMs();
    if (!retests.isDue(nowMs)) return;
    for (const doubt of retests.next(nowMs)) {
      const read = plan.doubting(doubt);
      if (read === null) continue;
      const reply = await this.#options.ask(plan.compile(read).request);
      if (reply.kind !== "answer") return;
      limits.accept(read.table, read.count);
      refusals.join(read);
      return;
    }
  }

  /** Why the request is not put now, or null if it is. */
  #restingReason({ request }: PlannedRequest): string | null {
    const { silent } = this.#options.plan.unit;
    return silent.has(request)
      ? silent.restingReason(request, this.#options.clock.monotonicMs())
      : null;
  }

  /** A point that the device gave before: does it still refuse it? */
  async #askAgain(point: Wanted): Promise<void> {
    const { plan, clock, samples } = this.#options;
    const planned = plan.compile(requestFor([point]));
    const reply = await this.#options.ask(planned.request);
    if (reply.kind !== "answer") return;
    decodeAnswer(planned, reply.bytes, { timestampMs: clock.nowMs(), samples: samples.list });
    plan.unit.refusals.accept([point]);
    plan.unit.refusals.retestGivenBefore(clock.monotonicMs());
  }

  fail(wanted: readonly Wanted[], reason: string): void {
    const { plan, clock, samples } = this.#options;
    const timestampMs = clock.nowMs();
    for (const one of wanted) {
      samples.list[one.index] = missing(plan.pointIdOf(one), timestampMs, reason);
    }
  }

  /** Gives the reason if the unit does not answer at all. */
  async #readRequest(planned: PlannedRequest): Promise<string | null> {
    const reply = await this.#options.ask(planned.request);
    if (reply.kind !== "answer") return await this.#readRefused(planned, reply);
    this.#take(planned, reply.bytes);
    return null;
  }

  #take(planned: PlannedRequest, bytes: Buffer): void {
    const { plan, clock, samples } = this.#options;
    decodeAnswer(planned, bytes, { timestampMs: clock.nowMs(), samples: samples.list });
    plan.unit.refusals.accept(planned.wanted);
    plan.unit.limits.accept(planned.table, planned.count);
    plan.noteGiven(planned);
  }

  /** After anything but an answer; gives the reason if the unit does not answer at all. */
  async #readRefused(planned: PlannedRequest, reply: Reply): Promise<string | null> {
    const { plan } = this.#options;
    if (reply.kind === "exception" && isAboutAddresses(reply.code)) {
      return await this.#readHalves(planned, exceptionText(reply.code));
    }
    const reason = reasonOf(reply, plan.unit.id, plan.unit.waitedMs);
    this.fail(planned.wanted, reason);
    return isFailure(reply) ? reason : null;
  }

  /** Closes in on what the device refuses, so that one bad register costs one point. */
  async #readHalves(planned: PlannedRequest, reason: string): Promise<string | null> {
    const { plan, clock } = this.#options;
    const { refusals } = plan.unit;
    const halves = splitRequest(planned);
    if (halves === null) {
      refusals.refuse(planned.wanted, reason, clock.monotonicMs(), planned.wasGiven);
    }
    if (halves === null || this.#splitsLeft-- <= 0) {
      this.fail(planned.wanted, reason);
      return null;
    }
    let silentReason: string | null = null;
    for (const half of halves) {
      if (silentReason !== null) this.fail(half.wanted, silentReason);
      else silentReason = await this.#readRequest(this.#partOf(planned, half));
    }
    // What it took before it will take again: trouble that passes teaches nothing.
    if (silentReason !== null || this.#splitsLeft < 0 || planned.wasGiven) return silentReason;
    await this.#learnFrom(planned, halves);
    return null;
  }

  #partOf({ wasGiven }: PlannedRequest, part: ReadRequest): PlannedRequest {
    const planned = this.#options.plan.compile(part);
    planned.wasGiven ||= wasGiven;
    return planned;
  }

  /** Both halves were asked: whether they may not be joined, or the whole was too long. */
  async #learnFrom(whole: ReadRequest, [lower, upper]: readonly [ReadRequest, ReadRequest]) {
    const { plan } = this.#options;
    const { refusals, limits } = plan.unit;
    const seam = { table: lower.table, from: lower.from + lower.count, to: upper.from };
    // Halves that overlap leave no place between them that neither reaches across.
    const hasSeam = seam.from <= seam.to;
    const join = hasSeam ? joinOf(lower, upper, plan.barriers()) : null;
    if (join === null && isSpoilt(whole, plan.barriers())) return;
    // A busy device refuses as well; what is learnt here stays.
    if (!(await this.#isRefused(whole))) return;
    if (join !== null) {
      const isWhole = join.count === whole.count;
      if (isWhole || (await this.#isRefused(join))) refusals.separate(seam);
    }
    if (isSpoilt(whole, plan.barriers())) return;
    if (limits.refuse(whole.table, whole.count)) await this.#findLength(whole);
    else if (hasSeam) refusals.separate(seam);
  }

  /** Only its length speaks against `whole`: the longest part of it that passes is looked for. */
  async #findLength(whole: ReadRequest): Promise<void> {
    const { limits } = this.#options.plan.unit;
    for (;;) {
      const part = lengthBetween(
        whole,
        limits.acceptedMax(whole.table),
        limits.countMax(whole.table),
      );
      if (part === null) return;
      const refused = await this.#isRefused(part);
      if (refused === null) return;
      if (refused) limits.refuse(part.table, part.count);
    }
  }

  /** Asks only to know; null if neither came: an answer or a refusal. */
  async #isRefused(read: ReadRequest): Promise<boolean | null> {
    const { plan } = this.#options;
    const reply = await this.#options.ask(plan.compile(read).request);
    if (reply.kind === "answer") plan.unit.limits.accept(read.table, read.count);
    if (reply.kind === "answer") return false;
    return reply.kind === "exception" && isAboutAddresses(reply.code) ? true : null;
  }
}

function wordAt(bytes: Buffer, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function decodeAnswer(
  { runs, pointIds }: PlannedRequest,
  bytes: Buffer,
  { timestampMs, samples }: { timestampMs: number; samples: Sample[] },
): void {
  for (let nth = 0; nth < runs.length; nth++) {
    const { decoder, from, to, index, at: start, step } = runs[nth] as Run;
    const { decode, isPlainWord } = decoder;
    for (let one = from, at = start; one < to; one++, at += step) {
      const pointId = pointIds[one] as string;
      const value = isPlainWord ? wordAt(bytes, at) : decode(bytes, at);
      samples[index + one - from] =
        value === null
          ? missing(pointId, timestampMs, decoder.explain(bytes, at))
          : good(pointId, timestampMs, value);
    }
  }
}
