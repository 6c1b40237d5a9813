import { AckSchedule, ackOf, HoleWatch } from "@headgate/sync/cores";
import {
  decodeFrame,
  decodePointList,
  encodeMessage,
  PROTOCOL_VERSION,
  type ReceivedEntry,
} from "@headgate/sync/protocol";
import type { ModelStore } from "./model-store.ts";
import type { Network } from "./network.ts";
import { RECEIVER_ID } from "./simulated-uplink.ts";
import type { World } from "./world-parts.ts";

const COMMIT_INTERVAL_MS = 200;
const HOLE_TIMEOUT_MS = 10_000;
const never = new AbortController().signal;

/** What the receiver works with; `openStore` is called anew after each crash. */
export interface ModelReceiverParts {
  readonly world: World;
  readonly network: Network;
  readonly gatewayId: string;
  readonly openStore: () => ModelStore;
}

/** A receiver that commits late, crashes, acknowledges what it has and asks for what it lacks. */
export async function runModelReceiver(parts: ModelReceiverParts): Promise<never> {
  const { rng, clock, oracle } = parts.world;
  for (;;) {
    await new ReceiverLife(parts).run();
    oracle.note("the receiver crashed");
    parts.network.ends.receiver = null;
    await clock.sleep(rng.between(300, 8000), never);
  }
}

class ReceiverLife {
  readonly #parts: ModelReceiverParts;
  readonly #store: ModelStore;
  readonly #acks = new AckSchedule();
  readonly #holes = new HoleWatch(HOLE_TIMEOUT_MS);
  #inbox: ReceivedEntry[] = [];
  #requestCount = 0;

  constructor(parts: ModelReceiverParts) {
    this.#parts = parts;
    this.#store = parts.openStore();
    parts.network.ends.receiver = (payloads) => this.#take(payloads);
    this.#acks.note(parts.gatewayId, 0);
  }

  /** Resolves when it crashes, before or after a commit. */
  async run(): Promise<void> {
    const { rng, clock, sky } = this.#parts.world;
    for (;;) {
      await clock.sleep(COMMIT_INTERVAL_MS + rng.between(0, 100), never);
      const slice = this.#inbox;
      this.#inbox = [];
      if (rng.chance(sky.weather.receiverCrashed / 2)) return;
      await this.#store.commit(slice);
      if (slice.length > 0) this.#acks.note(this.#parts.gatewayId, slice.length);
      if (rng.chance(sky.weather.receiverCrashed / 2)) return;
      this.#tell();
    }
  }

  #take(payloads: readonly Uint8Array[]): void {
    const frame = payloads.at(-1);
    if (!frame) return;
    for (const payload of payloads.slice(0, -1)) {
      this.#store.addPointList(decodePointList(payload));
    }
    this.#inbox.push(...decodeFrame(frame).entries);
  }

  #tell(): void {
    const { world, network, gatewayId } = this.#parts;
    const nowMs = world.clock.monotonicMs();
    if (this.#acks.takeDue(nowMs, 1).length > 0) {
      const about = { receiverId: RECEIVER_ID, incarnation: "only", nowMs: world.clock.nowMs() };
      const payload = encodeMessage(ackOf(this.#store.standing(), about));
      network.toGateway({ kind: "ack", payload });
    }
    for (const { stream, epoch, covered } of this.#store.standing()) {
      const target = covered.at(-1)?.last ?? 0;
      const seen = { gatewayId, stream, epoch, covered, target };
      for (const { first, last } of this.#holes.due(seen, nowMs)) {
        const id = `ask-${++this.#requestCount}`;
        const what = { op: "resend", st: stream, ep: epoch, lo: first, hi: last } as const;
        const payload = encodeMessage({ v: PROTOCOL_VERSION, id, ...what });
        world.oracle.note(`asking for ${first} to ${last} of ${epoch}`);
        network.toGateway({ kind: "request", payload });
      }
    }
  }
}
