import { expect, test } from "vitest";
import { interpretationEdits } from "./interpretation-edits.ts";

const settings = { address: "holding:40", type: "float32", order: "CDAB", scale: 1 };
const use = { device: "meter", point: "power", hasProfile: false, isForDevice: false };
const told = (...given: Parameters<typeof interpretationEdits>) =>
  interpretationEdits(...given).map(({ path, value }) => `${path.join(".")}=${value}`);

test("a point is read as it was interpreted", () => {
  expect(told(settings, use)).toEqual([
    "devices.meter.points.power.address=holding:40",
    "devices.meter.points.power.type=float32",
    "devices.meter.points.power.order=CDAB",
    "devices.meter.points.power.scale=null",
  ]);
});

test("a model's scale is overruled, and a new point has its unit", () => {
  expect(told(settings, { ...use, hasProfile: true, unit: "kW" }).slice(3)).toEqual([
    "devices.meter.points.power.scale=1",
    "devices.meter.points.power.unit=kW",
  ]);
  const scaled = { ...settings, type: "uint16", order: null, scale: 0.1 };
  expect(told(scaled, use).slice(2)).toEqual([
    "devices.meter.points.power.order=null",
    "devices.meter.points.power.scale=0.1",
  ]);
});

test("the order of a whole device stands at the device", () => {
  expect(told(settings, { ...use, isForDevice: true }).slice(2)).toEqual([
    "devices.meter.points.power.order=null",
    "devices.meter.points.power.scale=null",
    "devices.meter.order=CDAB",
  ]);
});
