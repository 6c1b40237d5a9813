import type { ChaosLink, Way } from "../chaos/chaos-proxy.ts";
import type { Packet } from "../chaos/packets.ts";
import type { Program } from "../program.ts";
import type { Cell } from "./cell.ts";
import { type Fault, pause } from "./fault.ts";
import { unheard } from "./process-faults.ts";
import type { Rig } from "./rig.ts";

/** A moment at which a process is killed, told by a packet that comes or goes. */
interface CrashPoint {
  readonly name: string;
  readonly victim: "gateway" | "receiver";
  readonly way: Way;
  /** Whether the packet is the one. */
  is(packet: Packet): boolean;
  /** The packet still arrives; else it is lost with the process. */
  readonly isDelivered: boolean;
  isPossible?(cell: Cell): boolean;
}

const isData = ({ name, topic }: Packet) => name === "publish" && /\/d\/|\/json\//.test(topic);
const isPuback = ({ name }: Packet) => name === "puback";
const isAck = ({ name, topic }: Packet) => name === "publish" && topic.includes("/ack/");
const hasReceiver = ({ format }: Cell) => format !== "json";
const isAcknowledged = ({ mode }: Cell) => mode === "receiver";

const OF_GATEWAY: readonly CrashPoint[] = [
  {
    name: "committed, not yet published",
    ...{ victim: "gateway", way: "up", is: isData, isDelivered: false },
  },
  {
    name: "published, not yet known",
    ...{ victim: "gateway", way: "up", is: isData, isDelivered: true },
  },
  {
    name: "before PUBACK",
    ...{ victim: "gateway", way: "down", is: isPuback, isDelivered: false },
  },
  {
    name: "after PUBACK, before the cursor is stored",
    ...{ victim: "gateway", way: "down", is: isPuback, isDelivered: true },
  },
  {
    name: "after the receiver's ack, before the cursor is stored",
    ...{ victim: "gateway", way: "down", is: isAck, isDelivered: true },
    isPossible: isAcknowledged,
  },
  {
    name: "with the hello",
    ...{ victim: "gateway", way: "up", isDelivered: true },
    is: ({ name, topic }) => name === "publish" && topic.endsWith("/hello"),
    isPossible: hasReceiver,
  },
];

const OF_RECEIVER: readonly CrashPoint[] = [
  {
    name: "data in, not yet committed",
    ...{ victim: "receiver", way: "down", is: isData, isDelivered: true },
  },
  {
    name: "committed, not yet acknowledged",
    ...{ victim: "receiver", way: "up", is: isAck, isDelivered: false },
  },
  {
    name: "before its PUBACK",
    ...{ victim: "receiver", way: "up", is: isPuback, isDelivered: false },
  },
];

const REACHED_MS_MAX = 90_000;
/** A process that is killed by a packet has had time to take it in, and no more. */
const TAKEN_IN_MS = 3;

export const CRASH_FAULTS: Readonly<Record<string, Fault>> = {
  "gateway crash points": {
    about: OF_GATEWAY.map(({ name }) => name).join("; "),
    strike: (rig, seconds) => strikeAll(rig, seconds, OF_GATEWAY),
  },
  "receiver crash points": {
    about: OF_RECEIVER.map(({ name }) => name).join("; "),
    strike: (rig, seconds) => strikeAll(rig, seconds, OF_RECEIVER),
    isPossible: hasReceiver,
    notPromised: unheard,
  },
};

/** Each point at least once, then again while there is time. */
async function strikeAll(rig: Rig, seconds: number, points: readonly CrashPoint[]) {
  const endMs = performance.now() + 1000 * seconds;
  const possible = points.filter((point) => point.isPossible?.(rig.cell) ?? true);
  let strikes = 0;
  for (; strikes < possible.length || performance.now() < endMs; strikes++) {
    await strike(rig, possible[strikes % possible.length] as CrashPoint);
    await pause(rig.rng.between(200, 1500));
  }
  return strikes;
}

async function strike(rig: Rig, point: CrashPoint): Promise<void> {
  const isGateway = point.victim === "gateway";
  const proxy = isGateway ? rig.gatewayProxy : rig.receiverProxy;
  const victim = (isGateway ? rig.gateway : rig.receiver) as Program;
  const reached = new Promise<void>((resolve) => {
    proxy.weather = (packet: Packet, _link: ChaosLink, way: Way) => {
      if (way !== point.way || !point.is(packet)) return [packet.bytes];
      proxy.calm();
      resolve();
      return point.isDelivered ? [packet.bytes] : [];
    };
  });
  await within(REACHED_MS_MAX, reached, `crash point "${point.name}" was never reached`);
  if (point.isDelivered) await pause(TAKEN_IN_MS);
  await victim.kill();
  victim.start();
}

async function within(durationMs: number, work: Promise<void>, otherwise: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(otherwise)), durationMs);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
