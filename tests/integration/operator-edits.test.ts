import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { type Commit, readCommits } from "../faults/committed-log.ts";
import { linesOf } from "../faults/kill-rig.ts";
import { Program } from "../faults/program.ts";
import { RecordVerifier, type StoredSample } from "../faults/verify-record.ts";
import { freePort } from "./peers/free-port.ts";
import { BUILT_HEADGATE } from "./peers/headgate.ts";
import { type Meters, startMeters } from "./peers/meters.ts";
import { Mosquitto } from "./peers/mosquitto.ts";

vi.setConfig({ testTimeout: 600_000 });

const POINTS = 5;
const SAMPLES_PER_EDIT = 300;
const STOP_MS_MAX = 60_000;

const ended: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end();
});

/** One state of the configuration: devices by name with their meter, uplinks by name with a URL. */
interface Edit {
  readonly devices: Readonly<Record<string, number>>;
  readonly uplinks: Readonly<Record<string, string>>;
}

function configOf({ devices, uplinks }: Edit, { ports }: Meters): string {
  const points = Array.from({ length: POINTS }, (_, index) => [
    `p${index}`,
    { address: `holding:${2 * index}`, type: "uint32" },
  ]);
  const device = (meter: number) => ({
    ...{ channel: `line-${meter}`, unitId: 1, scan: "50 ms" },
    points: Object.fromEntries(points),
  });
  const uplink = (url: string) => ({ type: "mqtt", url, delivery: "receiver" });
  const each = <In, Out>(of: Readonly<Record<string, In>>, make: (one: In) => Out) =>
    Object.fromEntries(Object.entries(of).map(([name, one]) => [name, make(one)]));
  return JSON.stringify({
    gateway: { id: "edited" },
    buffer: { path: "./data", commitInterval: "100 ms" },
    channels: Object.fromEntries(
      ports.map((port, i) => [`line-${i}`, { driver: "modbus-tcp", host: "127.0.0.1", port }]),
    ),
    devices: each(devices, device),
    uplinks: each(uplinks, uplink),
    web: { host: "127.0.0.1", port: 0 },
  });
}

/** A gateway whose configuration is edited, restarted with each edit as a person would. */
class EditedGateway {
  readonly folder: string;
  readonly program: Program;
  readonly #config: string;
  readonly #meters: Meters;

  constructor(folder: string, meters: Meters) {
    this.folder = folder;
    this.#meters = meters;
    this.#config = join(folder, "headgate.yaml");
    const words = [BUILT_HEADGATE, "run", "-c", this.#config, "--log-level", "debug"];
    this.program = new Program({ name: "gateway", words, folder });
  }

  /** Lives with the edit until it has committed what it read. */
  async live(edit: Edit): Promise<void> {
    await writeFile(this.#config, configOf(edit, this.#meters));
    const before = sumOf(await this.commits());
    this.program.start();
    await vi.waitFor(
      async () => {
        expect(this.program.surprises).toEqual([]);
        expect(sumOf(await this.commits()) - before).toBeGreaterThan(SAMPLES_PER_EDIT);
      },
      { timeout: 120_000, interval: 200 },
    );
  }

  async commits(): Promise<Commit[]> {
    return (await Promise.all(this.program.logPaths.map(readCommits))).flat();
  }
}

const sumOf = (commits: readonly Commit[]) =>
  commits.reduce((sum, { stream, samples }) => sum + (stream === "main" ? samples : 0), 0);

async function textOf(words: readonly string[]): Promise<string[]> {
  const lines = [];
  for await (const line of linesOf(BUILT_HEADGATE, words)) lines.push(line);
  return lines;
}

interface EpochView {
  readonly stream: string;
  readonly contiguousEnd: number;
  readonly holes: readonly unknown[];
  readonly gaps: readonly unknown[];
}

/** All that was committed is stored, without a hole or a gap. */
async function untilComplete(store: string, gateway: EditedGateway): Promise<void> {
  await vi.waitFor(
    async () => {
      const commits = await gateway.commits();
      const head = Math.max(...commits.map(({ last }) => last));
      const view = await textOf(["receive", "status", "--json", "--store", store]);
      const { epochs: all } = JSON.parse(view.join("")) as { epochs: EpochView[] };
      const epochs = all.filter(({ stream }) => stream === "main");
      expect(epochs).toMatchObject([{ holes: [], gaps: [] }]);
      expect(epochs[0]?.contiguousEnd).toBeGreaterThanOrEqual(head);
    },
    { timeout: 120_000, interval: 500 },
  );
}

test("devices renamed and deleted, uplinks changed, rolled back: the backlog arrives", async () => {
  const folder = await mkdtemp(join(tmpdir(), "headgate-edits-"));
  ended.push(() => rm(folder, { recursive: true }));
  const meters = await startMeters({ devices: 2, points: POINTS, mode: "identify", tickMs: 10 });
  let readings: number | null = null;
  const stopMeters = async () => {
    readings ??= await meters.stop();
    return readings;
  };
  ended.push(stopMeters);
  const gateway = new EditedGateway(folder, meters);
  ended.push(() => gateway.program.kill());
  const broker = await Mosquitto.start();
  ended.push(() => broker.stop());
  await broker.kill();
  const nowhere = `mqtt://127.0.0.1:${await freePort()}`;

  const first: Edit = { devices: { press: 0, boiler: 1 }, uplinks: { cloud: broker.url } };
  await gateway.live(first);
  await gateway.program.stop(STOP_MS_MAX);
  await gateway.live({ ...first, devices: { "press-3": 0, boiler: 1 } });
  await gateway.program.stop(STOP_MS_MAX);
  await gateway.live({ ...first, uplinks: { cloud: nowhere } });
  await gateway.program.kill();
  await gateway.live({ devices: { boiler: 1 }, uplinks: { city: broker.url } });
  await gateway.program.kill();
  await gateway.live(first);

  const store = join(folder, "upstream.db");
  const words = [BUILT_HEADGATE, "receive", "--url", broker.url, "--store", store];
  const receiver = new Program({ name: "receiver", words, folder });
  ended.push(() => receiver.kill());
  await broker.restart();
  receiver.start();
  // A deleted device in the middle of the sending as well.
  await gateway.program.stop(STOP_MS_MAX);
  await gateway.live({ devices: { boiler: 1 }, uplinks: { cloud: broker.url } });
  await stopMeters();
  await untilComplete(store, gateway);
  await gateway.program.stop(STOP_MS_MAX);
  await receiver.stop(STOP_MS_MAX);

  const verifier = new RecordVerifier(await stopMeters());
  const devices = new Set<string>();
  for (const line of await textOf(["receive", "export", "--store", store])) {
    const sample = JSON.parse(line) as StoredSample;
    devices.add(sample.point.split("/")[0] ?? "");
    verifier.add(sample);
  }
  const { committedCount, ...found } = verifier.verdict(await gateway.commits());
  const faults = { lostCount: 0, twiceCount: 0, wrongCount: 0, goneCount: 0, examples: [] };
  expect(found).toEqual({ ...faults, storedCount: committedCount });
  expect(committedCount).toBeGreaterThan(6 * SAMPLES_PER_EDIT);
  expect([...devices].sort()).toEqual(["boiler", "press", "press-3"]);
});
