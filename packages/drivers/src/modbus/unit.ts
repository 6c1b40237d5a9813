import { Refusals } from "./refusals.ts";
import type { Request } from "./request.ts";
import { UnitHealth } from "./unit-health.ts";

/** What a connection knows of one unit on its line. */
export class Unit {
  readonly id: number;
  readonly health = new UnitHealth();
  readonly refusals = new Refusals();
  /** It has not answered since any unit on the line last did. */
  isSilent = false;
  /** The last request it left unanswered: its answer may still come. */
  unanswered: Request | null = null;

  constructor(id: number) {
    this.id = id;
  }
}
