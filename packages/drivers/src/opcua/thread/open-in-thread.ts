import type {
  BrowsedNode,
  BrowseQuery,
  Connection,
  Context,
  HistorySpan,
  LineNotice,
  Sample,
  Value,
} from "@headgate/model";
import type { OpcuaPoint } from "../resolve-nodes.ts";
import type { Address, Config, Device } from "../settings.ts";
import { type OpcuaThread, opcuaThread } from "./opcua-thread-owner.ts";
import { type PackedSamples, unpackSamples } from "./pack-samples.ts";

/** Opens a session in the thread; nothing of the library is loaded here. */
export async function openInThread(
  config: Config,
  context: Context,
): Promise<Connection<Address, Device>> {
  const thread = opcuaThread();
  const channel = thread.addChannel(context.log);
  try {
    const { directory, signal } = context;
    await thread.call("open", [config, directory], { channel, signal });
    return new ThreadConnection(thread, channel);
  } catch (error) {
    thread.removeChannel(channel);
    throw error;
  }
}

/** A session that lives in the thread. */
class ThreadConnection implements Connection<Address, Device> {
  readonly #thread: OpcuaThread;
  readonly #channel: number;
  #closed: Promise<void> | undefined;

  constructor(thread: OpcuaThread, channel: number) {
    this.#thread = thread;
    this.#channel = channel;
  }

  async read(points: readonly OpcuaPoint[], signal: AbortSignal): Promise<Sample[]> {
    const list = this.#thread.listOf(points);
    const options = { channel: this.#channel, signal };
    return unpackSamples(await this.#thread.call("read", [list], options), points);
  }

  async subscribe(
    points: readonly OpcuaPoint[],
    emit: (samples: Sample[]) => void,
    signal: AbortSignal,
  ): Promise<void> {
    if (signal.aborted) return;
    const list = this.#thread.listOf(points);
    const onSamples = (packed: PackedSamples) => emit(unpackSamples(packed, points));
    await this.#thread.call("subscribe", [list], { channel: this.#channel, signal, onSamples });
  }

  async write(point: OpcuaPoint, value: Value, signal: AbortSignal): Promise<void> {
    await this.#thread.call("write", [point, value], { channel: this.#channel, signal });
  }

  async *history(
    spans: readonly HistorySpan<Address, Device>[],
    signal: AbortSignal,
  ): AsyncGenerator<readonly Sample[]> {
    const points = spans.map(({ point }) => point);
    const options = { channel: this.#channel, signal };
    for await (const page of this.#thread.stream("history", [spans], options)) {
      yield unpackSamples(page as PackedSamples, points);
    }
  }

  async *browse(query: BrowseQuery, signal: AbortSignal): AsyncGenerator<readonly BrowsedNode[]> {
    const options = { channel: this.#channel, signal };
    for await (const page of this.#thread.stream("browse", [query], options)) {
      yield page as readonly BrowsedNode[];
    }
  }

  notices(): readonly LineNotice[] {
    return this.#thread.noticesOf(this.#channel);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    try {
      await this.#thread.call("close", [], { channel: this.#channel });
    } catch {
      // The thread has ended, and the session with it.
    } finally {
      this.#thread.removeChannel(this.#channel);
    }
  }
}
