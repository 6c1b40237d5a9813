import type { LineNotice } from "@headgate/model";

/** What a person should know of one session, as long as it is so. */
export class Notices {
  readonly #notices = new Map<string, LineNotice>();
  #told: ((all: readonly LineNotice[]) => void) | null = null;

  /** `key` says what it is about; null: it is so no more. True if that is news. */
  set(key: string, notice: LineNotice | null): boolean {
    if (this.#notices.get(key)?.text === notice?.text) return false;
    if (notice) this.#notices.set(key, notice);
    else this.#notices.delete(key);
    this.#told?.(this.all());
    return true;
  }

  all(): LineNotice[] {
    return [...this.#notices.values()];
  }

  /** Tells all of them at each change, beginning now if there are any. */
  tell(told: (all: readonly LineNotice[]) => void): void {
    this.#told = told;
    if (this.#notices.size > 0) told(this.all());
  }
}
