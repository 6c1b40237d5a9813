import { type Batch, extentOf, type Notice, type Pace, type Session } from "@headgate/model";
import { Bell } from "../src/drain/bell.ts";

/** A far side that notes what it is sent and answers as told. */
export class FakeSession implements Session {
  limits = { batchesMax: 4, batchBytesMax: 1800 };
  pace?: Pace;
  confirmation: "sent" | "taken" = "taken";
  readonly batches: Batch[] = [];
  answer: (batch: Batch) => Promise<void> = async () => {};
  readonly #notices: Notice[] = [];
  readonly #bell = new Bell();

  async send(batch: Batch): Promise<void> {
    this.batches.push(batch);
    await this.answer(batch);
  }

  tell(notice: Notice): void {
    this.#notices.push(notice);
    this.#bell.ring();
  }

  async *notices(signal: AbortSignal): AsyncGenerator<Notice> {
    while (!signal.aborted) {
      for (let next = this.#notices.shift(); next; next = this.#notices.shift()) yield next;
      await this.#bell.rung(signal);
    }
  }

  async close(): Promise<void> {}

  get sent(): string[] {
    return this.batches.map(({ lane, entries }) => {
      const [first] = entries;
      const last = entries.at(-1);
      if (!first || !last) return `${lane} empty`;
      const gap = first.kind === "gap" ? " gap" : "";
      return `${lane} ${extentOf(first).first}-${extentOf(last).last}${gap}`;
    });
  }
}
