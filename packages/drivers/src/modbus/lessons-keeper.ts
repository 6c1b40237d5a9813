import { type Context, describeError } from "@headgate/model";
import { type Lessons, lessonsOf, NO_LESSONS, teach, type UnitLessons } from "./lessons.ts";
import { readLessons, writeLessons } from "./lessons-file.ts";
import type { Unit } from "./unit.ts";

/** How soon what a person had forgotten is forgotten here. */
const LOOK_MS = 10_000;
/** Written at most so often: what is learnt anew after a power cut costs a few requests. */
const WRITE_MS_MIN = 60_000;

/** Keeps what is learnt of the units of one line in the channel's folder. */
export class LessonsKeeper {
  readonly #context: Context;
  #known: Lessons = NO_LESSONS;
  #writtenAtMs: number;
  /** The same fault is told once, however often it is met. */
  #fault = "";

  private constructor(context: Context) {
    this.#context = context;
    this.#writtenAtMs = context.clock.monotonicMs();
  }

  static async open(context: Context): Promise<LessonsKeeper> {
    const keeper = new LessonsKeeper(context);
    keeper.#known = (await keeper.#read()) ?? NO_LESSONS;
    return keeper;
  }

  teach(unit: Unit): void {
    teach(unit, this.#known, this.#context.clock.monotonicMs());
  }

  /** Looks now and then whether there is something to write or to forget, until `signal` aborts. */
  async run(units: () => Iterable<Unit>, signal: AbortSignal): Promise<void> {
    const { clock, directory } = this.#context;
    if (directory === "") return;
    while (!signal.aborted) {
      await clock.sleep(LOOK_MS, signal);
      await this.#forgetWhatIsGone(units());
      if (clock.monotonicMs() - this.#writtenAtMs >= WRITE_MS_MIN) await this.save(units());
    }
    await this.#forgetWhatIsGone(units());
    await this.save(units());
  }

  /** Writes if there is something new. What a full disk does not take is learnt again. */
  async save(units: Iterable<Unit>): Promise<void> {
    const { clock, directory, log } = this.#context;
    if (directory === "") return;
    const entries: Record<string, UnitLessons> = { ...this.#known.units };
    for (const unit of units) {
      const lessons = lessonsOf(unit);
      if (lessons) entries[unit.id] = lessons;
    }
    const next: Lessons = { version: 1, units: entries };
    this.#writtenAtMs = clock.monotonicMs();
    if (JSON.stringify(next) === JSON.stringify(this.#known)) return;
    try {
      await writeLessons(directory, next, "gateway");
      this.#known = next;
    } catch (error) {
      log.warn("what was learnt of devices is not written", { reason: describeError(error) });
    }
  }

  async #forgetWhatIsGone(units: Iterable<Unit>): Promise<void> {
    const now = await this.#read();
    if (now === null) return;
    for (const unit of units) {
      if (now.units[unit.id] === undefined && this.#known.units[unit.id] !== undefined) {
        unit.forget();
      }
    }
    this.#known = { ...this.#known, units: intersection(this.#known.units, now.units) };
  }

  async #read(): Promise<Lessons | null> {
    const { directory } = this.#context;
    if (directory === "") return null;
    try {
      const read = await readLessons(directory);
      this.#tell(read === null ? "its file is damaged; it is learnt anew" : "");
      // What is known is written again.
      if (read === null) this.#known = NO_LESSONS;
      return read;
    } catch (error) {
      this.#tell(describeError(error));
      return null;
    }
  }

  #tell(fault: string): void {
    const isNew = fault !== "" && fault !== this.#fault;
    this.#fault = fault;
    const { log } = this.#context;
    if (isNew) log.warn("what was learnt of devices cannot be read", { reason: fault });
  }
}

function intersection(known: Lessons["units"], present: Lessons["units"]): Lessons["units"] {
  return Object.fromEntries(Object.entries(known).filter(([id]) => id in present));
}
