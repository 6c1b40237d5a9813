import { readdir, readFile, readlink } from "node:fs/promises";
import { afterEach, expect, test, vi } from "vitest";
import { freePort } from "./peers/free-port.ts";
import { RunningGateway } from "./peers/running-gateway.ts";

let gateway: RunningGateway | null = null;
afterEach(async () => await gateway?.end());

const LISTENING = "0A";

/** Ports that a process listens on, TCP and UDP, by what the system says of its sockets. */
async function portsOf(pid: number): Promise<{ tcp: number[]; udp: number[] }> {
  const folder = `/proc/${pid}/fd`;
  const links = await Promise.all(
    // One that was closed meanwhile is no socket any more.
    (await readdir(folder)).map((name) => readlink(`${folder}/${name}`).catch(() => "")),
  );
  const inodes = new Set(links.map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1]));
  const table = async (name: string, isWanted: (state: string) => boolean) => {
    const rows = (await readFile(`/proc/${pid}/net/${name}`, "utf8")).trim().split("\n").slice(1);
    return rows.flatMap((row) => {
      const cells = row.trim().split(/\s+/);
      if (!inodes.has(cells[9]) || !isWanted(cells[3] ?? "")) return [];
      return [Number.parseInt(cells[1]?.split(":").at(-1) ?? "", 16)];
    });
  };
  const isListening = (state: string) => state === LISTENING;
  return {
    tcp: [...(await table("tcp", isListening)), ...(await table("tcp6", isListening))],
    udp: [...(await table("udp", () => true)), ...(await table("udp6", () => true))],
  };
}

test("a running gateway listens on the ports of its configuration, and on no other", async () => {
  const proxyPort = await freePort();
  gateway = await RunningGateway.prepare({
    channels: {
      sim: { driver: "simulated" },
      bus: {
        driver: "modbus-tcp",
        host: "127.0.0.1",
        port: 1,
        proxy: { listen: `127.0.0.1:${proxyPort}` },
      },
    },
    devices: { tank: { channel: "sim", points: { level: { mean: 1 } } } },
  });
  gateway.start();
  const { pid, url } = gateway;
  const declared = [Number(new URL(url).port), proxyPort].toSorted();
  await vi.waitFor(async () => expect((await portsOf(pid)).tcp.toSorted()).toEqual(declared), {
    timeout: 60_000,
    interval: 200,
  });
  expect(await portsOf(pid)).toEqual({ tcp: expect.anything(), udp: [] });
});
