import { silentLog, systemClock, type Uplink } from "@headgate/model";
import { createMemoryBuffer } from "@headgate/sync/buffer";
import { expect, test } from "vitest";
import { loadConfig } from "./config/load.ts";
import { buildGateway } from "./gateway.ts";

/** A way upstream on which nobody ever answers. */
const silent: Uplink = {
  type: "silent",
  configSchema: { parse: (given: unknown) => given },
  open: async (_settings, _port, { clock, signal }) => {
    await clock.sleep(3_600_000, signal);
    throw new Error("nobody answered");
  },
};
const catalogue = { drivers: {}, uplinks: { silent: async () => silent } };
const configOf = async (...ids: string[]) => {
  const uplinks = Object.fromEntries(ids.map((id) => [id, { type: "silent" }]));
  const given = { gateway: { id: "pasture-07" }, uplinks, web: false };
  const { config, problems } = await loadConfig(given, catalogue, { profileFolders: [] });
  if (config === null) throw new Error(JSON.stringify(problems));
  return config;
};

test("what an uplink lacks that goes is kept until that is settled", async () => {
  const kept: string[][] = [];
  const stopping = new AbortController();
  const gateway = buildGateway(await configOf("cloud", "erp"), {
    log: silentLog,
    clock: systemClock,
    openBuffer: async ({ uplinkIds }, { clock }) => {
      const buffer = createMemoryBuffer({ clock, uplinkIds });
      buffer.keepFor = (ids) => void kept.push([...ids]);
      return buffer;
    },
  });
  const running = gateway.run(stopping.signal);
  await expect.poll(() => gateway.status()).not.toBeNull();
  await gateway.change(await configOf("cloud"));
  await gateway.change(await configOf("cloud", "other"));
  gateway.settle();
  await gateway.change(await configOf("cloud"));
  stopping.abort();
  await running;
  expect(kept).toEqual([
    ["cloud", "erp"],
    ["cloud", "erp", "other"],
    ["cloud", "other"],
    ["cloud", "other"],
  ]);
});
