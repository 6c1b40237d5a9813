import { chmod, lstat, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FoundDevice } from "../find/found-device.ts";
import { additionText, addToConfig } from "./add-to-config.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-add-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const device = (unitId: number): FoundDevice => ({
  channel: { driver: "modbus-rtu", path: "/dev/ttyUSB0", baudRate: 9600, parity: "none" },
  ...{ device: { unitId }, where: `unit ${unitId}`, trouble: null, said: "", answerMs: 1 },
  ...{ identity: null, verdict: "one" },
  proposals: [
    ...[{ profile: "eastron-sdm630", variant: null, name: { en: "A", zh: "A" }, models: [] }].map(
      (one) => ({ ...one, variantName: null, score: 99, values: [], absent: [] }),
    ),
  ],
});

describe("what was found, written into a configuration", () => {
  it("stands beside what was there, whose comments stay", async () => {
    const path = join(folder, "gateway.yaml");
    const before = `# The dairy's.
gateway: { id: a }
channels:
  bus: { driver: modbus-rtu, path: /dev/ttyUSB0 } # in the barn
devices:
  main: { channel: bus, unitId: 1, profile: eastron-sdm630 }
`;
    await writeFile(path, before);
    const addition = await addToConfig(path, [device(1), device(2)]);
    expect(await readFile(path, "utf8")).toBe(`${before}  eastron-sdm630:
    channel: bus
    unitId: 2
    profile: eastron-sdm630
`);
    expect(additionText("gateway.yaml", addition)).toBe(
      "gateway.yaml: eastron-sdm630\nleft out: unit 1: it is there already, as main",
    );
  });

  it("leaves a file with passwords as private as it was, and a link a link", async () => {
    const path = join(folder, "gateway.yaml");
    await writeFile(path, "gateway: { id: a }\n");
    await chmod(path, 0o640);
    const link = join(folder, "link.yaml");
    await symlink(path, link);
    await addToConfig(link, [device(2)]);
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect(await readFile(path, "utf8")).toContain("eastron-sdm630");
  });

  it("makes the sections that are missing, and leaves a broken file alone", async () => {
    const path = join(folder, "gateway.yaml");
    await writeFile(path, "gateway: { id: a }\n");
    await addToConfig(path, [device(2)]);
    expect(await readFile(path, "utf8")).toBe(`gateway: { id: a }
channels:
  line-1:
    driver: modbus-rtu
    path: /dev/ttyUSB0
    baudRate: 9600
    parity: none
devices:
  eastron-sdm630:
    channel: line-1
    unitId: 2
    profile: eastron-sdm630
`);
    await writeFile(path, "gateway: { id: a\n");
    await expect(addToConfig(path, [device(2)])).rejects.toThrow(/headgate check tells where/);
    await expect(addToConfig(join(folder, "none"), [])).rejects.toThrow(/cannot be read/);
  });
});
