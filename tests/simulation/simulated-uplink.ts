import {
  type Batch,
  type Context,
  extentOf,
  type Notice,
  Refused,
  type Session,
  Unreachable,
  type Uplink,
  type UplinkPort,
} from "@headgate/model";
import { AckBook } from "@headgate/sync/cores";
import { encodeFrame, encodePointList, parseAck, parseRequest } from "@headgate/sync/protocol";
import type { Canary } from "./canaries.ts";
import type { Message, Network } from "./network.ts";
import type { World } from "./world-parts.ts";

/** The receiver whose word counts. */
export const RECEIVER_ID = "main";
/** Of the blocks, those that the broker never takes. */
const POISON_SHARE = 0.003;
const LIMITS = { batchesMax: 4, batchBytesMax: 600 };

/** An uplink that sends real frames over a network of this world. */
export function simulatedUplink(world: World, network: Network, canary?: Canary): Uplink<object> {
  return {
    type: "simulated-uplink",
    configSchema: { parse: () => ({}) },
    async open(_config, port, context) {
      const { rng, sky } = world;
      await context.clock.sleep(rng.between(20, 300), context.signal);
      if (sky.weather.isUplinkDown || rng.chance(sky.weather.connectRefused)) {
        throw new Unreachable("connect: refused");
      }
      const session = new SimulatedSession({ world, network, port, context });
      world.oracle.note("session open");
      return canary?.wrapSession?.(session) ?? session;
    },
  };
}

interface Lent {
  readonly world: World;
  readonly network: Network;
  readonly port: UplinkPort;
  readonly context: Context;
}

class SimulatedSession implements Session {
  readonly limits = LIMITS;
  readonly confirmation = "sent";
  readonly #lent: Lent;
  readonly #book = new AckBook([RECEIVER_ID]);
  readonly #lost = new AbortController();
  #notices: Notice[] = [];
  #bell = new AbortController();
  #lineFreeAtMs = 0;

  constructor(lent: Lent) {
    this.#lent = lent;
    lent.network.subscribe(this.#hear);
  }

  async send(batch: Batch, signal: AbortSignal): Promise<void> {
    const { network, world } = this.#lent;
    const payloads = await this.#encoded(batch);
    await this.#pass(this.#waitMs(payloads.at(-1)?.byteLength ?? 0), signal);
    if (batch.entries.some((entry) => isPoison(entry))) {
      world.oracle.note("a batch is refused");
      throw new Refused("publish: the broker takes no such block");
    }
    this.#noteSent(batch);
    network.toReceiver(payloads);
    await this.#pass(world.rng.between(5, 100), signal);
    if (world.rng.chance(world.sky.weather.sessionDropped)) this.#lost.abort();
    this.#expectUp();
  }

  async *notices(signal: AbortSignal): AsyncGenerator<Notice> {
    for (;;) {
      if (signal.aborted) return;
      this.#expectUp();
      const notices = this.#notices;
      this.#notices = [];
      yield* notices;
      if (this.#notices.length > 0) continue;
      this.#bell = new AbortController();
      await untilAny([this.#bell.signal, this.#lost.signal, signal]);
    }
  }

  async close(): Promise<void> {
    this.#lost.abort();
    const { ends } = this.#lent.network;
    if (ends.gateway === this.#hear) ends.gateway = null;
  }

  async #encoded({ lane, entries }: Batch): Promise<Uint8Array[]> {
    const { port } = this.#lent;
    const { gatewayId } = port;
    const hashes = new Set(entries.flatMap((one) => (one.kind === "data" ? one.schemaHash : [])));
    const lists: Uint8Array[] = [];
    for (const hash of hashes) {
      const list = await port.pointList(hash);
      if (list) lists.push(encodePointList({ gatewayId, ...list }));
    }
    const frame = { format: "blocks", gatewayId, lane, entries, pointListOf: () => null } as const;
    return [...lists, encodeFrame(frame)];
  }

  /** The line takes one message after another. */
  #waitMs(bytes: number): number {
    const { world } = this.#lent;
    const nowMs = world.clock.monotonicMs();
    const sendingMs = Math.ceil((1000 * bytes) / world.sky.weather.bytesPerSecond);
    this.#lineFreeAtMs = Math.max(this.#lineFreeAtMs, nowMs) + sendingMs;
    return this.#lineFreeAtMs - nowMs;
  }

  async #pass(durationMs: number, signal: AbortSignal): Promise<void> {
    const ending = AbortSignal.any([signal, this.#lost.signal]);
    await this.#lent.context.clock.sleep(durationMs, ending);
    this.#expectUp();
    if (signal.aborted) throw new Unreachable("publish: stopped");
  }

  #expectUp(): void {
    if (this.#lent.world.sky.weather.isUplinkDown) this.#lost.abort();
    if (!this.#lost.signal.aborted) return;
    throw new Unreachable("session: lost");
  }

  #noteSent({ entries }: Batch): void {
    for (const entry of entries) {
      const { stream, epoch } = entry;
      this.#book.sent({ stream, epoch, ...extentOf(entry) });
    }
  }

  readonly #hear = ({ kind, payload }: Message): void => {
    if (this.#lost.signal.aborted) return;
    if (kind === "ack") {
      const standing = this.#lent.port.standing();
      this.#notices.push(...this.#book.hear(RECEIVER_ID, parseAck(payload), standing));
    } else {
      const request = parseRequest(payload);
      if (request.op !== "resend") return;
      const { st: stream, ep: epoch, lo: first, hi: last } = request;
      this.#notices.push({ kind: "resend", range: { stream, epoch, first, last } });
    }
    this.#bell.abort();
  };
}

/** Always the same blocks, whoever sends them and how often. */
function isPoison(entry: Batch["entries"][number]): boolean {
  if (entry.kind !== "data") return false;
  return Number.parseInt(entry.hash.slice(0, 6), 16) / 0xffffff < POISON_SHARE;
}

function untilAny(signals: readonly AbortSignal[]): Promise<void> {
  const any = AbortSignal.any([...signals]);
  if (any.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    any.addEventListener("abort", () => resolve(), { once: true });
  });
}
