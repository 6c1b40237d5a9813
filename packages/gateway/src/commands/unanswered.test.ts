import { describe, expect, it } from "vitest";
import type { FrameView } from "../line/line-view.ts";
import { markUnanswered, UnansweredMarks } from "./unanswered.ts";

const sent = (atMs: number, unit = 3): FrameView => ({
  ...{ atMs, direction: "sent", unit, text: "read holding:0 to 1", fault: null },
  ...{ roundTripMs: null, bytes: "" },
});
const answer = (atMs: number, askedMs: number | null, fault: FrameView["fault"] = null) => ({
  ...({ atMs, direction: "received", unit: 3, text: "", fault, bytes: "" } as const),
  roundTripMs: askedMs === null ? null : atMs - askedMs,
});

const faultsOf = (frames: readonly FrameView[]) =>
  markUnanswered(frames).map(({ atMs, fault }) => [atMs, fault]);

describe("a request that nobody answers", () => {
  it("is told once the next goes out", () => {
    expect(faultsOf([sent(0), answer(8, 0), sent(20), sent(1020), answer(1030, 1020)])).toEqual([
      [0, null],
      [8, null],
      [20, "no answer"],
      [1020, null],
      [1030, null],
    ]);
  });

  it("is not the last, which may be answered yet, nor one whose answer came damaged", () => {
    expect(faultsOf([sent(0), answer(5, null, "checksum"), sent(20)])).toEqual([
      [0, null],
      [5, "checksum"],
      [20, null],
    ]);
  });

  it("is one whose answer comes late, and one beside which others were heard", () => {
    const late = [sent(0), sent(500), answer(510, 0, "late"), answer(520, 500), sent(600)];
    expect(faultsOf(late).map(([, fault]) => fault)).toEqual([
      "no answer",
      null,
      "late",
      null,
      null,
    ]);
    expect(faultsOf([sent(0), answer(9, null, "foreign"), sent(500)])[0]).toEqual([0, "no answer"]);
  });

  it("is kept back until it is known, frame by frame", () => {
    const marks = new UnansweredMarks();
    expect(marks.take(answer(0, null, "foreign"))).toEqual([]);
    expect(marks.take(sent(1))).toHaveLength(1);
    expect(marks.take(sent(500)).map(({ fault }) => fault)).toEqual(["no answer"]);
    expect(marks.end()).toHaveLength(1);
  });
});
