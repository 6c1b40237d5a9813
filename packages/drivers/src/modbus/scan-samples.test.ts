import { missing } from "@headgate/model";
import { describe, expect, it } from "vitest";
import { ScanSamples } from "./scan-samples.ts";

const points = ["a", "b", "c", "d"].map((id) => ({ id }));

function put(samples: ScanSamples, at: number, values: readonly (number | string)[]): void {
  const list = samples.listFor(at, at + values.length);
  for (const [nth, value] of values.entries()) list[at + nth] = value;
}

describe("the samples of a scan", () => {
  it("are equal whenever they are looked at, one by one or in a row", () => {
    const samples = new ScanSamples(points);
    samples.timestampMs = 1000.5;
    put(samples, 0, [1, 2.5, "three", 4]);
    const taken = samples.take();
    const [, second] = taken;
    expect(second).toEqual({ pointId: "b", timestampMs: 1000.5, quality: "good", value: 2.5 });
    expect([0, 1, 2, 3].map((index) => taken.at(index))).toEqual([...taken]);
    expect([...taken].map(({ value }) => value)).toEqual([1, 2.5, "three", 4]);
    expect([taken.length, taken.at(4), taken.at(-1)]).toEqual([4, undefined, undefined]);
  });

  it.each([0, "", false, 0n])("may be %o, which is a value like others", (value) => {
    const samples = new ScanSamples(points.slice(0, 1));
    samples.timestampMs = 1;
    samples.listFor(0, 1)[0] = value;
    expect(samples.take().at(0)).toMatchObject({ quality: "good", value });
  });

  it("keep the time of the answer each came with, whatever the order", () => {
    const samples = new ScanSamples(points);
    samples.fail(2, missing("c", 5, "refused"));
    samples.timestampMs = 10;
    put(samples, 3, [4]);
    samples.timestampMs = 20;
    put(samples, 0, [1, 2]);
    // One that is read again in the same scan.
    samples.timestampMs = 30;
    put(samples, 1, [7]);
    const taken = [...samples.take()].map(({ timestampMs, value }) => [timestampMs, value]);
    expect(taken).toEqual([
      [20, 1],
      [30, 7],
      [5, null],
      [10, 4],
    ]);
  });

  it("are those of their own scan: the next changes neither them nor their times", () => {
    const samples = new ScanSamples(points);
    samples.timestampMs = 10;
    put(samples, 0, [1, 1]);
    samples.timestampMs = 20;
    put(samples, 2, [1, 1]);
    const first = samples.take();
    const before = [...first];
    samples.timestampMs = 30;
    put(samples, 0, [2, 2, 2, 2]);
    const second = [...samples.take()];
    expect([...first]).toEqual(before);
    expect(before.map(({ timestampMs }) => timestampMs)).toEqual([10, 10, 20, 20]);
    expect(second.map(({ timestampMs }) => timestampMs)).toEqual([30, 30, 30, 30]);
  });

  it("are missing where nothing was put in, and not those of the scan before", () => {
    const samples = new ScanSamples(points);
    samples.timestampMs = 10;
    put(samples, 0, [1, 2, 3, 4]);
    samples.take();
    samples.timestampMs = 20;
    put(samples, 0, [5]);
    expect([samples.take().at(0)?.value, samples.take().at(0)]).toEqual([5, undefined]);
  });
});
