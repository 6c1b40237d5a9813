import { describeError } from "@headgate/model";
import type { FindEvent } from "./found-device.ts";

/** How far one part of a search is. */
export interface TaskView {
  /** The serial port; empty for the network. */
  readonly name: string;
  readonly state: "running" | "done" | "failed";
  /** "look" for devices, or "read" what they are. */
  readonly doing: "look" | "read";
  /** Where it is: "/dev/ttyUSB0 9600 8N1", "192.168.1.10:502". */
  readonly at: string;
  readonly unitId: number | null;
  readonly doneCount: number;
  readonly lookCount: number;
  readonly leftMs: number;
  readonly notes: readonly string[];
  /** Why it ended early. */
  readonly fault: string | null;
}

const NOTES_MAX = 20;

/** One part of a search, with what it tells of itself. */
export class FindTask {
  /** Resolves when it is over, whatever came of it. */
  readonly ended: Promise<void>;
  #view: TaskView;

  constructor(name: string, run: (emit: (event: FindEvent) => void) => Promise<void>) {
    this.#view = {
      ...{ name, state: "running", doing: "look", at: name, unitId: null },
      ...{ doneCount: 0, lookCount: 0, leftMs: 0, notes: [], fault: null },
    };
    this.ended = run((event) => this.#take(event)).then(
      () => this.#set({ state: "done", leftMs: 0 }),
      (error: unknown) => this.#set({ state: "failed", leftMs: 0, fault: describeError(error) }),
    );
  }

  get view(): TaskView {
    return this.#view;
  }

  #take(event: FindEvent): void {
    if (event.kind === "plan") {
      this.#set({ lookCount: event.lookCount, leftMs: event.estimateMs });
    } else if (event.kind === "note") {
      const notes = [...new Set([...this.#view.notes, event.text])];
      this.#set({ notes: notes.slice(0, NOTES_MAX) });
    } else if (event.kind === "progress") {
      const { doing, line, unitId, doneCount, lookCount, leftMs } = event;
      this.#set({ doing, at: line, unitId, doneCount, lookCount, leftMs });
    }
  }

  #set(changed: Partial<TaskView>): void {
    this.#view = { ...this.#view, ...changed };
  }
}
