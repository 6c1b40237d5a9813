import { type Clock, Misconfigured, Refused, silentLog } from "@headgate/model";
import type { ChannelConfig, GatewayConfig } from "../config/config.ts";
import { loadShippedProfiles } from "../config/profile.ts";
import { CALL_TIMEOUT_MS, CALLED } from "./call-lines.ts";
import { type Door, readDoors } from "./doors.ts";
import { findOnNetwork, networkMs } from "./find-network.ts";
import { FindTask, type TaskView } from "./find-task.ts";
import { absentMs, CALL_BYTES, likelySettings, meterSettings } from "./line-settings.ts";
import { type OwnPlaces, ownPlaces } from "./own-places.ts";
import { type RealPort, realPorts } from "./real-ports.ts";
import type { FoundThing, ScoutScope, Scouts } from "./scouts.ts";
import { checkSearchable, searchChannel } from "./search-channel.ts";
import { CALL_COUNT } from "./search-plan.ts";

/** Where to look, as a person chose it. */
export interface FindWish {
  readonly ports: readonly string[];
  readonly networks: readonly string[];
  /** Written by hand: hosts, ranges, addresses. */
  readonly places: string;
  /** "usual": unit ids 1 to 32, and on networks those that are likely. "all": every id. */
  readonly depth: "usual" | "all";
}

/** A search that runs, or ran last. */
export interface FindView {
  readonly id: number;
  readonly state: "running" | "done" | "stopped";
  readonly by: string;
  readonly startedMs: number;
  readonly tookMs: number;
  /** About; null once it is over. */
  readonly leftMs: number | null;
  readonly tasks: readonly TaskView[];
  readonly things: readonly FoundThing[];
}

/** Where one may look, and how long that takes at most if nobody is there. */
export interface PlacesView {
  readonly ports: readonly {
    readonly path: string;
    /** That has it; the search then takes turns with it. */
    readonly channel: string | null;
    /** Why it cannot be searched. */
    readonly problem: string | null;
    readonly usualMs: number;
    readonly allMs: number;
  }[];
  readonly networks: readonly {
    readonly name: string;
    readonly network: string;
    readonly usualMs: number;
  }[];
}

interface Lent {
  readonly scouts: Scouts;
  readonly clock: Clock;
  /** Of the box: what is proposed instead of what this machine shows. */
  readonly told?: string | undefined;
}

const UNIT_ID_MAX = 247;
const USUAL_ID_MAX = 32;
const TIMEOUT_MS = 200;
const DOORS_MAX = 4096;
const idsTo = (max: number) => Array.from({ length: max }, (_, index) => index + 1);

/** Looks for devices when a person asks, one search at a time; it outlives a gateway's life. */
export class Finder {
  readonly #lent: Lent;
  #search: Search | null = null;
  #count = 0;

  constructor(lent: Lent) {
    this.#lent = lent;
  }

  /** The search that runs or ran last; null before the first. */
  view(): FindView | null {
    return this.#search?.view() ?? null;
  }

  async places(config: GatewayConfig): Promise<PlacesView> {
    const { ports, networks } = await ownPlaces(this.#lent.told);
    const lines = await linesOf(config, ports);
    return {
      ports: pathsOf(ports, lines).map((path) => portView(path, lines)),
      networks: networks.map(({ name, network }) => {
        const doors = readDoors(network);
        const isRead = typeof doors !== "string";
        return { name, network, usualMs: isRead ? networkMs({ doors, calls: [network] }) : 0 };
      }),
    };
  }

  /** Throws `Misconfigured` for a place that is none, `Refused` while another search runs. */
  async start(wish: FindWish, asked: { config: GatewayConfig; by: string }): Promise<FindView> {
    const doors = doorsOf(wish);
    const places = await ownPlaces(this.#lent.told);
    const lines = await linesOf(asked.config, wish.ports);
    if (this.#search?.isRunning) {
      throw new Refused("a search is under way; wait for its end, or stop it");
    }
    const id = ++this.#count;
    this.#search = new Search({ ...asked, id, wish, doors, places, lines }, this.#lent);
    return this.#search.view();
  }

  /** What was found until then stays. */
  stop(): void {
    this.#search?.stop();
  }
}

function doorsOf({ networks, places, ports }: FindWish): readonly Door[] {
  const doors = readDoors([...networks, places].join(" "));
  if (typeof doors === "string") throw new Misconfigured(doors);
  if (doors.length > DOORS_MAX) throw new Misconfigured("these are more addresses than 1024");
  if (doors.length === 0 && ports.length === 0) throw new Misconfigured("choose where to look");
  return doors;
}

const pathOf = ({ settings }: ChannelConfig) => (settings as { path?: unknown }).path;

/** The serial lines of a configuration, by whatever name. */
interface Lines {
  readonly channels: readonly ChannelConfig[];
  readonly realOf: RealPort;
}

async function linesOf({ channels }: GatewayConfig, ports: readonly string[]): Promise<Lines> {
  const serial = channels.filter(({ driver }) => driver.line?.medium === "serial");
  const named = serial.map(pathOf).filter((path) => typeof path === "string");
  return { channels: serial, realOf: await realPorts([...named, ...ports]) };
}

/** Ports that channels name, and those that the machine shows beside them. */
function pathsOf(ports: readonly string[], { channels, realOf }: Lines): readonly string[] {
  const named = channels.map(pathOf).filter((path) => typeof path === "string");
  const byRealName = new Map<string, string>();
  for (const path of [...named, ...ports]) {
    if (!byRealName.has(realOf(path))) byRealName.set(realOf(path), path);
  }
  return [...byRealName.values()];
}

function channelAt(path: string, { channels, realOf }: Lines): ChannelConfig | undefined {
  const own = channels.filter((channel) => {
    const named = pathOf(channel);
    return typeof named === "string" && realOf(named) === realOf(path);
  });
  return own.find(({ driver }) => driver.search) ?? own[0];
}

function portView(path: string, lines: Lines): PlacesView["ports"][number] {
  const channel = channelAt(path, lines);
  const callCount = CALLED.length * CALL_COUNT;
  const msOf = (idMax: number) => {
    if (channel) return idMax * TIMEOUT_MS + callCount * CALL_TIMEOUT_MS;
    const looks = likelySettings([], []).map((one) => idMax * absentMs(one, TIMEOUT_MS));
    const calls = meterSettings([], []).map(
      (one) => callCount * absentMs(one, CALL_TIMEOUT_MS, CALL_BYTES),
    );
    return [...looks, ...calls].reduce((sum, ms) => sum + ms, 0);
  };
  return {
    path,
    channel: channel?.id ?? null,
    problem: channel && !channel.driver.search ? channel.driver.type : null,
    usualMs: msOf(USUAL_ID_MAX),
    allMs: msOf(UNIT_ID_MAX),
  };
}

interface SearchPlan {
  readonly id: number;
  readonly by: string;
  readonly config: GatewayConfig;
  readonly wish: FindWish;
  readonly doors: readonly Door[];
  readonly places: OwnPlaces;
  readonly lines: Lines;
}

/** Each once, by whatever names it was chosen: two searches on one line would garble each other. */
function portsOf({ wish, lines }: SearchPlan): readonly string[] {
  const byRealName = new Map(wish.ports.map((path) => [lines.realOf(path), path]));
  return [...byRealName.values()];
}

/** One search: a task for each line, and one for all networks, side by side. */
class Search {
  readonly #plan: SearchPlan;
  readonly #clock: Clock;
  readonly #ending = new AbortController();
  readonly #things = new Map<string, FoundThing>();
  readonly #tasks: readonly FindTask[];
  readonly #startedMs: number;
  readonly #fromMs: number;
  #tookMs: number | null = null;

  constructor(plan: SearchPlan, { scouts, clock }: Lent) {
    this.#plan = plan;
    this.#clock = clock;
    this.#startedMs = clock.nowMs();
    this.#fromMs = clock.monotonicMs();
    this.#tasks = [
      ...portsOf(plan).map((path) => this.#onPort(path, scouts)),
      ...(plan.doors.length > 0 ? [this.#onNetwork(scouts)] : []),
    ];
    void Promise.all(this.#tasks.map((task) => task.ended)).then(() => {
      this.#tookMs = clock.monotonicMs() - this.#fromMs;
    });
  }

  get isRunning(): boolean {
    return this.#tookMs === null;
  }

  stop(): void {
    if (this.isRunning) this.#ending.abort();
  }

  view(): FindView {
    const tasks = this.#tasks.map((task) => task.view);
    const isStopped = this.#ending.signal.aborted;
    return {
      ...{ id: this.#plan.id, by: this.#plan.by, startedMs: this.#startedMs, tasks },
      state: this.isRunning ? "running" : isStopped ? "stopped" : "done",
      tookMs: this.#tookMs ?? this.#clock.monotonicMs() - this.#fromMs,
      leftMs: this.isRunning ? Math.max(0, ...tasks.map(({ leftMs }) => leftMs)) : null,
      things: [...this.#things.values()].map((thing) =>
        this.isRunning ? thing : { ...thing, isRead: true },
      ),
    };
  }

  #onPort(path: string, scouts: Scouts): FindTask {
    const { lines, wish } = this.#plan;
    const unitIds = idsTo(wish.depth === "all" ? UNIT_ID_MAX : USUAL_ID_MAX);
    const channel = channelAt(path, lines);
    return this.#task(path, async (scope) => {
      if (!channel) return await scouts.port(path, unitIds, scope);
      checkSearchable(channel);
      await searchChannel(
        { channel, unitIds, timeoutMs: TIMEOUT_MS, drivers: scouts.drivers },
        scope,
      );
    });
  }

  #onNetwork(scouts: Scouts): FindTask {
    const { config, doors, wish, places } = this.#plan;
    const unitIds = wish.depth === "all" ? idsTo(UNIT_ID_MAX) : null;
    const own = places.networks.filter(({ network }) => wish.networks.includes(network));
    const calls = own.map(({ address }) => address).filter((address) => address !== "");
    // Who is a channel has one client already, and many take no second.
    const taken = new Set(config.channels.map(({ settings }) => takenDoor(settings)));
    const free = doors.filter(({ host, port }) => !taken.has(`${host}:${port}`));
    const task = this.#task("", (scope) => {
      const emitThing = (thing: FoundThing) => this.#take(thing);
      return findOnNetwork({ doors: free, calls, unitIds }, scouts, { ...scope, emitThing });
    });
    return task;
  }

  #task(name: string, run: (scope: ScoutScope) => Promise<void>): FindTask {
    const context = {
      ...{ clock: this.#clock, log: silentLog, directory: "" },
      signal: this.#ending.signal,
    };
    return new FindTask(name, async (emit) => {
      const profiles = await loadShippedProfiles();
      await run({ profiles, context, emit: (event) => this.#pass(event, emit) });
    });
  }

  #pass(event: Parameters<ScoutScope["emit"]>[0], emit: ScoutScope["emit"]): void {
    if (event.kind !== "found") {
      emit(event);
      return;
    }
    const { found } = event;
    const thing = { ...found, kind: "meter", needsLogin: false, offers: [], isRead: true } as const;
    // Told once when it answers, and once more when it was read.
    const isNew = !this.#things.has(thingKey(thing));
    const isRead = !isNew || found.proposals.length > 0 || found.trouble !== null;
    this.#take({ ...thing, isRead });
  }

  #take(thing: FoundThing): void {
    if (this.#things.size < THINGS_MAX) this.#things.set(thingKey(thing), thing);
  }
}

const THINGS_MAX = 2_000;

function takenDoor(settings: unknown): string {
  const { host, port } = settings as { host?: unknown; port?: unknown };
  return `${host}:${port}`;
}

/** Names a thing as long as it is where it is. */
export function thingKey({ channel, device }: FoundThing): string {
  const { path, host, port, endpoint } = channel;
  const place = path ?? endpoint ?? `${host}:${port ?? ""}`;
  return [channel.driver, place, ...Object.values(device)].join(" ");
}
