import { BlockLimits } from "./block-limits.ts";
import { Pacing } from "./pacing.ts";
import { Refusals } from "./refusals.ts";
import { type Remembered, remember } from "./remembered.ts";
import { ResponseTimes } from "./response-times.ts";
import { Retests } from "./retests.ts";
import { UnitHealth } from "./unit-health.ts";

/** What a connection knows of one unit on its line. */
export class Unit implements Remembered {
  readonly id: number;
  readonly owed: Remembered["owed"];
  readonly silent: Remembered["silent"];
  readonly health = new UnitHealth();
  refusals = new Refusals();
  limits = new BlockLimits();
  pacing: Pacing;
  times = new ResponseTimes();
  retests = new Retests();
  /** It has not answered since any unit on the line last did. */
  isSilent = false;
  /** Once since the line was opened. */
  hasAnswered = false;
  /** How long its last answer was waited for. */
  waitedMs = 0;

  /** Names what is wanted of it: units of one model are wanted the same of. */
  model = "";
  /** Only others ask it: its silence says nothing about the line. */
  isGuests = false;
  /** Scans find out whether it answers: what it does not tell others says nothing of it. */
  isScanned = false;
  #forgottenRevision = 0;

  readonly #quietMs: number;

  /** `quietMs` is kept before requests until something else is learnt. */
  constructor(id: number, quietMs = 0, { owed, silent } = remember(id, undefined)) {
    this.id = id;
    this.owed = owed;
    this.silent = silent;
    this.#quietMs = quietMs;
    this.pacing = new Pacing(quietMs);
  }

  /** Changes whenever a plan made before should be made anew. */
  get revision(): number {
    return this.#forgottenRevision + this.refusals.revision + this.limits.revision;
  }

  /** It was learnt that requests must be shorter than they might be. */
  get isLimited(): boolean {
    return this.limits.isLimited || this.refusals.hasSeams;
  }

  /** As if it were met for the first time. */
  forget(): void {
    this.#forgottenRevision = this.revision + 1;
    this.refusals = new Refusals();
    this.limits = new BlockLimits();
    this.pacing = new Pacing(this.#quietMs);
    this.times = new ResponseTimes();
    this.retests = new Retests();
  }
}
