import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog, systemClock } from "@headgate/model";
import { expect, test } from "vitest";
import { createSampleView } from "../../../testing/sample-view.ts";
import { createTestServer } from "../../../testing/test-server.ts";
import { catalogue } from "../../catalogue.ts";
import { loadConfig } from "../../config/load.ts";
import { Configuration } from "../../configuration/configuration.ts";

test("who has a draft or a broker tried stands in the log of who did what", async () => {
  const folder = await mkdtemp(join(tmpdir(), "headgate-trial-"));
  const path = join(folder, "gateway.yaml");
  const text = "gateway: { id: pasture-07 }\nweb: false\n";
  await writeFile(path, text);
  const lent = { catalogue, clock: systemClock, log: silentLog };
  const configuration = await Configuration.open(path, join(folder, "config"), lent);
  const uplinkTester = { test: async () => [] };
  const tryOut = async () => [];
  const { config } = await loadConfig(path, catalogue);
  if (!config) throw new Error("the configuration is good");
  const view = { ...createSampleView(), config, configuration, tryOut, uplinkTester };
  const web = await createTestServer(view);
  try {
    const technician = await web.loginAs("technician");
    const ask = (url: string, payload: object) =>
      web.ask({ method: "POST", url, payload }, technician);
    expect((await ask("/api/config/test", { text })).statusCode).toBe(200);
    const settings = { url: "mqtts://ann:secret@broker.example:8883/x" };
    expect((await ask("/api/uplinks/test", { type: "mqtt", settings })).statusCode).toBe(200);
    const entries = (await web.get("/api/audit", await web.loginAs("admin"))).json();
    const told = entries.map(({ action, detail }: Record<string, string>) => [action, detail]);
    expect(told).toContainEqual(["config.test", ""]);
    expect(told).toContainEqual(["uplink.test", "mqtts://broker.example:8883"]);
    expect(JSON.stringify(told)).not.toContain("secret");
  } finally {
    await web.close();
    await rm(folder, { recursive: true, force: true });
  }
});
