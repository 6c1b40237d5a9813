import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sample } from "@headgate/model";
import { type Ack, encodeFrame, encodeMessage } from "@headgate/sync/protocol";
import { ReceiveMeter, receiveStatus } from "@headgate/sync/receiver";
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAuthority } from "./peers/certificates.ts";
import { freePort } from "./peers/free-port.ts";
import { AT, madeBlock, pointListOfSize } from "./peers/made-blocks.ts";
import { Mosquitto } from "./peers/mosquitto.ts";
import { WholeLine } from "./peers/whole-line.ts";

// Gateway g-1 is at work; g-2, with good credentials of its own, pretends to be g-1.

const SHIPPED = join(import.meta.dirname, "../../examples/broker-rights");
const SERVER_FOLDER = "/etc/mosquitto/headgate";
const NOT_AUTHORIZED = 0x87;
/** On a machine with other work. */
const WAIT_MS = 60_000;
const POINTS = pointListOfSize(4).pointIds;

/** A broker with the rights that are shipped, and how to come in. */
interface Rig {
  readonly broker: Mosquitto;
  readonly folder: string;
  readonly platformPort: number;
  /** For a client of the library. */
  readonly as: (gatewayId: string) => IClientOptions;
  /** For an uplink. */
  readonly settingsOf: (gatewayId: string) => object;
}

async function rigOf(kind: "passwords" | "certificates"): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), "headgate-rights-"));
  const file = (name: string) => join(folder, name);
  const passwords = (name: string, ...users: string[]) => {
    for (const [at, user] of users.entries()) {
      const make = at === 0 ? ["-c"] : [];
      execFileSync("mosquitto_passwd", ["-b", ...make, file(name), user, `of ${user}`]);
    }
  };
  passwords("gateways.passwords", "g-1", "g-2");
  passwords("platform.passwords", "receiver", "monitor");
  const server = createAuthority(folder, "server");
  const { cert, key } = server.issue("broker", { altName: "IP:127.0.0.1" });
  const gateways = createAuthority(folder, "gateways");
  const keys = new Map(["g-1", "g-2"].map((id) => [id, gateways.issue(id)]));
  const [port, platformPort] = [await freePort(), await freePort()];
  const conf = readFileSync(join(SHIPPED, `${kind}.conf`), "utf8")
    .replaceAll(`${SERVER_FOLDER}/server.crt`, cert)
    .replaceAll(`${SERVER_FOLDER}/server.key`, key)
    .replaceAll(`${SERVER_FOLDER}/gateways-ca.crt`, gateways.ca)
    .replaceAll(/\/etc\/mosquitto\/headgate\/(\w+\.acl)/g, (_, acl: string) => join(SHIPPED, acl))
    .replaceAll(SERVER_FOLDER, folder)
    .replace("listener 8883", `listener ${port} 127.0.0.1`)
    .replace("listener 8884", `listener ${platformPort} 127.0.0.1`);
  expect(conf.replaceAll(/^#.*$/gm, "")).not.toContain("/etc/");
  const broker = await Mosquitto.startWith(port, conf);
  const loginOf = (id: string) =>
    kind === "passwords" ? { username: id, password: `of ${id}` } : (keys.get(id) ?? {});
  const as = (id: string) => {
    const files = kind === "passwords" ? [] : Object.entries(keys.get(id) ?? {});
    const own = files.map(([name, path]) => [name, readFileSync(path)]);
    return { ca: readFileSync(server.ca), ...loginOf(id), ...Object.fromEntries(own) };
  };
  const url = `mqtts://127.0.0.1:${port}`;
  const settingsOf = (id: string) => ({ url, ca: server.ca, ...loginOf(id) });
  return { broker, folder, platformPort, as, settingsOf };
}

function connected(port: number, options: IClientOptions, isTls = true): Promise<MqttClient> {
  const scheme = isTls ? "mqtts" : "mqtt";
  const own = { protocolVersion: 5, reconnectPeriod: 0, connectTimeout: 20_000 } as const;
  return mqtt.connectAsync(`${scheme}://127.0.0.1:${port}`, { ...own, ...options }, false);
}

/** What g-2 would do in the name of g-1. */
function forgeries(line: WholeLine): [topic: string, payload: Uint8Array][] {
  const epoch = line.buffer.status().epochs.find(({ stream }) => stream === "main")?.epoch ?? "";
  const list = pointListOfSize(4);
  const entries = [{ ...madeBlock(list, 1), epoch }];
  const head = { format: "blocks", lane: "l", pointListOf: () => list } as const;
  const streams = [{ st: "main" as const, ep: epoch, next: 1, durable: 0, oldest: 1 }];
  return [
    ["headgate/1/g-1/d/main/l", encodeFrame({ ...head, gatewayId: "g-1", entries })],
    ["headgate/1/g-1/hello", encodeMessage({ v: 1, gw: "g-1", online: false, streams })],
    [
      "headgate/1/g-1/fence",
      encodeMessage({ v: 1, streams: [{ st: "main", ep: epoch, next: 9 }] }),
    ],
    ["headgate/1/g-1/ack/main", encodeMessage(ackOf(line))],
    ["headgate/1/g-2/ack/main", encodeMessage(ackOf(line))],
    ["headgate/json/g-1/meter-1", Buffer.from("{}")],
  ];
}

/** The receiver has everything, it says. */
function ackOf({ buffer }: WholeLine): Ack {
  const streams = buffer.status().epochs.map(({ stream: st, epoch: ep, headSeq: w }) => {
    return { st, ep, w, sack: [], max: w };
  });
  return { v: 1, c: "main", inc: "forged", at: AT, streams };
}

async function produce(line: WholeLine, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const samples: Sample[] = POINTS.map((pointId) => {
      return { pointId, timestampMs: AT + round, quality: "good", value: round };
    });
    await line.buffer.append(samples);
  }
}

async function outcomeOf(work: Promise<unknown>): Promise<number> {
  return work.then(
    () => 0,
    (error: { code?: number }) => error.code ?? -1,
  );
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + WAIT_MS;
  while (!isSo()) {
    if (Date.now() > deadlineMs) throw new Error(`never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe.each(["passwords", "certificates"] as const)("rights by %s", (kind) => {
  let rig: Rig;
  let line: WholeLine;
  let forger: MqttClient;
  const heard: string[] = [];
  const meter = new ReceiveMeter();
  const recorded = () => receiveStatus(line.storePath).epochs;

  async function intrude(): Promise<void> {
    forger = await connected(rig.broker.port, rig.as("g-2"));
    forger.on("message", (topic) => heard.push(topic));
    await forger.subscribeAsync(["headgate/1/g-1/ack/+", "headgate/1/#", "#"], { qos: 1 });
  }

  beforeAll(async () => {
    rig = await rigOf(kind);
    line = await WholeLine.start(POINTS, rig.broker);
    line.startUplink("blocks", rig.settingsOf("g-1"));
    await produce(line, 3);
    await until("a session of g-1", () => line.sessionCount === 1);
    await intrude();
  });
  afterAll(async () => {
    forger?.end(true);
    await line?.end();
    rmSync(rig.folder, { recursive: true, force: true });
  });

  test("whatever is said in the name of another is refused, acknowledgements too", async () => {
    for (const [topic, payload] of forgeries(line)) {
      const sending = forger.publishAsync(topic, Buffer.from(payload), { qos: 1, retain: true });
      expect([topic, await outcomeOf(sending)]).toEqual([topic, NOT_AUTHORIZED]);
    }
    expect([...(line.buffer.status().cursors.get("cloud") ?? [])]).toEqual([]);
  });

  test("another's will is not carried out, another's client id puts nobody out", async () => {
    const [, hello] = forgeries(line);
    const [topic = "", payload = Buffer.from("")] = hello ?? [];
    const will = { topic, payload: Buffer.from(payload), qos: 1, retain: true } as const;
    for (const clientId of ["headgate-g-1-cloud", "g-1"]) {
      const other = await connected(rig.broker.port, { ...rig.as("g-2"), clientId, will });
      const lost = new Promise<void>((resolve) => other.once("close", () => resolve()));
      other.stream.destroy();
      await lost;
    }
    await intrude();
    expect(await outcomeOf(connected(rig.platformPort, rig.as("g-2")))).not.toBe(0);
    expect(line.sessionCount).toBe(1);
  });

  test("delivery goes on, the record holds what was sent, nobody else read along", async () => {
    const access = rig.as("g-1");
    const url = `mqtts://127.0.0.1:${rig.platformPort}`;
    const login = { username: "receiver", password: "of receiver", ca: `${access.ca}` };
    line.startReceiver({ url, ...login, meter });
    await produce(line, 3);
    await line.untilDelivered("main", undefined, WAIT_MS);
    const own = { ca: access.ca, username: "monitor", password: "of monitor" };
    const monitor = await connected(rig.platformPort, own as IClientOptions);
    const seen = new Map<string, string>();
    monitor.on("message", (topic, payload) => seen.set(topic, `${payload}`));
    await monitor.subscribeAsync("headgate/1/#", { qos: 1 });
    await until("what is retained", () => seen.has("headgate/1/g-1/ack/main"));
    expect(seen.get("headgate/1/g-1/hello")).toContain('"online":true');
    expect(seen.get("headgate/1/g-1/ack/main")).not.toContain("forged");
    const saying = monitor.publishAsync("headgate/1/g-1/req/main", "{}", { qos: 1 });
    expect(await outcomeOf(saying)).toBe(NOT_AUTHORIZED);
    monitor.end(true);
    await line.stopParts();
    const [first, ...others] = recorded().filter(({ stream }) => stream === "main");
    expect(others).toEqual([]);
    expect(first).toMatchObject({ gateway: "g-1", sampleCount: 24, conflictCount: 0 });
    expect(receiveStatus(line.storePath).isComplete).toBe(true);
    expect(line.sessionCount).toBe(1);
    expect(heard).toEqual([]);
    expect(meter.text(0)).toContain('refused_messages_total{why="other-gateway"} 0');
  });
});

test("without rights, the receiver refuses what names two gateways, and counts it", async () => {
  const meter = new ReceiveMeter();
  const line = await WholeLine.start(POINTS);
  try {
    line.startReceiver({ meter });
    await line.receiverSubscribed;
    line.startUplink("blocks");
    await produce(line, 3);
    const forger = await connected(line.broker.port, {}, false);
    const [frame, hello] = forgeries(line).map(([, payload]) => Buffer.from(payload));
    await forger.publishAsync("headgate/1/g-2/d/main/l", frame ?? "", { qos: 1 });
    await forger.publishAsync("headgate/1/g-2/hello", hello ?? "", { qos: 1 });
    await until("two refused", () => /why="other-gateway"} 2\n/.test(meter.text(0)));
    await produce(line, 3);
    await line.untilDelivered("main", undefined, WAIT_MS);
    forger.end(true);
    await line.stopParts();
    const { epochs, isComplete } = receiveStatus(line.storePath);
    expect(isComplete).toBe(true);
    expect(new Set(epochs.map(({ gateway }) => gateway))).toEqual(new Set(["g-1"]));
    expect(epochs.some(({ conflictCount }) => conflictCount > 0)).toBe(false);
  } finally {
    await line.end();
  }
});

test("without rights, a forged acknowledgement counts: that is what they are for", async () => {
  const line = await WholeLine.start(POINTS);
  try {
    line.startUplink("blocks");
    await produce(line, 3);
    const forger = await connected(line.broker.port, {}, false);
    const all = ackOf(line);
    const say = (ack: Ack) => {
      const payload = Buffer.from(encodeMessage(ack));
      return forger.publishAsync("headgate/1/g-1/ack/main", payload, { qos: 1 });
    };
    await until("a session of g-1", () => line.sessionCount === 1);
    await say({ ...all, c: "other" });
    await say({ ...all, streams: all.streams.map((one) => ({ ...one, w: 1, max: 1 })) });
    // The one that named another receiver than its topic was not believed.
    await line.untilDelivered("main", 1, WAIT_MS);
    await say(all);
    await line.untilDelivered("main", undefined, WAIT_MS);
    forger.end(true);
  } finally {
    await line.end();
  }
});
