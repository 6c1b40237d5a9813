import { missing, type Sample } from "@headgate/model";
import { expect, it } from "vitest";
import { LiveValues } from "./live-values.ts";

const good = (value: boolean | number | bigint | string, timestampMs = 1): Sample => {
  return { pointId: "m/a", timestampMs, quality: "good", value };
};

it("gives back the last sample of a point, of whatever kind", () => {
  const live = new LiveValues(["m/a", "m/b"]);
  const samples: Sample[] = [
    good(12.5),
    good(-0),
    missing("m/a", 3, "timeout"),
    good(7, 4),
    { pointId: "m/a", timestampMs: 5, quality: "uncertain", value: 9 },
    good(2n ** 60n),
    good("run"),
    good(true),
    good(0.1, 1_767_225_600_123),
  ];
  expect(live.get("m/a")).toBeUndefined();
  for (const sample of samples) {
    live.put(live.slotOf("m/a"), sample);
    expect(live.get("m/a")).toEqual(sample);
  }
  expect(live.get("m/b")).toBeUndefined();
});

it("counts points by quality", () => {
  const live = new LiveValues(["m/a", "m/b", "m/c", "m/d", "m/e"]);
  live.put(0, good(1));
  live.put(1, good("text"));
  live.put(2, { pointId: "m/c", timestampMs: 1, quality: "uncertain", value: 1 });
  live.put(3, missing("m/d", 1, "timeout"));
  expect(live.countByQuality()).toEqual({ good: 2, uncertain: 1, bad: 1, silent: 1 });
  live.put(3, { ...good(2), pointId: "m/d" });
  expect(live.countByQuality()).toEqual({ good: 3, uncertain: 1, bad: 0, silent: 1 });
});

it("tells those who watch, until they go", () => {
  const live = new LiveValues(["m/a"]);
  const seen: Sample[] = [];
  const going = new AbortController();
  live.watch("m/a", going.signal, (sample) => seen.push(sample));
  live.put(0, good(1));
  going.abort();
  live.put(0, good(2));
  expect(seen).toEqual([good(1)]);
});

it("lets points come and go; those that stay keep what they hold", () => {
  const live = new LiveValues(["m/a", "m/b"]);
  const [a, b] = [live.slotOf("m/a"), live.slotOf("m/b")];
  const good = (pointId: string) =>
    ({ pointId, timestampMs: 5, quality: "good", value: 7 }) as const;
  live.put(a, good("m/a"));
  live.add(["m/c", "m/a"]);
  expect(live.get("m/a")?.value).toBe(7);
  live.keepOnly(["m/a", "m/c"]);
  // A scan that was under way when it went.
  live.put(b, good("m/b"));
  expect(live.has("m/b")).toBe(false);
  expect(live.countByQuality()).toEqual({ good: 1, uncertain: 0, bad: 0, silent: 1 });
});
