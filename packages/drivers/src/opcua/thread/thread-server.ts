import {
  type BrowseQuery,
  type Context,
  type HistorySpan,
  type Log,
  systemClock,
} from "@headgate/model";
import type { OpcuaConnection } from "../connection.ts";
import { LeftSubscriptions } from "../held-subscription.ts";
import { open } from "../open.ts";
import type { OpcuaPoint } from "../resolve-nodes.ts";
import type { Address, Config, Device } from "../settings.ts";
import { tellFault } from "./faults.ts";
import type { Order, Word } from "./messages.ts";
import { packSamples } from "./pack-samples.ts";

type Tell = (word: Word, handed?: ArrayBuffer[]) => void;
type Call = Extract<Order, { kind: "call" }>;

interface Stream {
  readonly pages: AsyncIterator<unknown>;
  readonly pack: (page: unknown) => { value: unknown; handed?: ArrayBuffer[] };
}

/** Serves connections to whoever is on the other side of the messages. */
export class ThreadServer {
  readonly #tell: Tell;
  readonly #connections = new Map<number, OpcuaConnection>();
  readonly #lists = new Map<number, readonly OpcuaPoint[]>();
  readonly #running = new Map<number, AbortController>();
  readonly #streams = new Map<number, Stream>();
  readonly #left = new LeftSubscriptions();

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  obey(order: Order): void {
    if (order.kind === "list") {
      this.#lists.set(order.list, order.points);
    } else if (order.kind === "unlist") this.#lists.delete(order.list);
    else if (order.kind === "call") void this.#answer(order);
    else if (order.kind === "next") void this.#nextPage(order.id);
    else this.#stop(order.id);
  }

  async #answer(call: Call): Promise<void> {
    const { id } = call;
    const stop = new AbortController();
    this.#running.set(id, stop);
    try {
      const { value, handed = [] } = await this.#run(call, stop.signal);
      this.#tell({ kind: "answer", id, value }, handed);
    } catch (error) {
      this.#tell({ kind: "fault", id, fault: tellFault(error) });
    } finally {
      if (!this.#streams.has(id)) this.#running.delete(id);
    }
  }

  async #run(
    { id, channel, name, args }: Call,
    signal: AbortSignal,
  ): Promise<{ value: unknown; handed?: ArrayBuffer[] }> {
    if (name === "open") {
      const [config, directory] = args as [Config, string];
      const log = this.#logOf(channel);
      const context: Context = { clock: systemClock, log, signal, directory };
      const connection = await open(config, context, this.#left);
      connection.said.tell((notices) => this.#tell({ kind: "notices", channel, notices }));
      this.#connections.set(channel, connection);
      return { value: null };
    }
    const connection = this.#connections.get(channel);
    if (name === "close") {
      this.#connections.delete(channel);
      await connection?.close();
      return { value: null };
    }
    if (!connection) throw new Error(`opcua thread: no connection ${channel}`);
    if (name === "read") {
      const points = this.#listOf(args[0]);
      const packed = packSamples(await connection.read(points, signal), (_, index) => index);
      return { value: packed, handed: [packed.memory] };
    }
    if (name === "subscribe") await this.#subscribe(connection, { id, list: args[0], signal });
    else if (name === "write") {
      const [point, value] = args as Parameters<OpcuaConnection["write"]>;
      await connection.write(point, value, signal);
    } else if (name === "browse") {
      const pages = connection.browse(args[0] as BrowseQuery, signal)[Symbol.asyncIterator]();
      this.#streams.set(id, { pages, pack: (value) => ({ value }) });
    } else {
      const spans = args[0] as readonly HistorySpan<Address, Device>[];
      this.#streams.set(id, historyStream(connection, spans, signal));
    }
    return { value: null };
  }

  #subscribe(
    connection: OpcuaConnection,
    { id, list, signal }: { id: number; list: unknown; signal: AbortSignal },
  ): Promise<void> {
    return connection.subscribe(
      this.#listOf(list),
      (samples, places) => {
        const packed = packSamples(samples, (_, index) => places[index] ?? 0);
        this.#tell({ kind: "samples", id, samples: packed }, [packed.memory]);
      },
      signal,
    );
  }

  async #nextPage(id: number): Promise<void> {
    const stream = this.#streams.get(id);
    try {
      const page = await stream?.pages.next();
      if (stream && page && !page.done) {
        const { value, handed = [] } = stream.pack(page.value);
        this.#tell({ kind: "page", id, value }, handed);
        return;
      }
      this.#tell({ kind: "page", id });
    } catch (error) {
      this.#tell({ kind: "fault", id, fault: tellFault(error) });
    }
    this.#forget(id);
  }

  #stop(id: number): void {
    this.#running.get(id)?.abort();
    const stream = this.#streams.get(id);
    if (!stream) return;
    this.#forget(id);
    // It may be asked for nothing more: then it can tell of no fault either.
    stream.pages.return?.()?.catch(() => undefined);
  }

  #forget(id: number): void {
    this.#streams.delete(id);
    this.#running.delete(id);
  }

  #listOf(list: unknown): readonly OpcuaPoint[] {
    if (Array.isArray(list)) return list as OpcuaPoint[];
    const known = this.#lists.get(list as number);
    if (!known) throw new Error(`opcua thread: no list ${list}`);
    return known;
  }

  #logOf(channel: number): Log {
    const say =
      (level: "debug" | "info" | "warn" | "error") => (message: string, fields?: object) =>
        this.#tell({ kind: "log", channel, level, message, fields: plain(fields) });
    const log: Log = {
      debug: say("debug"),
      info: say("info"),
      warn: say("warn"),
      error: say("error"),
      child: () => log,
    };
    return log;
  }
}

function historyStream(
  connection: OpcuaConnection,
  spans: readonly HistorySpan<Address, Device>[],
  signal: AbortSignal,
): Stream {
  const places = new Map(spans.map(({ point }, place) => [point.id, place]));
  const pages = connection.history(spans, signal)[Symbol.asyncIterator]();
  return {
    pages,
    pack: (page) => {
      const value = packSamples(page as Parameters<typeof packSamples>[0], ({ pointId }) => {
        return places.get(pointId) ?? 0;
      });
      return { value, handed: [value.memory] };
    },
  };
}

/** What a message can carry of the fields of a line of the log. */
function plain(fields: object | undefined): object | undefined {
  if (!fields) return undefined;
  const entries = Object.entries(fields).map(([key, value]) => {
    return [key, value instanceof Error ? tellFault(value).message : value] as const;
  });
  return JSON.parse(JSON.stringify(Object.fromEntries(entries))) as object;
}
