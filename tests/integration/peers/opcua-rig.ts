import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { opcuaDriver } from "@headgate/drivers/opcua";
import { type Connection, type Point, type Sample, silentLog, systemClock } from "@headgate/model";
import { type OpcuaPeer, type OpcuaPeerOptions, startOpcuaPeer } from "./opcua-peer.ts";

/** A server of its own and a folder for both sides, ended together. */
export class OpcuaRig {
  readonly directory: string;
  readonly signal = new AbortController().signal;
  peer: OpcuaPeer;
  readonly #connections: Connection[] = [];

  private constructor(directory: string, peer: OpcuaPeer) {
    this.directory = directory;
    this.peer = peer;
  }

  /** Starts the server. */
  static async start(options: Omit<OpcuaPeerOptions, "directory"> = {}): Promise<OpcuaRig> {
    const directory = await mkdtemp(join(tmpdir(), "headgate-opcua-"));
    const peer = await startOpcuaPeer({ ...options, directory: join(directory, "plc") });
    return new OpcuaRig(directory, peer);
  }

  /** Starts the server again where it was. */
  async restart(): Promise<void> {
    const { port } = this.peer;
    this.peer = await startOpcuaPeer({ port, directory: join(this.directory, "plc") });
  }

  /** Opens a channel with these settings beyond the endpoint. */
  async open(settings: object = {}): Promise<Connection> {
    const config = opcuaDriver.configSchema.parse({ endpoint: this.peer.endpoint, ...settings });
    const connection = (await opcuaDriver.open(config, {
      clock: systemClock,
      log: silentLog,
      signal: this.signal,
      directory: join(this.directory, "gateway"),
    })) as Connection;
    this.#connections.push(connection);
    return connection;
  }

  /** Closes what was opened: a server takes few sessions at a time. */
  async closeAll(): Promise<void> {
    await Promise.all(this.#connections.splice(0).map((connection) => connection.close()));
  }

  /** Closes what was opened and ends the server. */
  async end(): Promise<void> {
    await this.closeAll();
    await this.peer.kill();
    await rm(this.directory, { recursive: true });
  }
}

/** A point at a variable of the virtual PLC, or at any node id. */
export function pointAt(name: string, sampling = "50 ms"): Point {
  const address = name.includes("=") ? name : `nsu=urn:dairy:parlour;s=${name}`;
  return {
    id: `plc/${name}`,
    address: opcuaDriver.addressSchema.parse({ address, sampling }),
    device: {},
  };
}

/** Value or reason of each sample, by the name given to `pointAt`. */
export function contents(samples: readonly Sample[]): Record<string, unknown> {
  const entries = samples.map((sample) => [
    sample.pointId.slice("plc/".length),
    sample.quality === "bad" ? sample.reason : sample.value,
  ]);
  return Object.fromEntries(entries);
}

/** How long `work` took to settle, and what it was rejected with. */
export async function timed(work: Promise<unknown>): Promise<{ ms: number; error: unknown }> {
  const startMs = performance.now();
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { ms: performance.now() - startMs, error };
}
