import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { freePort } from "./peers/free-port.ts";
import { Mosquitto } from "./peers/mosquitto.ts";
import { startPymodbus } from "./peers/pymodbus.ts";
import { RunningGateway } from "./peers/running-gateway.ts";
import { mountSmallDisk } from "./peers/small-disk.ts";

const SOON = { timeout: 60_000, interval: 50 };
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function gatewayWith(config: object): Promise<RunningGateway> {
  const gateway = await RunningGateway.prepare(config);
  ends.push(() => gateway.end());
  return gateway;
}

const mqtt = (url: string, more = {}) => ({
  cloud: { type: "mqtt", url, format: "blocks", delivery: "broker", ...more },
});
const waves = {
  channels: { waves: { driver: "simulated" } },
  devices: { tank: { channel: "waves", scan: "20 ms", points: { level: {} } } },
};

describe("a gateway in bad weather", () => {
  it("starts with devices and broker absent, says so, and connects when they come", async () => {
    const port = await freePort();
    const broker = await Mosquitto.start();
    ends.push(() => broker.stop());
    await broker.kill();
    const gateway = await gatewayWith({
      channels: { "plc-1": { driver: "modbus-tcp", host: "127.0.0.1", port } },
      devices: {
        tank: { channel: "plc-1", scan: "100 ms", points: { level: { address: "holding:0" } } },
      },
      uplinks: mqtt(broker.url),
    });
    gateway.start();
    await vi.waitFor(async () => {
      const { channels, points, uplinks, buffer } = await gateway.status();
      expect(channels[0]?.state).toMatchObject({
        kind: "waiting",
        reason: expect.stringMatching(`127.0.0.1:${port}.*ECONNREFUSED`),
      });
      expect(uplinks[0]?.state).toMatchObject({
        kind: "waiting",
        reason: expect.stringMatching(`127.0.0.1:${broker.port}`),
      });
      expect(points).toMatchObject({ good: 0, bad: 1 });
      // That nothing is known of the tank is itself kept, for those upstream.
      expect(buffer.committedCount).toBe(1);
    }, SOON);
    const page = await fetch(gateway.url);
    expect(await page.text()).toContain("</html>");
    const said = (await gateway.log()).map(({ msg }) => msg);
    expect(said).toContain('channel "plc-1" is unreachable');
    expect(said).toContain('uplink "cloud" is unreachable');

    const plc = await startPymodbus({ 1: { holding: { 0: [7] } } }, { transport: "tcp", port });
    ends.push(() => plc.stop());
    await broker.restart();
    await vi.waitFor(async () => {
      const { channels, points, uplinks } = await gateway.status();
      expect(channels[0]?.state.kind).toBe("up");
      expect(points.good).toBe(1);
      expect(uplinks[0]).toMatchObject({ state: { kind: "up" }, backlog: { blocks: 0 } });
    }, SOON);
    expect(await gateway.stop()).toBe(0);
  });

  it("parks an uplink whose password is refused, and keeps everything meanwhile", async () => {
    const folder = await mkdtemp(join(tmpdir(), "headgate-passwords-"));
    ends.push(() => rm(folder, { recursive: true }));
    const passwordFile = join(folder, "passwords");
    execFileSync("mosquitto_passwd", ["-b", "-c", passwordFile, "gate", "right"]);
    const broker = await Mosquitto.start({ passwordFile });
    ends.push(() => broker.stop());
    const gateway = await gatewayWith({
      ...waves,
      uplinks: mqtt(broker.url, { username: "gate", password: "wrong" }),
    });
    gateway.start();
    await vi.waitFor(async () => {
      const { uplinks, buffer, points } = await gateway.status();
      expect(uplinks[0]?.state).toMatchObject({
        kind: "parked",
        reason: expect.stringMatching(/password|authori[sz]ed/i),
      });
      expect(uplinks[0]?.state.retryInMs).toBeLessThan(75_000);
      expect(uplinks[0]?.backlog.blocks).toBeGreaterThan(5);
      expect(buffer.committedCount).toBeGreaterThan(20);
      expect(points.good).toBe(1);
    }, SOON);
    const said = (await gateway.log()).find(({ msg }) => msg === 'uplink "cloud" is parked');
    expect(said).toMatchObject({ level: 50, reason: expect.stringMatching(/password/) });
    expect(await gateway.stop()).toBe(0);
  });

  it("waits in memory while the disk is full, says so, and loses nothing silently", async () => {
    const gateway = await gatewayWith(waves);
    const disk = join(gateway.folder, "data");
    await mkdir(disk);
    ends.push(mountSmallDisk(disk, "4m"));
    gateway.start();
    await vi.waitFor(async () => {
      expect((await gateway.status()).buffer.committedCount).toBeGreaterThan(0);
    }, SOON);
    // What is left of it, to the last byte; dd ends with an error as soon as nothing fits.
    const fill = `dd if=/dev/zero of=${disk}/ballast bs=4k 2>/dev/null || true`;
    execFileSync("sh", ["-c", fill]);
    await vi.waitFor(async () => {
      const { buffer, points } = await gateway.status();
      expect(buffer.problems.join()).toMatch(/^disk full/);
      expect(points.good).toBe(1);
    }, SOON);
    const { committedCount: before } = (await gateway.status()).buffer;
    await rm(join(disk, "ballast"));
    await vi.waitFor(async () => {
      const { buffer } = await gateway.status();
      expect(buffer.problems).toEqual([]);
      expect(buffer.committedCount).toBeGreaterThan(before + 50);
      expect(buffer.gapCount).toBe(0);
    }, SOON);
    const said = (await gateway.log()).map(({ msg }) => msg);
    expect(said).toContain("disk full; samples wait in memory");
    expect(said).toContain("buffer stores again");
    expect(await gateway.stop()).toBe(0);
  });

  it("sets a buffer that cannot be read aside and goes on in a new epoch", async () => {
    const gateway = await gatewayWith(waves);
    const epochOf = async () => {
      const { streams, committedCount } = (await gateway.status()).buffer;
      expect(committedCount).toBeGreaterThan(0);
      return streams.find(({ stream }) => stream === "main")?.epoch;
    };
    gateway.start();
    const first = await vi.waitFor(epochOf, SOON);
    expect(await gateway.stop()).toBe(0);
    const data = join(gateway.folder, "data");
    await writeFile(join(data, "buffer.db"), "no database at all ".repeat(1000));
    gateway.start();
    const second = await vi.waitFor(epochOf, SOON);
    expect(second).not.toBe(first);
    expect((await readdir(data)).join()).toMatch(/buffer\.db\.damaged-/);
    const said = (await gateway.log()).map(({ msg }) => msg);
    expect(said).toContain("buffer damaged: the file was set aside, a new one begins");
    expect(await gateway.stop()).toBe(0);
  });
});
