import { join } from "node:path";
import { describeError, silentLog, Unreachable } from "@headgate/model";
import { ackTopic, DEFAULT_ROOT, parseAck } from "@headgate/sync/protocol";
import { openSqliteStore, receive, type Store } from "@headgate/sync/receiver";
import type { Canary } from "./canary.ts";
import { type Folders, replaceDatabase } from "./folders.ts";
import { Life } from "./life.ts";
import type { Network } from "./network.ts";
import { simulatedDial } from "./simulated-client.ts";
import { watchedStore } from "./watched-store.ts";
import type { World } from "./world-parts.ts";

const never = new AbortController().signal;
const RETRY_MS_MAX = 3000;
const DOWN_MS_MAX = 8000;

export interface ReceiverHostParts {
  readonly world: World;
  readonly network: Network;
  readonly folders: Folders;
  readonly receiverId: string;
  readonly gatewayId: string;
  readonly canary: Canary;
}

/** A machine on which a receiver runs, is killed, and comes back with what its store holds. */
export class ReceiverHost {
  readonly #parts: ReceiverHostParts;
  readonly #folder: string;
  #backup: string | null = null;
  #life: Life;
  #store: Store | null = null;

  constructor(parts: ReceiverHostParts) {
    this.#parts = parts;
    this.#folder = parts.folders.make(parts.receiverId);
    this.#life = new Life(parts.world.clock);
  }

  get storePath(): string {
    return join(this.#folder, "upstream.db");
  }

  /** Runs as long as this world does. */
  async run(): Promise<never> {
    const { clock, rng, history } = this.#parts.world;
    for (;;) {
      this.#life = new Life(clock);
      await this.#oneLife(this.#life);
      history.note(`receiver "${this.#parts.receiverId}" was killed`);
      await clock.sleep(rng.between(300, DOWN_MS_MAX), never);
    }
  }

  get receiverId(): string {
    return this.#parts.receiverId;
  }

  /** For good. */
  end(): void {
    this.#life.end();
  }

  /** At one of the next things it does. */
  killSoon(): void {
    this.#life.endAfter(this.#parts.world.rng.between(1, 60));
  }

  backUp(): void {
    const { folders, receiverId, world } = this.#parts;
    world.history.note(`the store of "${receiverId}" is backed up`);
    this.#backup = folders.copy(this.#folder, `${receiverId}-backup`);
  }

  /** Back to the last backup, if there is one. */
  restore(): void {
    if (this.#backup === null) return;
    const { world, receiverId } = this.#parts;
    this.#life.end();
    world.history.note(`the store of "${receiverId}" is restored from its backup`);
    replaceDatabase(this.#backup, this.#folder, false);
    world.oracle.restored(receiverId);
  }

  async #oneLife(life: Life): Promise<void> {
    const { world } = this.#parts;
    const over = new Promise<void>((resolve) => {
      life.afterwards(() => {
        void this.#store?.close();
        if (this.#store) this.#parts.canary.afterReceiverKill?.(this.storePath);
        this.#store = null;
        resolve();
      });
    });
    const running = this.#receiveAgain(life).catch((error) => {
      const text = error instanceof Error ? error.stack : String(error);
      world.oracle.violate(`receiver "${this.#parts.receiverId}" broke down: ${text}`);
    });
    await Promise.race([over, running]);
  }

  async #receiveAgain(life: Life): Promise<void> {
    const { world, receiverId } = this.#parts;
    while (!life.isOver) {
      try {
        await this.#receive(life);
      } catch (error) {
        if (!(error instanceof Unreachable) && !/Misconfigured/.test(String(error))) throw error;
        world.history.trace(`"${receiverId}" tries again: ${describeError(error)}`);
      } finally {
        await this.#store?.close();
        this.#store = null;
      }
      await life.clock.sleep(world.rng.between(500, RETRY_MS_MAX), never);
    }
  }

  async #receive(life: Life): Promise<void> {
    const { world, network, receiverId, canary } = this.#parts;
    const inner = openSqliteStore(this.storePath);
    this.#store = inner;
    const watched = watchedStore(inner, { world, life, receiverId });
    const store = canary.wrapStore?.(watched) ?? watched;
    const dial = simulatedDial({
      network,
      life,
      side: "receiver",
      overhear: (topic, payload) => this.#overhear(topic, payload, inner),
    });
    await receive(
      { url: "mqtt://broker", store, receiverId, dial: canary.wrapReceiverDial?.(dial) ?? dial },
      { clock: life.clock, log: silentLog, signal: never, directory: this.#folder },
      () => world.history.trace(`"${receiverId}" is up`),
    );
  }

  #overhear(topic: string, payload: Uint8Array, inner: Store): void {
    const { world, receiverId, gatewayId } = this.#parts;
    if (topic !== ackTopic(DEFAULT_ROOT, gatewayId, receiverId)) return;
    const claims = parseAck(payload).streams.map(({ ep: epoch, w, sack }) => {
      const beyond = sack.map(([first, last]) => ({ first, last }));
      return { epoch, covered: w > 0 ? [{ first: 1, last: w }, ...beyond] : beyond };
    });
    world.oracle.said(receiverId, claims, inner.standing(gatewayId, 10_000));
  }
}
