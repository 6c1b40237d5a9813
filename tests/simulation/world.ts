import { createGateway, type Gateway } from "@headgate/gateway";
import { silentLog } from "@headgate/model";
import { SimClock } from "@headgate/model/testing";
import { covers, spansOf } from "@headgate/sync/cores";
import type { Canary } from "./canaries.ts";
import { DurableLog, UPLINK_ID } from "./durable-log.ts";
import { Life } from "./life.ts";
import { runModelReceiver } from "./model-receiver.ts";
import { createModelStore } from "./model-store.ts";
import { Network } from "./network.ts";
import { Oracle } from "./oracle.ts";
import { Rng } from "./rng.ts";
import { simulatedLine } from "./simulated-line.ts";
import { simulatedUplink } from "./simulated-uplink.ts";
import { CALM, type Weather } from "./weather.ts";
import type { World } from "./world-parts.ts";

const GATEWAY_ID = "simulated";
/** Of a graceful stop, all told. */
const STOP_MS_MAX = 10_000;

/** How many points each channel has. */
const POINT_COUNTS = { a: 1, b: 4, c: 7 };
const CHANNELS = Object.entries(POINT_COUNTS);
const CONFIG = {
  gateway: { id: GATEWAY_ID },
  buffer: { path: "no-disk" },
  channels: Object.fromEntries(
    CHANNELS.map(([id]) => [id, { driver: "simulated-line", line: id }]),
  ),
  devices: Object.fromEntries(
    CHANNELS.map(([id, count], index) => [`meter-${id}`, deviceOf(id, index, count)]),
  ),
  uplinks: { [UPLINK_ID]: { type: "simulated-uplink" } },
  web: false,
};

function deviceOf(channel: string, index: number, count: number) {
  const numbers = Array.from({ length: count }, (_, point) => 100 * index + point);
  const points = numbers.map((number) => [`p-${number}`, { number }]);
  return { channel, scan: `${500 + 250 * index} ms`, points: Object.fromEntries(points) };
}

/** Devices, a gateway, a network and a receiver in virtual time, all by one seed. */
export class SimulatedWorld implements World {
  readonly rng: Rng;
  readonly clock = new SimClock();
  readonly oracle = new Oracle(this.clock);
  readonly sky: { weather: Weather } = { weather: CALM };
  readonly log = new DurableLog(this);
  readonly #network = new Network(this);
  readonly #driver;
  readonly #canary: Canary | undefined;
  #life = new Life(this.clock);
  #stop = new AbortController();
  #ended = false;
  gateway: Gateway | null = null;

  constructor(seed: number, canary?: Canary) {
    this.rng = new Rng(seed);
    this.#canary = canary;
    this.#driver = simulatedLine(this);
    const store = createModelStore(this);
    const openStore = () => canary?.wrapStore?.(store) ?? store;
    const parts = { world: this, network: this.#network, gatewayId: GATEWAY_ID, openStore };
    runModelReceiver(parts).catch((error) => this.#bug("the receiver", error));
  }

  /** Starts a gateway on what the last one left. */
  async boot(): Promise<void> {
    this.oracle.note("the gateway starts");
    this.oracle.started();
    const life = new Life(this.clock);
    this.#life = life;
    this.#stop = new AbortController();
    this.#ended = false;
    const lent = this.log.lend(life);
    const buffer = this.#canary?.wrapBuffer?.(lent) ?? lent;
    this.gateway = await createGateway({
      config: CONFIG,
      drivers: [this.#driver],
      uplinks: [simulatedUplink(this, this.#network, this.#canary)],
      context: { clock: life.clock, log: silentLog, openBuffer: async () => buffer },
    });
    this.gateway.run(this.#stop.signal).then(
      () => {
        this.#ended = life === this.#life;
      },
      (error) => this.#bug("the gateway", error),
    );
  }

  cutPower(): void {
    this.oracle.note("power cut");
    this.#life.end();
    this.#network.ends.gateway = null;
  }

  /** As SIGTERM does. */
  async stop(): Promise<void> {
    this.oracle.note("the gateway is told to stop");
    this.#stop.abort();
    for (let ms = 0; ms < STOP_MS_MAX && !this.#ended; ms += 100) await this.clock.advance(100);
    if (!this.#ended) this.oracle.violate(`the gateway did not stop within ${STOP_MS_MAX} ms`);
    this.#life.end();
    this.oracle.stopped();
  }

  isUplinkUp(): boolean {
    return this.gateway?.status()?.uplinks[0]?.state.kind === "up";
  }

  /** Blocks up to `heads` that the uplink has not got acknowledged. */
  isAcknowledged(heads: ReadonlyMap<string, number>): boolean {
    const { epochs, cursors } = this.log.disk.status();
    const cursor = cursors.get(UPLINK_ID) ?? [];
    return epochs.every(({ epoch, tailSeq }) => {
      const head = heads.get(epoch) ?? 0;
      const held = spansOf(cursor.filter((range) => range.epoch === epoch));
      return tailSeq > head || covers(held, tailSeq, head);
    });
  }

  /** The last durable number of each epoch. */
  heads(): Map<string, number> {
    return new Map(this.log.disk.status().epochs.map(({ epoch, headSeq }) => [epoch, headSeq]));
  }

  #bug(who: string, error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.oracle.violate(`${who} broke down: ${text}`);
  }
}
