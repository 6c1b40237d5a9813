import type { Lang } from "../config/messages.ts";
import type { FindEvent, FoundDevice } from "../find/found-device.ts";
import { foundRows, progressText } from "../find/render-found.ts";
import { formatTable } from "./format-table.ts";

/** Where a person reads along; absent `isTTY` is a file or a pipe. */
export interface Screen {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Follows a search: progress on one line of the screen, the devices kept for the end. */
export class ScanScreen {
  readonly #screen: Screen;
  readonly #lang: Lang;
  readonly #found = new Map<string, FoundDevice>();
  #isLineOpen = false;

  constructor(screen: Screen, lang: Lang) {
    this.#screen = screen;
    this.#lang = lang;
  }

  get found(): readonly FoundDevice[] {
    return [...this.#found.values()];
  }

  take(event: FindEvent): void {
    if (event.kind === "found") this.#found.set(event.found.where, event.found);
    const text = progressText(event, this.#found.size, this.#lang);
    if (text === null) return;
    if (event.kind !== "progress") {
      this.end();
      this.#screen.write(`${text}\n`);
    } else if (this.#screen.isTTY) {
      const room = Math.max(20, (this.#screen.columns ?? 80) - 1);
      this.#screen.write(`\r\u001b[K${text.slice(0, room)}`);
      this.#isLineOpen = true;
    }
  }

  /** What is written next stands on a line of its own. */
  end(): void {
    if (this.#isLineOpen) this.#screen.write("\r\u001b[K");
    this.#isLineOpen = false;
  }

  table(): string {
    const rows = foundRows(this.found, this.#lang);
    return rows.length === 0 ? "" : formatTable(rows);
  }
}
