import { Misconfigured, Refused } from "@headgate/model";
import { describe, expect, it } from "vitest";
import { rawOf } from "../acquire/condition.ts";
import type { Condition, PointConfig } from "../config/config.ts";
import { inEngineeringUnits } from "./write-fault.ts";

function told(value: number, said: string, scaling: { scale?: number; offset?: number }): unknown {
  const condition: Condition = {
    scale: 1,
    offset: 0,
    min: null,
    max: null,
    deadband: null,
    heartbeatMs: 1,
    ...scaling,
  };
  const point = { point: { id: "tank/t16" }, condition } as PointConfig;
  return inEngineeringUnits(new Refused(said), { point, value, raw: rawOf(value, condition) });
}

describe("a refused write", () => {
  it("tells the limits in the units that were typed", () => {
    const said = "value 999990 does not fit; it must be from -32768 to 32767";
    expect(told(99_999, said, { scale: 0.1 })).toEqual(
      new Refused(
        'write "tank/t16": 99999 does not fit; write -3276.8 to 3276.7 ' +
          "(the device holds -32768 to 32767)",
      ),
    );
    expect(String(told(9e9, said, { scale: -1, offset: 5 }))).toContain("write -32762 to 32773");
  });

  it("tells the values beside one that is between two steps", () => {
    const said = 'value "24.5" is not a whole number';
    expect(String(told(12.25, said, { scale: 0.5 }))).toContain(
      "12.25 is between two steps; write 12 or 12.5 (the device counts in steps of 0.5)",
    );
  });

  it("tells the raw value where a driver has other words for it", () => {
    expect(String(told(5, "cannot take 50", { scale: 0.1 }))).toContain("(5 is 50 in the device)");
  });

  it("leaves what is not scaled or no refusal as it is", () => {
    expect(String(told(5, "no", {}))).toBe("Refused: no");
    const fault = new Misconfigured("x");
    const point = {} as PointConfig;
    expect(inEngineeringUnits(fault, { point, value: 1, raw: 2 })).toBe(fault);
  });
});
