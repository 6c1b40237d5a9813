import { expect, it } from "vitest";
import { groupSpans } from "./group-spans.ts";
import { addressSchema } from "./settings.ts";

const address = addressSchema.parse({ address: "i=1" });
const span = (id: string, fromMs: number, toMs: number) => ({
  point: { id, address, device: { history: true } },
  fromMs,
  toMs,
});
const shown = (spans: ReturnType<typeof span>[], size = 9) =>
  groupSpans(spans, size).map(({ fromMs, toMs, ...group }) => ({
    ids: group.spans.map(({ point }) => point.id).join(),
    fromMs,
    toMs,
  }));

it("asks for spans of one cut together, over the time that holds them all", () => {
  expect(shown([span("a", 1100, 9000), span("b", 1000, 9300)])).toEqual([
    { ids: "b,a", fromMs: 1000, toMs: 9300 },
  ]);
});

it("asks for a long and a short one apart, and for no more nodes than it may", () => {
  expect(shown([span("a", 0, 100_000), span("b", 90_000, 100_000)])).toHaveLength(2);
  expect(shown([span("a", 0, 9), span("b", 0, 9), span("c", 0, 9)], 2)).toHaveLength(2);
  expect(shown([])).toEqual([]);
});
