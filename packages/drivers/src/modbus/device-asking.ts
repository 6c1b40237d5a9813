import type { Asking } from "./device-reader.ts";
import type { Asker } from "./line.ts";
import type { LineTalk } from "./line-talk.ts";
import type { Reply } from "./reply.ts";
import type { Read, Request } from "./request.ts";
import type { Unit } from "./unit.ts";

/** The interval that points are read at; of those nobody scheduled, at once. */
export interface Rank {
  rankMs: number;
}

export interface DeviceAskingOptions {
  readonly talk: LineTalk;
  readonly unit: Unit;
  readonly rank: Rank;
  readonly timeoutMs: number;
}

/** Asks one unit for the points of one list. */
export class DeviceAsking implements Asking {
  readonly #talk: LineTalk;
  readonly #unit: Unit;
  readonly #rank: Rank;
  readonly timeoutMs: number;

  constructor({ talk, unit, rank, timeoutMs }: DeviceAskingOptions) {
    this.#talk = talk;
    this.#unit = unit;
    this.#rank = rank;
    this.timeoutMs = timeoutMs;
  }

  get rankMs(): number {
    return this.#rank.rankMs;
  }

  ask(request: Request): Promise<Reply> {
    const { rankMs, timeoutMs } = this;
    return this.#talk.ask(this.#unit, request, { rankMs, timeoutMs });
  }

  askPlainly(read: Read, asker: Asker): boolean {
    return this.#talk.askPlainly(this.#unit, read, this, asker);
  }

  afterPlain(read: Read, reply: Reply): Promise<Reply> {
    const { rankMs, timeoutMs } = this;
    return this.#talk.afterPlain(this.#unit, { read, reply }, { rankMs, timeoutMs });
  }
}
