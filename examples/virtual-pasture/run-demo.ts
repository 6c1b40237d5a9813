import { existsSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeError } from "@headgate/model";
import { formatStatus, receiveStatus } from "@headgate/sync/receiver";
import { type Broker, createBroker } from "./broker.ts";
import { configText } from "./config.ts";
import { type Field, startField } from "./field.ts";
import { type Program, startProgram } from "./program.ts";
import type { Scene } from "./scene.ts";
import { createTerminal, type Terminal } from "./terminal.ts";
import { blocksIn, createWatch } from "./watch.ts";

const PAGE_PORT = 8420;

interface Pasture {
  readonly directory: string;
  readonly storePath: string;
  readonly pageUrl: string;
  readonly field: Field;
  readonly broker: Broker;
  readonly gateway: Program;
  readonly receiver: Program;
}

/** Runs the virtual pasture until `q`, Ctrl-C or the signal; resolves with the exit code. */
export async function runDemo(signal?: AbortSignal): Promise<number> {
  const terminal = createTerminal();
  terminal.say("starting the meters, the PLC and the camera …");
  const pasture = await startPasture();
  terminal.say(`everything is kept in ${pasture.directory}`);
  const isUsual = pasture.pageUrl.endsWith(`:${PAGE_PORT}`);
  const why = isUsual ? "" : ` (port ${PAGE_PORT} is taken)`;
  terminal.say(`the page is at ${pasture.pageUrl}${why}`);

  const watch = createWatch(pasture.pageUrl, pasture.storePath);
  const show = async () => terminal.show(sceneOf(pasture, await watch()));
  const draw = setInterval(() => {
    show().catch((error: unknown) => terminal.say(`no picture: ${describeError(error)}`));
  }, 1000);
  const isDone = new Promise<void>((resolve) => {
    terminal.onCommand((command) => {
      // A deed that fails is news, not the end of the demo.
      obey(command, { pasture, terminal, quit: resolve }).catch((error: unknown) =>
        terminal.say(`"${command}" failed: ${describeError(error)}`),
      );
    });
    for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => resolve());
    signal?.addEventListener("abort", () => resolve(), { once: true });
  });
  await isDone;
  clearInterval(draw);
  if (!pasture.broker.isUp) {
    terminal.say("the broker is off: what is not upstream yet stays in the gateway's buffer");
  }
  terminal.say("stopping: the gateway commits and flushes, the receiver commits …");
  await endPasture(pasture);
  terminal.close();
  process.stdout.write(`${upstreamText(pasture)}\nupstream record: ${pasture.storePath}\n`);
  return 0;
}

async function startPasture(): Promise<Pasture> {
  const directory = await mkdtemp(join(tmpdir(), "headgate-pasture-"));
  const [field, broker] = await Promise.all([startField(directory), createBroker()]);
  const webPort = await freePort(PAGE_PORT);
  const configPath = join(directory, "gateway.yaml");
  const storePath = join(directory, "upstream.db");
  const places = { ...field.places, directory, webPort, brokerPort: broker.port };
  await writeFile(configPath, configText(places));
  const url = `mqtt://127.0.0.1:${broker.port}`;
  return {
    directory,
    storePath,
    pageUrl: `http://127.0.0.1:${webPort}`,
    field,
    broker,
    receiver: startProgram(
      ["receive", "--url", url, "--store", storePath],
      join(directory, "receiver.log"),
    ),
    gateway: startProgram(["run", "-c", configPath], join(directory, "gateway.log")),
  };
}

/** The gateway goes first, so that its last samples still find a broker and a receiver. */
async function endPasture({ gateway, receiver, broker, field }: Pasture): Promise<void> {
  await gateway.end();
  await receiver.end();
  await broker.stop();
  await field.close();
}

interface Deed {
  readonly pasture: Pasture;
  readonly terminal: Terminal;
  readonly quit: () => void;
}

/** Keys and the same as words, for those who type or pipe commands. */
async function obey(command: string, { pasture, terminal, quit }: Deed): Promise<void> {
  const { broker, field, gateway, receiver } = pasture;
  const wants = (...names: string[]) => names.includes(command);
  if (wants("q", "quit", "\u0003")) return quit();
  if (wants("s", "status")) return terminal.say(shortText(pasture));
  if (wants("g", "gateway kill")) {
    gateway.kill();
    return terminal.say("the gateway was killed; it comes back in two seconds");
  }
  if (wants("r", "receiver kill")) {
    receiver.kill();
    return terminal.say("the receiver was killed; it comes back in two seconds");
  }
  if (wants("broker stop") || (wants("b") && broker.isUp)) {
    await broker.stop();
    return terminal.say("the broker is stopped: the gateway keeps everything in its buffer");
  }
  if (wants("broker start", "b")) {
    await broker.start();
    return terminal.say(
      "the broker is back; within 20 s all connect: live samples first, the backlog behind them",
    );
  }
  if (wants("meter unplug") || (wants("m") && field.isTankPlugged)) {
    await field.unplugTank();
    return terminal.say("the milk tank is unplugged: its points are bad, and say why");
  }
  if (wants("meter plug", "m")) {
    await field.plugTank();
    return terminal.say("the milk tank is plugged in again");
  }
  terminal.say(
    `"${command}"? broker stop | broker start | meter unplug | meter plug | ` +
      "gateway kill | receiver kill | status | quit",
  );
}

function upstreamText({ storePath }: Pasture): string {
  if (!existsSync(storePath)) return "the receiver has stored nothing yet";
  return formatStatus(receiveStatus(storePath)).trimEnd();
}

/** For a screen: the table is wider than most. */
function shortText({ storePath }: Pasture): string {
  if (!existsSync(storePath)) return "the receiver has stored nothing yet";
  const { epochs } = receiveStatus(storePath);
  const lines = epochs.map((epoch) => {
    const { stream, contiguousEnd, max, sampleCount, holes, gaps } = epoch;
    return (
      `${stream}: complete to ${contiguousEnd} of ${max}, ${sampleCount} samples, ` +
      `holes ${blocksIn(holes)}, gaps ${blocksIn(gaps)}, ` +
      `duplicates ${epoch.duplicateCount}, conflicts ${epoch.conflictCount}`
    );
  });
  return lines.join("\n") || "the receiver has stored nothing yet";
}

type Watched = Pick<Scene, "atMs" | "status" | "points" | "record">;

function sceneOf(pasture: Pasture, watched: Watched): Omit<Scene, "news"> {
  const { field, broker, gateway, receiver, pageUrl } = pasture;
  return {
    ...watched,
    pageUrl,
    isBrokerUp: broker.isUp,
    isMeterPlugged: field.isTankPlugged,
    isGatewayUp: gateway.isUp,
    isReceiverUp: receiver.isUp,
  };
}

/** `preferred` if nobody listens there, else any free port. */
async function freePort(preferred: number): Promise<number> {
  for (const port of [preferred, 0]) {
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!isFree) continue;
    const taken = (server.address() as { port: number }).port;
    await new Promise<void>((resolve) => server.close(() => resolve()));
    return taken;
  }
  throw new Error("no free port on 127.0.0.1");
}
