import { expect, test } from "vitest";
import { bytes, moment, plainMoment, pointValue, span } from "./format.ts";

const at = Date.UTC(2026, 10, 20, 12, 11, 4);

test.each([
  ["Asia/Shanghai", "2026-11-20", "20:11:04", "+08"],
  ["UTC", "2026-11-20", "12:11:04", "UTC"],
  ["America/St_Johns", "2026-11-20", "08:41:04", "−03:30"],
  ["Asia/Kolkata", "2026-11-20", "17:41:04", "+05:30"],
  ["Pacific/Kiritimati", "2026-11-21", "02:11:04", "+14"],
])("a moment in %s has its offset", (zone, date, time, offset) => {
  expect(moment(at, zone)).toEqual({ date, time, offset });
});

test("midnight is 00", () => {
  expect(moment(Date.UTC(2026, 0, 1), "UTC").time).toBe("00:00:00");
});

test.each([
  [0, "seconds", 0],
  [-5000, "seconds", 0],
  [119_400, "seconds", 119],
  [120_000, "minutes", 2],
  [7_200_000, "hours", 2],
  [172_800_000, "days", 2],
])("%i ms is told in one unit", (ms, unit, count) => {
  expect(span(ms)).toEqual({ unit, count });
});

test.each([
  [0, "0 B"],
  [1023, "1,023 B"],
  [1536, "1.5 KiB"],
  [200 * 1024 ** 2, "200 MiB"],
])("%i bytes", (value, text) => {
  expect(bytes(value, "en")).toBe(text);
});

test.each([
  [{ value: null, isInteger64: false }, "—"],
  [{ value: 3.9000000953674316, isInteger64: false }, "3.9"],
  [{ value: 0, isInteger64: false }, "0"],
  [{ value: 1234567.25, isInteger64: false }, "1,234,567.25"],
  [{ value: -1.5e14 * 100, isInteger64: false }, "-1.500e+16"],
  [{ value: 2.4e-41, isInteger64: false }, "2.400e-41"],
  [{ value: "18446744073709551615", isInteger64: true }, "18,446,744,073,709,551,615"],
  [{ value: "NaN", isInteger64: false }, "NaN"],
])("a value loses no digit that counts: %j", (point, text) => {
  expect(pointValue(point, "en")).toBe(text);
});

test.each([
  ["Europe/Berlin", "2026-10-24T23:59:59Z", "2026-10-25 01:59:59"],
  ["Europe/Berlin", "2026-10-25T00:00:00Z", "2026-10-25 02:00:00 +02"],
  ["Europe/Berlin", "2026-10-25T01:30:00Z", "2026-10-25 02:30:00 +01"],
  ["Europe/Berlin", "2026-10-25T02:00:00Z", "2026-10-25 03:00:00"],
  ["Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29 03:00:00"],
  ["America/St_Johns", "2026-11-01T04:30:00Z", "2026-11-01 01:00:00 −03:30"],
  ["America/St_Johns", "2026-11-01T05:30:00Z", "2026-11-01 02:00:00"],
  ["Asia/Shanghai", "2026-10-25T00:30:00Z", "2026-10-25 08:30:00"],
])("in %s only an hour that comes twice has its offset: %s", (zone, at, text) => {
  expect(plainMoment(Date.parse(at), zone)).toBe(text);
});
