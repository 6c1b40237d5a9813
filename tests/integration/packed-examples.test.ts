import { realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runNode } from "./peers/headgate.ts";
import { installExample, type Packed, packAll, removePacked } from "./peers/packed.ts";

const LOAD_ALL = `
  import { readFileSync } from "node:fs";
  import { createRequire } from "node:module";
  const require = createRequire(import.meta.url);
  const failed = [];
  let loaded = 0;
  for (const name of ["model", "drivers", "sync", "gateway"]) {
    const folder = name === "gateway" ? "." : "../" + name;
    const { exports } = JSON.parse(readFileSync(folder + "/package.json", "utf8"));
    for (const path of Object.keys(exports)) {
      const id = "@headgate/" + name + path.slice(1);
      // A program, or an entry of the source tree alone; the other wants peers that are optional.
      if (!("import" in exports[path]) || id === "@headgate/drivers/testing") continue;
      try {
        const [module, common] = [await import(id), require(id)];
        const names = Object.keys(module).filter((one) => one !== "default");
        if (names.every((one) => one in common) && names.length > 0) loaded += 2;
        else failed.push(id);
      } catch (error) {
        failed.push(id + ": " + error.message);
      }
    }
  }
  console.log(JSON.stringify({ loaded, failed }));
`;

describe("the packed packages", () => {
  let packed: Packed;
  let embedding = "";
  let driving = "";

  beforeAll(async () => {
    packed = await packAll();
    embedding = await installExample("embed-in-your-app", packed);
    driving = await installExample("own-driver", packed);
  }, 300_000);
  afterAll(() => removePacked(packed));

  it("are four", () => {
    const names = ["drivers", "gateway", "model", "sync"].map((name) => `@headgate/${name}`);
    expect([...packed.tarballs.keys()].sort()).toEqual(names);
  });

  it("run the gateway inside another program", async () => {
    const { code, out, err } = await runNode(["main.ts"], embedding);
    expect({ code, err }).toMatchObject({ code: 0 });
    expect(out).toMatch(/^tank\/temperature \d.* °C good$/m);
    expect(Number(/committed (\d+) samples/.exec(out)?.[1])).toBeGreaterThan(8);
  });

  it("let another's driver pass the contract suite", async () => {
    const words = ["--test", "--test-reporter=tap", "driver.test.ts"];
    const { code, out } = await runNode(words, driving);
    expect(out).toMatch(/^# fail 0$/m);
    expect(Number(/^# pass (\d+)$/m.exec(out)?.[1])).toBeGreaterThanOrEqual(8);
    expect(out).toMatch(/^# skipped 0$/m);
    expect(code).toBe(0);
  });

  it("are CommonJS too", async () => {
    const script = `
      const { Unreachable } = require("@headgate/model");
      const { driverContract } = require("@headgate/model/testing");
      console.log(Unreachable.name, typeof driverContract);`;
    const { out, err } = await runNode(["-e", script], driving);
    expect({ out, err }).toEqual({ out: "Unreachable function\n", err: "" });
  });

  it("load at every entry, as modules and as CommonJS", async () => {
    // From the gateway's own place: the other three are its dependencies.
    const gateway = await realpath(join(embedding, "node_modules/@headgate/gateway"));
    const script = join(gateway, "load-all.js");
    await writeFile(script, LOAD_ALL);
    const { code, out, err } = await runNode([script], gateway);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const { loaded, failed } = JSON.parse(out) as { loaded: number; failed: string[] };
    expect(failed).toEqual([]);
    expect(loaded).toBeGreaterThanOrEqual(28);
  });

  it("run the gateway from CommonJS", async () => {
    const script = `
      const { createGateway } = require("@headgate/gateway");
      const { simulatedDriver } = require("@headgate/drivers/simulated");
      const config = {
        gateway: { id: "cjs" },
        buffer: { path: ${JSON.stringify(join(embedding, "cjs-data"))}, commitInterval: "100 ms" },
        channels: { waves: { driver: "simulated" } },
        devices: { tank: { channel: "waves", scan: "50 ms", points: { level: {} } } },
      };
      createGateway({ config, drivers: [simulatedDriver], uplinks: [] }).then(async (gateway) => {
        await gateway.run(AbortSignal.timeout(1000));
        console.log(gateway.status().buffer.committedCount > 0);
      });`;
    const { code, out, err } = await runNode(["-e", script], embedding);
    expect({ code, out }, err).toEqual({ code: 0, out: "true\n" });
  });

  it("bring the command line, its drivers, its worker and its profiles along", async () => {
    const main = "node_modules/@headgate/gateway/dist/main.js";
    const config = join(embedding, "gateway.yaml");
    await writeFile(
      config,
      `
gateway: { id: packed }
channels: { bus-1: { driver: modbus-tcp, host: 127.0.0.1, port: 1 } }
devices: { main-meter: { channel: bus-1, unitId: 3, profile: eastron-sdm630 } }
`,
    );
    const checked = await runNode([main, "check", "-c", config], embedding);
    expect(checked).toMatchObject({ code: 0, err: "" });
    expect(checked.out).toMatch(/is good: 1 channel, 1 device, \d\d+ points/);
    const readBack = await runNode([main, "read", "-c", config], embedding);
    expect(readBack.out).toMatch(/ECONNREFUSED/);
    expect(readBack.code).toBe(3);
  });

  it("say which Node they need, before anything else can fail", async () => {
    // As in Node 20: its number, and no compile cache to import.
    const module20 = "data:text/javascript,export default {}; export const createRequire = String;";
    const fake = `data:text/javascript,
      import { registerHooks } from "node:module";
      Object.defineProperty(process.versions, "node", { value: "20.18.1" });
      const url = ${JSON.stringify(module20)};
      registerHooks({
        resolve: (name, { parentURL = "" }, next) =>
          parentURL.endsWith("/main.js") && name.endsWith("module")
            ? { url, shortCircuit: true }
            : next(name),
      });`;
    const main = join(embedding, "node_modules/@headgate/gateway/dist/main.js");
    const { code, out, err } = await runNode(["--import", fake, main, "run", "-c", "x"]);
    expect(err).toBe("headgate needs Node 22.14 or newer, not 20.18.1; install Node 24\n");
    expect({ code, out }).toEqual({ code: 2, out: "" });
  });
});
