import { expect, test } from "vitest";
import { samplePoint } from "../../testing/samples.ts";
import { chartPoints } from "./chart-points.ts";

const pointOf = (deviceId: string, name: string, value: number | string) => {
  return samplePoint({ id: `${deviceId}/${name}`, deviceId, value, unit: name[0] ?? "" });
};
const of = (count: number) => {
  const devices = Array.from({ length: count }, (_, index) => ({ id: `d${index}` }));
  const points = devices.flatMap(({ id }) => [
    pointOf(id, "text", "x"),
    ...["a1", "a2", "b", "c", "d"].map((name) => pointOf(id, name, 1)),
  ]);
  return chartPoints(devices, points);
};

test("of few devices four numbers are drawn, of each unit one, and never too many", () => {
  expect(of(0)).toEqual([]);
  expect(of(2).slice(0, 5)).toEqual(["d0/a1", "d0/b", "d0/c", "d0/d", "d1/a1"]);
  expect(of(18)).toHaveLength(36);
  expect(of(36)).toHaveLength(36);
  expect(of(500)).toHaveLength(36);
});
