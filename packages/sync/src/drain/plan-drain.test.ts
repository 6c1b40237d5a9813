import type { Lane } from "@headgate/model";
import { STREAMS, type Stream } from "@headgate/model";
import { describe, expect, it } from "vitest";
import { type Spans, spansOf } from "../ranges.ts";
import { type DrainView, type EpochView, planDrain, SEGMENT_BLOCKS } from "./plan-drain.ts";

type Ranges = [number, number][];
interface Case {
  readonly tail?: number;
  readonly head: number;
  readonly live: number;
  readonly acked?: Ranges;
  readonly taken?: Ranges;
}

const spansFrom = (ranges: Ranges = []): Spans =>
  spansOf(ranges.map(([first, last]) => ({ first, last })));

const epochOf = (given: Case, epoch = "e1"): EpochView => ({
  stream: "main",
  epoch,
  tailSeq: given.tail ?? 1,
  headSeq: given.head,
  liveFrom: given.live,
  acked: spansFrom(given.acked),
  taken: spansFrom(given.taken),
});

const viewOf = (given: Case, more: Partial<DrainView> = {}): DrainView => ({
  epochs: [epochOf(given)],
  order: "newest-first",
  repairs: [],
  batchesMax: 4,
  liveInFlight: 0,
  otherInFlight: 0,
  isBacklogHeld: false,
  heldLanes: new Set(),
  ...more,
});

function told(view: DrainView): string {
  const step = planDrain(view);
  return step ? `${step.lane} ${step.range.first}-${step.range.last}` : "nothing";
}

const REPAIR = { stream: "main", epoch: "e1", first: 5, last: 9 } as const;
const S = SEGMENT_BLOCKS;
const holding = (...lanes: Lane[]) => ({ heldLanes: new Set(lanes) });

describe("the next step of a drain", () => {
  it.each<[string, Case, Partial<DrainView>, string]>([
    ["is none for an empty buffer", { head: 0, live: 1 }, {}, "nothing"],
    ["is the live blocks", { head: 9, live: 1 }, {}, "l 1-9"],
    ["is live before backlog", { head: 9, live: 8 }, {}, "l 8-9"],
    ["is live before repair", { head: 9, live: 8 }, { repairs: [REPAIR] }, "l 8-9"],
    ["is repair before backlog", { head: 9, live: 10 }, { repairs: [REPAIR] }, "r 5-9"],
    ["is the backlog when nothing is live", { head: 9, live: 10 }, {}, "b 1-9"],
    ["skips what is acknowledged", { head: 9, live: 1, acked: [[1, 4]] }, {}, "l 5-9"],
    [
      "skips what is taken, up to the next hole",
      {
        head: 9,
        live: 1,
        acked: [
          [1, 2],
          [6, 7],
        ],
        taken: [[3, 3]],
      },
      {},
      "l 4-5",
    ],
    ["is none when all is acknowledged", { head: 9, live: 10, acked: [[1, 9]] }, {}, "nothing"],
    ["starts at the tail", { tail: 4, head: 9, live: 10 }, {}, "b 4-9"],
    ["is the newest segment", { head: 3 * S, live: 3 * S + 1 }, {}, `b ${2 * S + 1}-${3 * S}`],
    [
      "goes on ascending inside the segment",
      { head: 3 * S, live: 3 * S + 1, taken: [[2 * S + 1, 2 * S + 100]] },
      {},
      `b ${2 * S + 101}-${3 * S}`,
    ],
    [
      "then is the segment before",
      { head: 3 * S, live: 3 * S + 1, taken: [[2 * S + 1, 3 * S]] },
      {},
      `b ${S + 1}-${2 * S}`,
    ],
    ["leaves one slot to live", { head: 9, live: 10 }, { otherInFlight: 3 }, "nothing"],
    ["uses that slot for live", { head: 9, live: 9 }, { otherInFlight: 3 }, "l 9-9"],
    ["is none when the window is full", { head: 9, live: 1 }, { liveInFlight: 4 }, "nothing"],
    ["with one slot still serves the backlog", { head: 9, live: 10 }, { batchesMax: 1 }, "b 1-9"],
    ["holds the backlog back", { head: 9, live: 10 }, { isBacklogHeld: true }, "nothing"],
    ["starts live at the tail", { tail: 4, head: 9, live: 1 }, {}, "l 4-9"],
    ["leaves out a lane that must wait", { head: 9, live: 8 }, holding("l"), "b 1-7"],
    [
      "leaves out repairs that must wait",
      { head: 9, live: 10 },
      { repairs: [REPAIR], ...holding("r") },
      "b 1-9",
    ],
    ["waits with the backlog", { head: 9, live: 10 }, holding("b"), "nothing"],
    [
      "in strict order waits with what is next",
      { head: 9, live: 8 },
      { order: "strict", ...holding("b") },
      "nothing",
    ],
    ["never holds live back", { head: 9, live: 9 }, { isBacklogHeld: true }, "l 9-9"],
    [
      "in strict order holds the backlog back too",
      { head: 9, live: 8 },
      { order: "strict", isBacklogHeld: true },
      "nothing",
    ],
    [
      "in strict order waits until what is on its way has arrived",
      { head: 9, live: 1, taken: [[1, 4]] },
      { order: "strict", liveInFlight: 1 },
      "nothing",
    ],
    [
      "in strict order is the oldest",
      { head: 3 * S, live: S },
      { order: "strict" },
      `b 1-${S - 1}`,
    ],
    [
      "in strict order reaches live last",
      { head: 9, live: 8, acked: [[1, 7]] },
      { order: "strict" },
      "l 8-9",
    ],
  ])("%s", (_name, given, more, expected) => {
    expect(told(viewOf(given, more))).toBe(expected);
  });

  it("is live in the newest epoch before backlog in an old one, and its backlog last", () => {
    const old = epochOf({ head: 5, live: 6 }, "e0");
    const fresh = epochOf({ head: 3, live: 1 }, "e1");
    const view = viewOf({ head: 0, live: 1 }, { epochs: [old, fresh] });
    expect(planDrain(view)?.range).toMatchObject({ epoch: "e1", first: 1, last: 3 });
    const later = { ...view, epochs: [old, { ...fresh, taken: spansFrom([[1, 3]]) }] };
    expect(planDrain(later)).toMatchObject({
      lane: "b",
      range: { epoch: "e0", first: 1, last: 5 },
    });
  });

  it("is the backlog of the newest epoch before that of an older one", () => {
    const epochs = [epochOf({ head: 5, live: 6 }, "e0"), epochOf({ head: 7, live: 8 }, "e1")];
    const step = planDrain(viewOf({ head: 0, live: 1 }, { epochs }));
    expect(step).toMatchObject({ lane: "b", range: { epoch: "e1", first: 1, last: 7 } });
  });

  it("is events, samples, what was remembered, pictures, live ones before any backlog", () => {
    const of = (stream: Stream) => ({ ...epochOf({ head: 5, live: 5 }, stream), stream });
    const sent: string[] = [];
    const epochs = [of("media"), of("history"), of("main"), of("events")];
    for (let step = planDrain(viewOf({ head: 0, live: 1 }, { epochs })); step; ) {
      const { lane, range } = step;
      sent.push(`${range.stream} ${lane}`);
      const epoch = epochs.find(({ stream }) => stream === range.stream);
      if (epoch) Object.assign(epoch, { taken: spansOf([...epoch.taken, range]) });
      step = planDrain(viewOf({ head: 0, live: 1 }, { epochs }));
    }
    const lanes = ["l", "b"].flatMap((lane) => STREAMS.map((stream) => `${stream} ${lane}`));
    expect(sent).toEqual(lanes);
  });
});
