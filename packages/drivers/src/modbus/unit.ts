import { BlockLimits } from "./block-limits.ts";
import { OwedAnswers } from "./owed-answers.ts";
import { Pacing } from "./pacing.ts";
import { Refusals } from "./refusals.ts";
import { ResponseTimes } from "./response-times.ts";
import { UnitHealth } from "./unit-health.ts";

/** What a connection knows of one unit on its line. */
export class Unit {
  readonly id: number;
  readonly health = new UnitHealth();
  readonly refusals = new Refusals();
  readonly limits = new BlockLimits();
  readonly pacing = new Pacing();
  readonly times = new ResponseTimes();
  readonly owed = new OwedAnswers();
  /** It has not answered since any unit on the line last did. */
  isSilent = false;
  /** How long its last answer was waited for. */
  waitedMs = 0;

  constructor(id: number) {
    this.id = id;
  }
}
