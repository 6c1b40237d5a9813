import { describe, expect, it } from "vitest";
import { cjt188TcpDriver } from "./driver.ts";
import { cjt188 } from "./reader.ts";

const reader = cjt188.createReader(undefined as never);
const bytes = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex");

// A month's volume with its unit byte, 12.34 in litres, and 0.05 kWh.
const MONTH = bytes("45 23 01 00 2C 34 12 29 05 00 05");

function deviceOf(settings: object) {
  const device = cjt188TcpDriver.deviceSchema?.parse({ meter: "1", kind: "heat", ...settings });
  if (!device) throw new Error("a meter has settings");
  return device;
}

function read(settings: object, device = {}, data: Uint8Array = MONTH) {
  const address = cjt188TcpDriver.addressSchema.parse({ address: "D120", ...settings });
  const reading = reader.decode(address, "D120", { device: deviceOf(device), data });
  const unit = cjt188TcpDriver.unitOf?.(address, deviceOf(device));
  return ["value" in reading ? reading.value : reading.reason, unit];
}

describe("a value of an item of one's own", () => {
  it.each([
    [{ format: "XXXXXX.XX" }, [123.45, ""]],
    [{ format: "XXXXXX.XX", quantity: "volume" }, [123.45, "m³"]],
    [{ format: "XXXXXX.XX", unitCode: "29" }, [0.12345, "m³"]],
    [{ format: "XXXXXX.XX", quantity: "volume", unitCode: "29" }, [0.12345, "m³"]],
    [{ format: "XX.XX", skip: 5, quantity: "volume" }, [0.01234, "m³"]],
    [{ format: "XX.XX", skip: 8, quantity: "energy" }, [0.05, "kWh"]],
    [
      { format: "XX.XX", skip: 8, quantity: "volume" },
      ["unit code 05 (kWh) is none of volume; write unitCode: as it is meant", "m³"],
    ],
    [{ format: "XX.XX", skip: 9, quantity: "energy" }, ["D120 has 11 bytes, not 12", "kWh"]],
    [{ format: "XX.XX", skip: 10 }, ["D120 has 11 bytes, not 12", ""]],
  ])("%o is %o", (settings, told) => {
    expect(read(settings)).toEqual(told);
  });

  it("is in the unit that is wanted, and has its unit byte where the maker puts it", () => {
    const own = { format: "XX.XX", skip: 8, quantity: "energy" };
    expect(read(own, { energyUnit: "MJ" })).toEqual([0.18, "MJ"]);
    const turned = { format: "XXXXXX.XX", quantity: "volume" };
    expect(read(turned, { unitFirst: true }, bytes("2C 45 23 01 00"))).toEqual([123.45, "m³"]);
  });
});

describe("settings of a value with a unit", () => {
  it.each([
    [{ address: "volume.total", unitCode: "05" }, "(kWh) is none of volume; write one of 29 L, 2C"],
    [{ address: "energy.heat", unitCode: "99" }, "99 is not known; write one of 01 J, 02 Wh, 05 k"],
    [{ address: "valve", unitCode: "2C" }, "not with valve; remove it"],
    [{ address: "temperature.supply", unitCode: "2C" }, "not with temperature.supply; remove it"],
    [{ address: "valve", quantity: "volume" }, "quantity goes with an item such as D120"],
    [{ address: "time", format: "XXXXXXXXXXXXXX" }, "time has 7 bytes; write a format of as many"],
    [{ address: "D120", format: "YYMMDD", unitCode: "2C" }, "not with format YYMMDD; remove it"],
    [{ address: "D120", format: "XX", quantity: "flow", unitCode: "2C" }, "is none of flow"],
  ])("%o is a mistake: %s", (settings, words) => {
    expect(() => cjt188TcpDriver.addressSchema.parse(settings)).toThrow(words);
  });
});
