import { join } from "node:path";
import type { Context } from "@headgate/model";
import { MonthCount } from "./month-count.ts";
import { readIfThere, replaceFile } from "./small-file.ts";

const FILE = "month.json";

/** A month's count that survives restarts, in a small file of the uplink's own. */
export class MonthFile {
  readonly count: MonthCount;
  readonly #context: Context;
  #saving: Promise<void> | null = null;
  #isFailed = false;

  private constructor(count: MonthCount, context: Context) {
    this.count = count;
    this.#context = context;
  }

  /** Goes on from the file, or begins anew where there is none that can be read. */
  static async open(bytesMax: number, context: Context): Promise<MonthFile> {
    const path = join(context.directory, FILE);
    try {
      return new MonthFile(MonthCount.from(await readIfThere(path), bytesMax), context);
    } catch (error) {
      context.log.warn(`bytes of this month: "${path}" is not readable, counted anew`, { error });
      return new MonthFile(MonthCount.from(null, bytesMax), context);
    }
  }

  /** Saves soon; calls while one is under way are one. */
  save({ isLast = false } = {}): Promise<void> {
    this.#saving ??= this.#write(isLast).finally(() => {
      this.#saving = null;
    });
    return this.#saving;
  }

  /** Saves what is used to the byte. */
  async saveLast(): Promise<void> {
    await this.#saving;
    await this.save({ isLast: true });
  }

  async #write(isLast: boolean): Promise<void> {
    const { directory, log } = this.#context;
    const path = join(directory, FILE);
    const text = this.count.toText({ isLast });
    try {
      await replaceFile(path, text);
      this.#isFailed = false;
    } catch (error) {
      // The count in memory holds; a restart would begin from the last one saved.
      if (!this.#isFailed) log.warn(`bytes of this month: "${path}" not written`, { error });
      this.#isFailed = true;
    }
  }
}
