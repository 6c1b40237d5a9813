import { type Clock, Unreachable } from "@headgate/model";
import { DeadUnits, restMinMs } from "./dead-units.ts";
import type { Asker, AtOnceOptions, Line, AskOptions as LineAskOptions } from "./line.ts";
import { PlainAsk, type PlainAsked } from "./plain-ask.ts";
import type { RegisterCache } from "./register-cache.ts";
import { type RememberedUnits, remember } from "./remembered.ts";
import { isFailure, type Reply, reasonOf, SILENCE } from "./reply.ts";
import { isRead, type Read, type Request, requestOf } from "./request.ts";
import { Unit } from "./unit.ts";

/** Silence of the whole line after which it is lost, however rarely its units are read. */
const LINE_SILENCE_MAX_MS = 60_000;
/** So many timeouts after a silence its answer may come, where no other proves that it is gone. */
const OVERDUE_TIMEOUTS = 4;
const UNSAFE: Reply = {
  kind: "malformed",
  reason: "not asked: the late answer to an earlier request would pass for this one's",
};
/** No unit needs more silence than this. */
const PATIENT_QUIET_MS = 320;

export interface LineTalkOptions {
  readonly line: Line;
  /** For messages: "10.0.0.5:502". */
  readonly where: string;
  readonly clock: Clock;
  /** Infinity on a serial line: its silence says nothing about the port. */
  readonly timeoutsMax: number;
  /** Present where other masters are answered from what was read anyway. */
  readonly cache?: RegisterCache | undefined;
  /** Silence before requests to a unit of which nothing is learnt, on top of the line's own. */
  readonly quietMs?: number;
  /** From the connections before. */
  readonly remembered?: RememberedUnits | undefined;
}

export interface AskOptions {
  /** Whose turn it is if several wait: see `TurnQueue`. */
  readonly rankMs: number;
  readonly timeoutMs: number;
  /** Waits all of it, whatever was learnt. */
  readonly isPatient?: boolean;
  /** Looked at once the line is ours: a reply in place of asking, if asking is needless by now. */
  readonly instead?: () => Reply | null;
}

/** A request, what became of it, and when (monotonic). */
interface Exchanged {
  readonly request: Request;
  readonly reply: Reply;
  readonly startMs: number;
  readonly nowMs: number;
  readonly isGuest: boolean;
}

interface ExchangeOptions extends Required<LineAskOptions> {
  /** For another master. */
  readonly isGuest: boolean;
}

/** Asks the units of one line, and learns from what they answer, or do not. */
export class LineTalk {
  readonly #options: LineTalkOptions;
  readonly #line: Line;
  readonly #units = new Map<number, Unit>();
  readonly dead = new DeadUnits();
  #silenceCount = 0;
  /** The line has one request at a time. */
  readonly #plain = new PlainAsk((asked, reply, settledMs) =>
    this.#notePlain(asked, reply, settledMs),
  );
  #lastAnswerMs: number;

  constructor(options: LineTalkOptions) {
    this.#options = options;
    this.#line = options.line;
    this.#lastAnswerMs = options.clock.monotonicMs();
    options.line.port.on("unanswered", (frame: Buffer) => this.#noteOthers(frame));
  }

  unit(id: number): Unit {
    let unit = this.#units.get(id);
    if (!unit) {
      unit = new Unit(id, this.#options.quietMs, remember(id, this.#options.remembered));
      this.#units.set(id, unit);
    }
    return unit;
  }

  /** For a request of another master. */
  guestUnit(id: number): Unit {
    const isNew = !this.#units.has(id);
    const unit = this.unit(id);
    if (isNew) unit.isGuests = true;
    return unit;
  }

  units(): Iterable<Unit> {
    return this.#units.values();
  }

  /** No unit answers: a cable, a power supply, a gateway. Nobody is held up by trying. */
  get isWhollyDead(): boolean {
    for (const { health } of this.#units.values()) if (!health.isDead) return false;
    return this.#units.size > 0;
  }

  /**
   * Asks as long as was learnt to be enough. A unit that answered until now gets a second chance,
   * with all its time: it may have been asked too soon, or was slow for once.
   */
  async ask(unit: Unit, request: Request, options: AskOptions): Promise<Reply> {
    if (!isRead(request)) return await this.#askOnce(unit, request, options);
    const { isPatient = false } = options;
    const timeoutMs = isPatient ? options.timeoutMs : unit.times.timeoutMs(options.timeoutMs);
    // Who is patient asks where nobody may ever have answered: that must not cost the line.
    const isTrusted = !isPatient && isTrustedWith(unit, request);
    const reply = await this.#askOnce(unit, request, { ...options, timeoutMs });
    if (reply.kind === "silence" && isTrusted) {
      return await this.#askAgain(unit, request, { ...options, triedMs: timeoutMs });
    }
    // What was not asked teaches nothing.
    if (reply.kind !== "silence" && !options.instead) unit.pacing.heard();
    return reply;
  }

  /**
   * The same for most reads, where nothing is to be kept in mind and nobody to be waited for:
   * without a promise, and the asker is told of the first reply. False if it is no such read:
   * then nothing is done.
   */
  askPlainly(unit: Unit, read: Read, options: AtOnceOptions, asker: Asker): boolean {
    const line = this.#line;
    const isSimple = line.port.hasIds && unit.pacing.quietMs === 0 && isTrustedWith(unit, read);
    if (!isSimple || !line.isFreeFor(options.rankMs)) return false;
    const timeoutMs = unit.times.timeoutMs(options.timeoutMs);
    const plain = this.#plain.begin({ unit, read, timeoutMs }, asker);
    line.askAtOnce(read, { rankMs: options.rankMs, timeoutMs }, plain);
    return true;
  }

  /** What is left of `ask` after the first reply to a plain read. */
  async afterPlain(
    unit: Unit,
    { read, reply }: { readonly read: Read; readonly reply: Reply },
    options: AtOnceOptions,
  ): Promise<Reply> {
    if (reply.kind !== "silence") return reply;
    return await this.#askAgain(unit, read, { ...options, triedMs: unit.waitedMs });
  }

  async #askAgain(
    unit: Unit,
    request: Request,
    { triedMs, ...options }: AskOptions & { readonly triedMs: number },
  ): Promise<Reply> {
    const { idleMs } = this.#options.line;
    const again = await this.#askOnce(unit, request, options);
    if (isFailure(again)) return again;
    const isShortened = triedMs < options.timeoutMs;
    if (isShortened) unit.times.forget();
    const isTaught = !isShortened || unit.pacing.isTrial;
    if (isTaught && !options.instead) unit.pacing.missed(idleMs);
    return again;
  }

  #notePlain({ unit, read: request, timeoutMs }: PlainAsked, reply: Reply, nowMs: number): void {
    const { line, cache } = this.#options;
    const { sentMs: startMs } = line;
    if (cache && reply.kind === "answer") cache.put(request, reply.bytes, startMs);
    unit.waitedMs = timeoutMs;
    this.#note(unit, { request, reply, startMs, nowMs, isGuest: false });
    if (reply.kind !== "silence") unit.pacing.heard();
  }

  /**
   * Where answers carry no id, a late one would pass for the next: then something is asked first
   * whose answer cannot be mistaken for it. Nobody else has the line in between.
   */
  async #askOnce(unit: Unit, request: Request, options: AskOptions): Promise<Reply> {
    const { line } = this.#options;
    const { rankMs, timeoutMs, instead } = options;
    return await line.turn(rankMs, async () => {
      const known = instead?.() ?? null;
      if (known !== null) return known;
      const isGuest = instead !== undefined;
      if (!unit.owed.isEmpty && !line.port.hasIds) {
        const { quietMs } = unit.pacing;
        const reply = await this.#exchange(unit, unit.owed.probe(), {
          timeoutMs,
          quietMs,
          isGuest,
        });
        if (isFailure(reply)) return reply;
        // Its exception may be a late one.
        if (!unit.owed.isEmpty && !(await this.#isSettled(unit, request, timeoutMs))) return UNSAFE;
        // It may have been silent because it was asked too soon: it is not to be again.
        const patient = { timeoutMs, quietMs: PATIENT_QUIET_MS, isGuest };
        return await this.#exchange(unit, request, patient);
      }
      const { quietMs } = unit.pacing;
      return await this.#exchange(unit, request, { timeoutMs, quietMs, isGuest });
    });
  }

  /** Whether the next answer will be that to `request`, or as good as that. */
  async #isSettled(unit: Unit, request: Request, timeoutMs: number): Promise<boolean> {
    const { line, clock } = this.#options;
    const { owed } = unit;
    const probe = owed.otherProbe();
    if (probe !== null) {
      const reply = await line.ask(probe, { timeoutMs, quietMs: PATIENT_QUIET_MS });
      // Units that do not know the function may be silent: that says nothing of the others.
      if (reply.kind === "silence") owed.noteUnknown(probe);
      else owed.note(probe, reply, clock.monotonicMs());
    }
    if (owed.isEmpty) return true;
    // The unit is back: what it still owes comes soon.
    await line.rest(timeoutMs);
    if (this.#isPaid(unit, timeoutMs)) owed.clear();
    return owed.isEmpty || owed.isSafe(request);
  }

  /** Whatever the unit owes has come meanwhile, or comes no more. */
  #isPaid({ owed }: Unit, timeoutMs: number): boolean {
    const { line, clock } = this.#options;
    if (line.port.strayFrameCount() >= owed.silenceCount) return true;
    return owed.isOverdue(clock.monotonicMs(), OVERDUE_TIMEOUTS * timeoutMs);
  }

  async #exchange(unit: Unit, request: Request, options: ExchangeOptions): Promise<Reply> {
    const { line, clock } = this.#options;
    const startMs = clock.monotonicMs();
    // Until there is an answer it is owed, also if the line is lost meanwhile.
    let reply: Reply = SILENCE;
    try {
      reply = await this.#askAndKeep(request, options);
    } finally {
      if (!line.port.hasIds) unit.owed.note(request, reply, clock.monotonicMs());
    }
    unit.waitedMs = options.timeoutMs;
    const { isGuest } = options;
    this.#note(unit, { request, reply, startMs, nowMs: clock.monotonicMs(), isGuest });
    return reply;
  }

  /** What a reply, or its absence, says of the unit and the line. */
  #note(unit: Unit, { request, reply, startMs, nowMs, isGuest }: Exchanged): void {
    const { health, silent } = unit;
    // Registers that only others ask for may be none: that must not cost our own.
    if (isGuest && unit.isScanned && isFailure(reply)) return;
    if (isFailure(reply)) {
      const reason = reasonOf(reply, unit.id, unit.waitedMs);
      const costMs = nowMs - startMs;
      if (reply.kind === "silence") silent.silent(request, { reason, costMs }, nowMs);
      if (health.isDead) this.dead.tried(costMs, nowMs);
      health.failed(reason, nowMs, { restMinMs: this.#restMinMs(unit, reply), costMs });
    } else {
      if (health.isDead) {
        // Somebody is heard again on a line that was dead as a whole: so may be the others.
        if (this.isWhollyDead) this.#wakeAll();
        this.dead.forget();
      }
      health.answered();
      unit.hasAnswered = true;
      silent.answered(request);
    }
    if (reply.kind === "silence") this.#noteSilence(unit, nowMs);
    else this.#noteAnswer(unit, nowMs);
  }

  /** What was read is kept for guests; a write makes it old, whatever becomes of it. */
  async #askAndKeep(request: Request, options: ExchangeOptions): Promise<Reply> {
    const { line, cache } = this.#options;
    if (!cache) return await line.ask(request, options);
    try {
      const reply = await line.ask(request, options);
      const isAnswered = isRead(request) && reply.kind === "answer";
      if (isAnswered) cache.put(request, reply.bytes, line.sentMs);
      return reply;
    } finally {
      if (!isRead(request)) cache.forget(request.unitId);
    }
  }

  /** Whoever else is on the wire left a request to one of our units without an answer. */
  #noteOthers(frame: Buffer): void {
    const request = requestOf(frame);
    const unit = request && this.#units.get(request.unitId);
    if (!unit || this.#options.line.port.hasIds) return;
    unit.owed.note(request, SILENCE, this.#options.clock.monotonicMs());
  }

  #wakeAll(): void {
    this.dead.forget();
    for (const { health } of this.#units.values()) health.wake();
  }

  #noteAnswer(unit: Unit, nowMs: number): void {
    const line = this.#line;
    unit.times.note(Math.max(0, nowMs - line.sentMs - line.port.wireMs));
    this.#lastAnswerMs = nowMs;
    if (this.#silenceCount === 0) return;
    this.#silenceCount = 0;
    for (const other of this.#units.values()) other.isSilent = false;
  }

  #noteSilence(unit: Unit, nowMs: number): void {
    unit.isSilent = true;
    if (unit.isGuests && this.#hasOwnUnits()) return;
    this.#silenceCount++;
    this.#endIfAllSilent(nowMs);
  }

  /** All dead units together may cost a tenth of the line's time. */
  #restMinMs(unit: Unit, reply: Reply): number {
    if (reply.kind !== "silence") return 0;
    const others = [...this.#units.values()].filter((one) => one !== unit && one.health.isDead);
    return restMinMs(unit.waitedMs, others.length + 1);
  }

  #hasOwnUnits(): boolean {
    return [...this.#units.values()].some(({ isGuests }) => !isGuests);
  }

  /** A socket nobody answers through is not trusted again: a new one may reach them. */
  #endIfAllSilent(nowMs: number): void {
    const { line, where, timeoutsMax } = this.#options;
    if (this.#silenceCount < timeoutsMax) return;
    const isAnyoneLeft = [...this.#units.values()].some(
      ({ isSilent, isGuests, health }) =>
        !isGuests && !isSilent && health.restingReason(nowMs) === null,
    );
    if (isAnyoneLeft && nowMs - this.#lastAnswerMs < LINE_SILENCE_MAX_MS) return;
    const count = this.#silenceCount;
    const isAlone = this.#units.size === 1;
    const hint = isAlone
      ? "check the unit id; if it is right, the device may hang: restart it"
      : "check the unit ids, and what is behind this address";
    const what = `${where}: connected, but ${count} requests in a row had no answer`;
    const lost = new Unreachable(`${what}; ${hint}`);
    line.lose(lost);
    throw lost;
  }
}

/** It answers, and has not left just this without an answer. */
function isTrustedWith({ health, hasAnswered, silent }: Unit, request: Request): boolean {
  return hasAnswered && health.isFine && !silent.has(request);
}
