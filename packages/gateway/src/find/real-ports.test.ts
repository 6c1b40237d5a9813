import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@headgate/model";
import { expect, test } from "vitest";
import { catalogue } from "../catalogue.ts";
import { ownScouts } from "../commands/own-scouts.ts";
import { loadConfig } from "../config/load.ts";
import { Finder } from "./finder.ts";

test("a port is one port, by whichever of its names a channel has it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "headgate-ports-"));
  try {
    const port = join(folder, "ttyUSB0");
    const byId = join(folder, "usb-FTDI_A10");
    await writeFile(port, "");
    await symlink(port, byId);
    const given = {
      gateway: { id: "pasture-07" },
      channels: { bus: { driver: "modbus-rtu", path: byId, baudRate: 9600 } },
      devices: { meter: { channel: "bus", unitId: 1, points: { v: { address: "input:0" } } } },
    };
    const { config, problems } = await loadConfig(given, catalogue);
    if (config === null) throw new Error(JSON.stringify(problems));
    const told = `${port}, ${join(folder, "ttyUSB1")}`;
    const finder = new Finder({ scouts: ownScouts(catalogue), clock: systemClock, told });
    const { ports } = await finder.places(config);
    expect(ports.map(({ path, channel }) => [path, channel])).toEqual([
      [byId, "bus"],
      [join(folder, "ttyUSB1"), null],
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
