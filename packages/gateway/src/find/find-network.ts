import { describeError, Misconfigured, Unreachable } from "@headgate/model";
import { type Door, type DoorKind, doorText } from "./doors.ts";
import type { FoundThing, ScoutScope, Scouts } from "./scouts.ts";
import { sweep } from "./sweep.ts";

/** What is looked for on networks: at doors, and by calls for cameras. */
export interface NetworkWish {
  readonly doors: readonly Door[];
  /** Addresses of this machine, on networks to be called on. */
  readonly calls: readonly string[];
  readonly unitIds: readonly number[] | null;
}

/** A found thing is told as it is; the rest as searches of lines tell it. */
export interface NetworkScope extends ScoutScope {
  readonly emitThing: (thing: FoundThing) => void;
}

const KNOCKS_MAX = 64;
const KNOCK_MS = 1_000;
const ASKED_MAX = 8;
const CALL_MS = 3_000;
const CAMERA_PATH = "/onvif/device_service";

/** How long knocking takes if no door opens. */
export function networkMs({ doors, calls }: Pick<NetworkWish, "doors" | "calls">): number {
  const knocksMs = Math.ceil(doors.length / KNOCKS_MAX) * KNOCK_MS;
  return Math.max(knocksMs, calls.length > 0 ? CALL_MS : 0);
}

/** Calls for cameras, knocks at all doors, and asks who opens, some at a time. */
export async function findOnNetwork(
  wish: NetworkWish,
  scouts: Scouts,
  scope: NetworkScope,
): Promise<void> {
  const { doors } = wish;
  const { context, emit } = scope;
  const { signal } = context;
  const lookCount = doors.length;
  emit({ kind: "plan", lookCount, estimateMs: networkMs(wish) });
  let doneCount = 0;
  const onDone = () => {
    doneCount++;
    const leftMs = networkMs({ doors: doors.slice(doneCount), calls: [] });
    emit({ ...STEP, doing: "look", doneCount, lookCount, leftMs });
  };
  const asked = new Asked(scouts, wish.unitIds, scope);
  const call = async (address: string) => {
    const urls = await scouts.call(address, context).catch((error: unknown) => {
      if (!(error instanceof Unreachable)) throw error;
      emit({ kind: "note", text: describeError(error) });
      return [];
    });
    for (const url of urls) await asked.camera(url);
  };
  const knock = async () => {
    const limits = { concurrency: KNOCKS_MAX, timeoutMs: KNOCK_MS };
    const left = [...(await sweep(doors, { ...limits, signal, onDone }))];
    const openCount = left.length;
    const worker = async () => {
      for (let door = left.shift(); door && !signal.aborted; door = left.shift()) {
        const counts = { doneCount: openCount - left.length - 1, lookCount: openCount };
        emit({ ...STEP, ...counts, line: doorText(door), doing: "read" });
        await asked.door(door);
      }
    };
    await Promise.all(Array.from({ length: ASKED_MAX }, worker));
  };
  // Together from the start: a call that fails amid the knocking is heard.
  await Promise.all([...wish.calls.map(call), knock()]);
}

const STEP = { kind: "progress", line: "", unitId: null, leftMs: 0 } as const;

/** Asks doors that open; each camera once, whether it was called or knocked at. */
class Asked {
  readonly #scouts: Scouts;
  readonly #unitIds: readonly number[] | null;
  readonly #scope: NetworkScope;
  readonly #cameras = new Set<string>();

  constructor(scouts: Scouts, unitIds: readonly number[] | null, scope: NetworkScope) {
    this.#scouts = scouts;
    this.#unitIds = unitIds;
    this.#scope = scope;
  }

  /** By the likeliest way first, until it answers. */
  async door(door: Door): Promise<void> {
    for (const kind of door.kinds) {
      if (this.#scope.context.signal.aborted) return;
      if (await this.#ask(door, kind)) return;
    }
  }

  async camera(url: URL): Promise<boolean> {
    if (this.#cameras.has(url.host)) return true;
    this.#cameras.add(url.host);
    return this.#tell(await this.#scouts.camera(url, this.#scope.context));
  }

  async #ask(door: Door, kind: DoorKind): Promise<boolean> {
    const { context } = this.#scope;
    if (kind === "server") return this.#tell(await this.#scouts.server(door, context));
    if (kind === "camera") {
      const scheme = door.port === 443 ? "https" : "http";
      return await this.camera(new URL(`${scheme}://${doorText(door)}${CAMERA_PATH}`));
    }
    return await this.#meters(door);
  }

  async #meters(door: Door): Promise<boolean> {
    const { emit } = this.#scope;
    let isFound = false;
    const own: ScoutScope["emit"] = (event) => {
      if (event.kind === "found") isFound = true;
      if (event.kind === "found" || event.kind === "note") emit(event);
    };
    try {
      await this.#scouts.host(door, this.#unitIds, { ...this.#scope, emit: own });
    } catch (error) {
      // The door opened, but who is there does not speak Modbus.
      if (!(error instanceof Unreachable || error instanceof Misconfigured)) throw error;
    }
    return isFound;
  }

  #tell(thing: FoundThing | null): boolean {
    if (thing) this.#scope.emitThing(thing);
    return thing !== null;
  }
}
