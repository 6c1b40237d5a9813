import { type Clock, missing, Unreachable } from "@headgate/model";
import { silentLast } from "../silent-requests.ts";
import { decodeAnswer } from "./decode-answer.ts";
import type { Asker } from "./line.ts";
import { type ReadRequest, requestFor, splitRequest, type Wanted } from "./plan-reads.ts";
import type { DevicePlan, PlannedRequest } from "./read-plan.ts";
import { exceptionText, isAboutAddresses, isFailure, type Reply, reasonOf } from "./reply.ts";
import type { Read, Request } from "./request.ts";
import type { ScanSamples } from "./scan-samples.ts";
import { isSpoilt, joinOf, lengthBetween } from "./split-lessons.ts";

/** Smaller requests tried in one scan of a device that refuses; the rest waits for the next. */
const SPLITS_MAX = 32;

export interface DeviceReaderOptions {
  readonly clock: Clock;
  readonly asking: Asking;
  readonly plan: DevicePlan;
  /** Those of this device are put in. */
  readonly samples: ScanSamples;
}

/** With null: all is done. `Unreachable`: the line is lost. */
export type Done = (error: Error | null) => void;

/** How the device is asked. */
export interface Asking {
  ask(request: Request): Promise<Reply>;
  /** Reads that need neither a promise nor anybody's turn: see `LineTalk`. Absent: none is such. */
  askPlainly?(read: Read, asker: Asker): boolean;
  /** What `ask` would give in the end, after this first reply. */
  afterPlain?(read: Read, reply: Reply): Promise<Reply>;
}

/**
 * Reads the points of one device in one scan. Where the device refuses a request, it closes in on
 * the reason: a refused point, a place no request may reach across, or mere length.
 */
export class DeviceReader implements Asker {
  readonly #clock: Clock;
  readonly #asking: Asking;
  readonly #samples: ScanSamples;
  readonly plan: DevicePlan;
  #splitsLeft = SPLITS_MAX;
  #requests: readonly PlannedRequest[] = [];
  #nth = 0;
  #signal: AbortSignal | null = null;
  readonly #done: Done;

  /**
   * `done` is told once of each reading, when every point has its sample, or why it had to end;
   * then nothing of it goes on.
   */
  constructor(options: DeviceReaderOptions, done: Done) {
    this.#clock = options.clock;
    this.#asking = options.asking;
    this.#samples = options.samples;
    this.plan = options.plan;
    this.#done = done;
  }

  /** The device is not asked now. */
  rest(reason: string): void {
    this.fail(this.plan.wanted, reason);
    this.#done(null);
  }

  /** A unit that was silent for long is asked for the least there is first. */
  readDead(signal: AbortSignal): void {
    const { plan } = this;
    const asking = this.#asking;
    const answered = (reply: Reply) => {
      if (!isFailure(reply)) {
        this.read(signal);
        return;
      }
      this.fail(plan.wanted, reasonOf(reply, plan.unit.id, plan.unit.waitedMs));
      this.#done(null);
    };
    asking.ask(plan.smallest()).then(answered).catch(this.#done);
  }

  /** Most requests are plain, and answered: for these no promise is made. */
  read(signal: AbortSignal): void {
    const { plan } = this;
    this.#splitsLeft = SPLITS_MAX;
    this.#nth = 0;
    if (plan.skipped.length > 0) {
      for (const { wanted, reason } of plan.skipped) this.fail([wanted], reason);
    }
    const { silent } = plan.unit;
    this.#requests = silent.isEmpty
      ? plan.requests
      : silentLast(plan.requests, ({ request }) => silent.has(request));
    this.#signal = signal;
    this.#readPlainly();
  }

  /** From the next request on, as long as they are plain. Bugs are told like a lost line. */
  #readPlainly(): void {
    const planned = this.#requests[this.#nth];
    const { unit } = this.plan;
    if (planned === undefined && !unit.isLimited && unit.refusals.isEmpty) this.#done(null);
    else if (!planned || !this.#isAskedPlainly(planned.request)) this.#readInTurns(null);
  }

  #isAskedPlainly(read: Read): boolean {
    const isWanted = !this.#signal?.aborted;
    return isWanted && this.#asking.askPlainly?.(read, this) === true;
  }

  /** Of a plain read. Whoever calls is the socket, which bugs of ours are not to reach. */
  replied(reply: Reply): void {
    try {
      this.#goOnAfter(reply);
    } catch (error) {
      this.#done(error as Error);
    }
  }

  #goOnAfter(reply: Reply): void {
    if (reply.kind !== "answer") {
      this.#readInTurns(reply);
      return;
    }
    this.#take(this.#requests[this.#nth++] as PlannedRequest, reply.bytes);
    this.#readPlainly();
  }

  /** Of a plain read. */
  lost(why: Error): void {
    this.#done(why);
  }

  #readInTurns(first: Reply | null): void {
    this.#readRest(first).then(() => this.#done(null), this.#done);
  }

  /** The requests from the next on, which has had its first reply already or is not put yet. */
  async #readRest(reply: Reply | null): Promise<void> {
    let first = reply;
    let silentReason: string | null = null;
    for (const planned of this.#requests.slice(this.#nth)) {
      if (silentReason === null && this.#signal?.aborted) {
        throw new Unreachable("reading was ended");
      }
      const resting = silentReason ?? (first ? null : this.#restingReason(planned));
      if (resting !== null) {
        this.fail(planned.wanted, resting);
        continue;
      }
      const last = await this.#ask(planned.request, first);
      first = null;
      if (last.kind === "answer") this.#take(planned, last.bytes);
      else silentReason = await this.#readRefused(planned, last);
    }
    const { plan } = this;
    const { refusals } = plan.unit;
    if (silentReason === null && plan.unit.isLimited) await this.#retest();
    if (refusals.isEmpty || silentReason !== null) return;
    const before = refusals.nextGivenBefore(plan.wanted, this.#clock.monotonicMs());
    if (before !== null) await this.#askAgain(before);
  }

  #ask(read: Read, first: Reply | null): Promise<Reply> {
    const asking = this.#asking;
    return (first && asking.afterPlain?.(read, first)) ?? asking.ask(read);
  }

  /** Rarely, and one request: does the device take by now what it was learnt to refuse? */
  async #retest(): Promise<void> {
    const { plan } = this;
    const clock = this.#clock;
    const { retests, limits, refusals } = plan.unit;
    const nowMs = clock.monotonicMs();
    if (!retests.isDue(nowMs)) return;
    for (const doubt of retests.next(nowMs)) {
      const read = plan.doubting(doubt);
      if (read === null) continue;
      const reply = await this.#asking.ask(plan.compile(read).request);
      if (reply.kind !== "answer") return;
      limits.accept(read.table, read.count);
      refusals.join(read);
      return;
    }
  }

  /** Why the request is not put now, or null if it is. */
  #restingReason({ request }: PlannedRequest): string | null {
    const { silent } = this.plan.unit;
    return silent.has(request) ? silent.restingReason(request, this.#clock.monotonicMs()) : null;
  }

  /** A point that the device gave before: does it still refuse it? */
  async #askAgain(point: Wanted): Promise<void> {
    const { plan } = this;
    const clock = this.#clock;
    const samples = this.#samples;
    const planned = plan.compile(requestFor([point]));
    const reply = await this.#asking.ask(planned.request);
    if (reply.kind !== "answer") return;
    samples.timestampMs = clock.nowMs();
    decodeAnswer(planned, reply.bytes, samples);
    plan.unit.refusals.accept([point]);
    plan.unit.refusals.retestGivenBefore(clock.monotonicMs());
  }

  fail(wanted: readonly Wanted[], reason: string): void {
    const { plan } = this;
    const clock = this.#clock;
    const samples = this.#samples;
    const timestampMs = clock.nowMs();
    for (const one of wanted) {
      samples.fail(one.index, missing(plan.pointIdOf(one), timestampMs, reason));
    }
  }

  /** Gives the reason if the unit does not answer at all. */
  async #readRequest(planned: PlannedRequest): Promise<string | null> {
    const reply = await this.#asking.ask(planned.request);
    if (reply.kind !== "answer") return await this.#readRefused(planned, reply);
    this.#take(planned, reply.bytes);
    return null;
  }

  #take(planned: PlannedRequest, bytes: Buffer): void {
    const { plan } = this;
    const clock = this.#clock;
    const samples = this.#samples;
    samples.timestampMs = clock.nowMs();
    decodeAnswer(planned, bytes, samples);
    plan.unit.refusals.accept(planned.wanted);
    plan.unit.limits.accept(planned.table, planned.count);
    plan.noteGiven(planned);
  }

  /** After anything but an answer; gives the reason if the unit does not answer at all. */
  async #readRefused(planned: PlannedRequest, reply: Reply): Promise<string | null> {
    const { plan } = this;
    if (reply.kind === "exception" && isAboutAddresses(reply.code)) {
      return await this.#readHalves(planned, exceptionText(reply.code));
    }
    const reason = reasonOf(reply, plan.unit.id, plan.unit.waitedMs);
    this.fail(planned.wanted, reason);
    return isFailure(reply) ? reason : null;
  }

  /** Closes in on what the device refuses, so that one bad register costs one point. */
  async #readHalves(planned: PlannedRequest, reason: string): Promise<string | null> {
    const { plan } = this;
    const clock = this.#clock;
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
    const planned = this.plan.compile(part);
    planned.wasGiven ||= wasGiven;
    return planned;
  }

  /** Both halves were asked: whether they may not be joined, or the whole was too long. */
  async #learnFrom(whole: ReadRequest, [lower, upper]: readonly [ReadRequest, ReadRequest]) {
    const { plan } = this;
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
    const { limits } = this.plan.unit;
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
    const { plan } = this;
    const reply = await this.#asking.ask(plan.compile(read).request);
    if (reply.kind === "answer") plan.unit.limits.accept(read.table, read.count);
    if (reply.kind === "answer") return false;
    return reply.kind === "exception" && isAboutAddresses(reply.code) ? true : null;
  }
}
