import { describe, expect, it } from "vitest";
import { editText } from "./edit-text.ts";

const TEXT = `# The dairy's.
gateway: { id: a }
channels:
  bus: { driver: modbus-rtu, path: /dev/ttyUSB0 } # in the barn
devices:
  main: { channel: bus, unitId: 1, profile: eastron-sdm630 }
`;

describe("a configuration's text that is edited", () => {
  it.each([
    ["a setting", ["devices", "main", "order"], "CDAB", /main: \{ .*, order: CDAB \}/],
    ["a setting far in", ["devices", "main", "points", "p", "scale"], 0.1, /points: .*scale: 0\.1/],
    ["a section", ["uplinks", "cloud"], { type: "mqtt" }, /uplinks:\n {2}cloud:\n {4}type: mqtt/],
    ["a name of any script", ["devices", "奶罐"], { channel: "bus" }, /\n {2}奶罐:\n/],
  ])("has %s", (_, path, value, expected) => {
    const edited = editText(TEXT, [{ path, value }]);
    expect(edited).toMatch(expected);
    expect(edited).toContain("# The dairy's.");
    expect(edited).toContain("# in the barn");
  });

  it("loses what is taken away, and only that", () => {
    const path = ["devices", "main", "profile"];
    expect(editText(TEXT, [{ path, value: undefined }])).toBe(
      TEXT.replace(", profile: eastron-sdm630", ""),
    );
    expect(editText(TEXT, [{ path: ["devices", "no"], value: undefined }])).toBe(TEXT);
  });

  it("takes an empty section, and refuses what it would break", () => {
    const path = ["channels", "bus"];
    expect(editText("channels:\n", [{ path, value: { driver: "simulated" } }])).toBe(
      "channels:\n  bus:\n    driver: simulated\n",
    );
    const aliased = "a: &a { x: 1 }\nchannels: { bus: *a }\n";
    const into = { path: ["channels", "bus", "x"], value: 2 };
    expect(() => editText(aliased, [into])).toThrow(/an alias \(\*\): edit it by hand/);
    expect(() => editText("a: [", [{ path, value: 1 }])).toThrow(/edit the configuration: /);
  });
});
