// The published contract suite, run with Node's own test runner.
import { createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { silentLog, systemClock } from "@headgate/model";
import { driverContract } from "@headgate/model/testing";
import { scaleDriver } from "./driver.ts";

driverContract(test, async () => {
  const scale = await startScale();
  const pan = (address: string) => ({ id: `scale/${address}`, address: { address }, device: null });
  return {
    driver: scaleDriver,
    context: {
      clock: systemClock,
      log: silentLog,
      signal: new AbortController().signal,
      directory: "",
    },
    config: { host: "127.0.0.1", port: scale.port, timeoutMs: 300 },
    points: [pan("W1"), pan("W2")],
    pointRefusedByDevice: pan("W9"),
    cutLine: scale.stop,
    tearDown: scale.stop,
  };
});

/** A scale with two pans on a port of its own. */
async function startScale() {
  const weights: Record<string, string> = { W1: "+12.34", W2: "-0.05" };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => socket.destroy()));
    createInterface({ input: socket }).on("line", (pan) => {
      socket.write(`${weights[pan] ?? "no such pan"}\r\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const stop = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { port, stop };
}
