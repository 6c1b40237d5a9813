import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { receiveStatus } from "@headgate/sync/receiver";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BUILT_HEADGATE, runNode } from "./peers/headgate.ts";
import { HttpReceiver } from "./peers/http-receiver.ts";
import { madeBlock, pointListOfSize } from "./peers/made-blocks.ts";
import { MadeGateway } from "./peers/made-gateway.ts";
import { Mosquitto } from "./peers/mosquitto.ts";
import { Nats } from "./peers/nats.ts";

const EPOCH = "main-epoch-1";
const MAIN = join(import.meta.dirname, "../../packages/gateway/src/main.ts");
const COMMAND = ["--conditions=headgate-source", MAIN, "receive"];
const list = pointListOfSize(20);
const blocks = Array.from({ length: 200 }, (_, at) => madeBlock(list, at + 1));

let folder = "";
let path = "";
let broker: Mosquitto;
let gateway: MadeGateway;
let hook: HttpReceiver;
let nats: Nats;
let running: ChildProcess | null = null;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "headgate-sinks-"));
  path = join(folder, "upstream.db");
  broker = await Mosquitto.start();
  gateway = await MadeGateway.connect(broker.url, "g-1", list);
  hook = await HttpReceiver.start();
  nats = await Nats.start();
  await inNats((admin) => admin.streams.add({ name: "PASTURES", subjects: ["headgate.>"] }));
});
afterEach(async () => {
  await killed();
  gateway.close();
  await broker.stop();
  await hook.stop();
  await nats.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function inNats<T>(
  body: (admin: Awaited<ReturnType<typeof jetstreamManager>>) => Promise<T>,
): Promise<T> {
  const connection = await connect({ servers: nats.address, reconnect: false });
  try {
    return await body(await jetstreamManager(connection));
  } finally {
    await connection.close();
  }
}

const keptByNats = () =>
  inNats(async (admin) => {
    const { state } = await admin.streams.info("PASTURES");
    const keys: string[] = [];
    for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq++) {
      const message = await admin.streams.getMessage("PASTURES", { seq });
      keys.push(message?.header.get("Nats-Msg-Id") ?? "none");
    }
    return keys;
  });

/** The command, from the sources, with both sinks. */
function receiving(): void {
  const sinks = ["--sink", `hook=${hook.url}`, "--sink", `bus=nats://${nats.address}/PASTURES`];
  const args = [...COMMAND, "--url", broker.url, "--store", path, ...sinks];
  running = spawn(process.execPath, args, { stdio: "ignore" });
}

async function killed(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
  const child = running;
  running = null;
  if (child === null || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 60_000;
  while (!isSo()) {
    if (Date.now() > deadlineMs) throw new Error(`never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const ackedTo = () => gateway.ack?.streams.find(({ ep }) => ep === EPOCH)?.w ?? 0;
const keyOf = (seq: number) => `g-1/main/${EPOCH}/${seq}`;
const standingOf = (sink: string) => receiveStatus(path).sinks.find((one) => one.sink === sink);

/** More often than a busy receiver takes it would only be in its way. */
const AGAIN_TURNS = 20;

/** Sends what is not acknowledged, after a while again, until all is; as a gateway does. */
async function sendAll(to: number, from = 1): Promise<void> {
  const deadlineMs = Date.now() + 240_000;
  for (let [sentTo, turn] = [from - 1, 0]; ackedTo() < to; turn++) {
    if (Date.now() > deadlineMs) throw new Error(`acknowledged to ${ackedTo()} only`);
    if (gateway.requests.splice(0).some(({ op }) => op === "points")) await gateway.sendList();
    const next = ackedTo() + 1;
    const first = turn % AGAIN_TURNS === 0 ? next : Math.max(next, sentTo + 1);
    sentTo = Math.min(to, next + 30, Math.max(sentTo, next) + 2);
    if (first <= sentTo) await gateway.send(blocks.slice(first - 1, sentTo));
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

test("a receiver killed again and again, sinks that come and go: all, as committed", async () => {
  receiving();
  const sending = sendAll(blocks.length);
  // Awaited below; a failure before must not end the process.
  sending.catch(() => undefined);
  await until("blocks at the hook", () => hook.lines.length > 20);
  await hook.stop();
  await nats.kill();
  const stoppedAt = ackedTo();
  await until("acks though no sink is there", () => ackedTo() > stoppedAt + 20);
  await killed();
  receiving();
  await until("acks after the kill", () => ackedTo() > stoppedAt + 50);
  await nats.restart();
  await killed();
  receiving();
  await hook.restart();
  hook.status = 503;
  await until("more acks", () => ackedTo() > stoppedAt + 80);
  hook.status = 200;
  for (let kill = 0; kill < 3; kill++) {
    const before = hook.lines.length;
    const isAllAcked = () => ackedTo() === blocks.length;
    await until("more at the hook", () => hook.lines.length > before || isAllAcked());
    await killed();
    receiving();
  }
  await sending;
  const isDone = (sink: string) => standingOf(sink)?.waitingCount === 0;
  await until("nothing waits", () => isDone("hook") && isDone("bus"));
  const told = [...new Set(hook.lines.map(({ key }) => key))];
  expect(new Set(told)).toEqual(new Set(blocks.map(({ seq }) => keyOf(seq))));
  // What a killed receiver had not committed was sent again later: both know one order, of commits.
  // What came twice had the same name: JetStream kept it once.
  expect(await keptByNats()).toEqual(told);
  await killed("SIGTERM");
}, 500_000);

test("a person sees how the sinks stand, retries, fills one again, and forgets one", async () => {
  hook.status = 422;
  receiving();
  await gateway.sendList();
  await sendAll(5);
  await until("all set aside", () => standingOf("hook")?.asideCount === 5);
  const of = ["--store", path];
  const status = await runNode([...COMMAND, "status", ...of]);
  expect(status.out).toMatch(/^SINK +WAITING +OLDEST +HANDED ON +LAST +SET ASIDE +LOST$/m);
  expect(status.out).toMatch(/^hook +0 +- +0 +- +5 +0$/m);
  expect(status.out).toContain("it refused 5 blocks");
  hook.status = 200;
  expect((await runNode([...COMMAND, "sink", "retry", "hook", ...of])).out).toMatch(/^5 blocks/);
  await until("all at the hook", () => hook.lines.length === 5);
  expect((await runNode([...COMMAND, "sink", "refill", "hook", ...of])).out).toMatch(/^5 blocks/);
  await until("all at the hook again", () => hook.lines.length === 10);
  await until("nothing waits", () => standingOf("bus")?.waitingCount === 0);
  await killed("SIGTERM");
  expect((await runNode([...COMMAND, "sink", "forget", "bus", ...of])).code).toBe(0);
  expect(standingOf("bus")).toBeUndefined();
  const unknown = await runNode([...COMMAND, "sink", "retry", "bus", ...of]);
  expect(unknown.code).toBe(2);
  expect(unknown.err).toContain('knows no sink "bus"; it knows hook');
}, 500_000);

test("a file of sinks with their secrets; what is wrong in it is told with its place", async () => {
  const file = join(folder, "sinks.yaml");
  writeFileSync(join(folder, "hook.secret"), "s3cret\n");
  const bus = `b: { type: nats, servers: ["${nats.address}"], stream: PASTURES }`;
  const hooked = (key: string) =>
    `sinks: { h: { type: webhook, url: "${hook.url}", ${key} }, ${bus} }`;
  writeFileSync(file, hooked("secretFile: hook.secret, linesMax: 2"));
  // The command as people install it: with what it loads only when it is needed.
  const args = [BUILT_HEADGATE, "receive", "--url", broker.url, "--store", path, "--sinks", file];
  running = spawn(process.execPath, args, { stdio: "ignore" });
  await gateway.sendList();
  await sendAll(5);
  await until("all at the hook", () => hook.lines.length === 5);
  await until("all in the stream", () => standingOf("b")?.handedCount === 5);
  expect(await keptByNats()).toHaveLength(5);
  await killed("SIGTERM");
  writeFileSync(file, hooked("secret: s3cret"));
  const wrong = await runNode(args);
  expect(wrong.code).toBe(2);
  expect(wrong.err).toContain('Unrecognized key: "secret"');
});
