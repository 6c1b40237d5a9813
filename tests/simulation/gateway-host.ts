import { createGateway, type Gateway } from "@headgate/gateway";
import { type Buffer, type Driver, silentLog, type Uplink } from "@headgate/model";
import type { openBuffer } from "@headgate/sync/buffer";
import { createMqttUplink, differenceOf, openBufferOn, spansOf } from "@headgate/sync/cores";
import type { Canary } from "./canary.ts";
import type { Mark } from "./facts.ts";
import { type Folders, replaceDatabase } from "./folders.ts";
import { Life } from "./life.ts";
import type { Network } from "./network.ts";
import { configOf, type Edit, type Site } from "./operator.ts";
import type { WorldPlan } from "./plan.ts";
import { simulatedDial } from "./simulated-client.ts";
import { type Disk, SimulatedDisk } from "./simulated-disk.ts";
import { watchedBuffer } from "./watched-buffer.ts";
import type { World } from "./world-parts.ts";

/** Of a graceful stop, all told. */
const STOP_MS_MAX = 10_000;
const BLOCK_BYTES_MAX = 500;

export interface GatewayHostParts {
  readonly world: World;
  readonly network: Network;
  readonly folders: Folders;
  readonly driver: Driver;
  readonly site: Site;
  readonly quotas: WorldPlan["quotas"];
  readonly canary: Canary;
}

/** A copy of a disk, made at a moment. */
export interface Snapshot {
  readonly folder: string;
  readonly mark: Mark;
}

/** A machine with a disk, on which a gateway runs and is killed. */
export class GatewayHost {
  /** By how much its clock is wrong. */
  skewMs = 0;
  readonly disk: Disk;
  readonly #parts: GatewayHostParts;
  readonly #folder: string;
  #life: Life;
  #stop = new AbortController();
  #hasEnded = false;
  #gateway: Gateway | null = null;
  #buffer: Buffer | null = null;

  constructor(parts: GatewayHostParts, image: string, folder?: string) {
    this.#parts = parts;
    const { quotas } = parts;
    const capacityBytesMax = quotas.capacityBytesMax + quotas.eventsCapacityBytesMax;
    this.disk = { image, capacityBytesMax, fullUntilMs: 0, hasFailed: false };
    this.#folder = folder ?? parts.folders.make(image);
    this.#life = new Life(parts.world.clock);
  }

  get isDead(): boolean {
    return this.#life.isOver;
  }

  /** Starts a gateway on what the last one left. */
  async boot(edit: Edit): Promise<void> {
    const { world, site, driver } = this.#parts;
    world.history.note(`${this.disk.image} starts, ${JSON.stringify(edit)}`);
    const life = new Life(world.clock, () => this.skewMs);
    this.#life = life;
    life.afterwards(() => {
      // A stop in peace has let go of its database before.
      if (!this.#hasEnded) this.#parts.canary.afterKill?.(this.#folder);
    });
    this.#stop = new AbortController();
    this.#hasEnded = false;
    this.disk.hasFailed = false;
    this.#buffer = null;
    this.#gateway = await createGateway({
      config: configOf(site, edit),
      drivers: [driver],
      uplinks: [this.#uplink(life)],
      context: { clock: life.clock, log: silentLog, openBuffer: this.#openerFor(life) },
    });
    this.#gateway.run(this.#stop.signal).then(
      () => {
        this.#hasEnded = life === this.#life;
      },
      (error) => {
        const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
        world.oracle.violate(`${this.disk.image} broke down: ${text}`);
      },
    );
  }

  cutPower(): void {
    this.#parts.world.history.note(`${this.disk.image} loses power`);
    this.#life.end();
  }

  /** At one of the next things it does. */
  killSoon(): void {
    this.#life.endAfter(this.#parts.world.rng.between(1, 40));
  }

  /** It lives on, whatever it does. */
  spare(): void {
    this.#life.endAfter(Number.POSITIVE_INFINITY);
  }

  /** As SIGTERM does. */
  async stop(): Promise<void> {
    const { clock, oracle, history } = this.#parts.world;
    history.note(`${this.disk.image} is told to stop`);
    this.#stop.abort();
    for (let ms = 0; ms < STOP_MS_MAX && !this.#hasEnded; ms += 100) await clock.advance(100);
    if (this.isDead) return;
    if (!this.#hasEnded) oracle.violate(`the gateway did not stop within ${STOP_MS_MAX} ms`);
    this.#life.end();
    if (!this.disk.hasFailed) oracle.stoppedInPeace(this.#life.clock);
  }

  snapshot(): Snapshot {
    const { folders, world } = this.#parts;
    const { image } = this.disk;
    world.history.note(`a snapshot of ${image}`);
    return {
      folder: folders.copy(this.#folder, `${image}-snapshot`),
      mark: world.oracle.facts.mark(image),
    };
  }

  /** Back to a snapshot, while it is off; into the same file, or as another. */
  restore(snapshot: Snapshot, isSameFile: boolean): void {
    const { world, canary } = this.#parts;
    const how = isSameFile ? "into the same file" : "as another file";
    world.history.note(`${this.disk.image} is restored from its snapshot, ${how}`);
    replaceDatabase(snapshot.folder, this.#folder, isSameFile);
    canary.afterRestore?.(this.#folder);
    world.oracle.facts.wentBack(this.disk.image, snapshot.mark);
    world.oracle.mayFork = true;
    world.oracle.isRestoredInPlace ||= isSameFile;
  }

  /** Another machine of the same name, with a copy of this disk. */
  clone(image: string): GatewayHost {
    const { folders, world, canary } = this.#parts;
    world.history.note(`${this.disk.image} is copied as ${image}`);
    world.oracle.mayFork = true;
    world.oracle.facts.copied(this.disk.image, image);
    const folder = folders.copy(this.#folder, image);
    canary.afterRestore?.(folder);
    return new GatewayHost(this.#parts, image, folder);
  }

  /** The epochs that grow. */
  currentEpochs(): string[] {
    const epochs = this.#buffer?.status().epochs ?? [];
    return epochs.flatMap(({ epoch, isCurrent }) => (isCurrent ? [epoch] : []));
  }

  isUplinkUp(): boolean {
    return this.#gateway?.status()?.uplinks.every(({ state }) => state.kind === "up") ?? false;
  }

  /** The last durable number of each epoch. */
  heads(): Map<string, number> {
    const epochs = this.#buffer?.status().epochs ?? [];
    return new Map(epochs.map(({ epoch, headSeq }) => [epoch, headSeq]));
  }

  /** What is up to `heads` and some uplink has not got acknowledged. */
  backlog(heads: ReadonlyMap<string, number>, { uplinkIds }: Edit): string[] {
    const status = this.#buffer?.status();
    if (!status) return ["all: it is not open"];
    return uplinkIds.flatMap((uplinkId) => {
      const cursor = status.cursors.get(uplinkId) ?? [];
      return status.epochs.flatMap(({ stream, epoch, tailSeq }) => {
        const kept = { first: tailSeq, last: heads.get(epoch) ?? 0 };
        const held = spansOf(cursor.filter((range) => range.epoch === epoch));
        const open = differenceOf(spansOf([kept]), held);
        return open.map(({ first, last }) => `${first} to ${last} of ${stream} ${epoch}`);
      });
    });
  }

  #openerFor(life: Life): typeof openBuffer {
    const { world, canary, quotas } = this.#parts;
    const { disk } = this;
    return async (options, context) => {
      const startStore = () => {
        const store = new SimulatedDisk({ world, life, disk });
        return canary.wrapDisk?.(store) ?? store;
      };
      const own = { directory: this.#folder, ...quotas, blockBytesMax: BLOCK_BYTES_MAX };
      const opened = await openBufferOn(startStore, { ...options, ...own }, context);
      const buffer = watchedBuffer(opened, { oracle: world.oracle, life });
      this.#buffer = canary.wrapBuffer?.(buffer, options) ?? buffer;
      return this.#buffer;
    };
  }

  #uplink(life: Life): Uplink {
    const { network, canary } = this.#parts;
    const dial = simulatedDial({ network, life, side: "gateway" });
    const uplink = createMqttUplink(canary.wrapGatewayDial?.(dial) ?? dial);
    return {
      type: uplink.type,
      configSchema: uplink.configSchema,
      async open(config, port, context) {
        const session = await uplink.open(config as never, port, context);
        return canary.wrapSession?.(session) ?? session;
      },
    };
  }
}
