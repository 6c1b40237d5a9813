import { expect, test } from "vitest";
import { samplePoint } from "../../testing/samples.ts";
import { chartPoints } from "./chart-points.ts";

const pointOf = (deviceId: string, name: string, value: number | string) => {
  return samplePoint({ id: `${deviceId}/${name}`, deviceId, value });
};
const of = (count: number) => {
  const devices = Array.from({ length: count }, (_, index) => ({ id: `d${index}` }));
  const points = devices.flatMap(({ id }) => [
    pointOf(id, "text", "x"),
    ...["a", "b", "c", "d"].map((name) => pointOf(id, name, 1)),
  ]);
  return chartPoints(devices, points);
};

test("of few devices three numbers each are drawn, of many one each, and never too many", () => {
  expect(of(0)).toEqual([]);
  expect(of(2)).toEqual(["d0/a", "d0/b", "d0/c", "d1/a", "d1/b", "d1/c"]);
  expect(of(18)).toHaveLength(36);
  expect(of(36)).toHaveLength(36);
  expect(of(500)).toHaveLength(36);
});
