import type { FrameView } from "../line/line-view.ts";

/** A frame, or a request that nobody answered before the next went out. */
export type TracedFrame = Omit<FrameView, "fault"> & {
  readonly fault: FrameView["fault"] | "no answer";
};

/** Two times of one moment differ in less. */
const SAME_MS = 0.5;

/** Marks requests that stay without an answer: each frame waits until that is known. */
export class UnansweredMarks {
  #waiting: FrameView[] = [];

  /** The frames of which all is known with this one. */
  take(frame: FrameView): TracedFrame[] {
    if (frame.direction === "sent") {
      const known = this.#known();
      this.#waiting = [frame];
      return known;
    }
    this.#waiting.push(frame);
    return [];
  }

  /** What is left: the last request may be answered yet. */
  end(): TracedFrame[] {
    const left = this.#waiting;
    this.#waiting = [];
    return left;
  }

  #known(): TracedFrame[] {
    const [first, ...others] = this.#waiting;
    if (first?.direction !== "sent") return this.#waiting;
    const isAnswered = others.some(({ atMs, roundTripMs, fault }) => {
      // Half of an answer, or one with a wrong sum, is told of by itself.
      if (fault === "checksum") return true;
      return roundTripMs !== null && Math.abs(atMs - roundTripMs - first.atMs) < SAME_MS;
    });
    return isAnswered ? this.#waiting : [{ ...first, fault: "no answer" }, ...others];
  }
}

/** The same of frames that are all there. */
export function markUnanswered(frames: readonly FrameView[]): TracedFrame[] {
  const marks = new UnansweredMarks();
  return [...frames.flatMap((frame) => marks.take(frame)), ...marks.end()];
}
