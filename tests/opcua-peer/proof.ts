import { join } from "node:path";
import { opcuaDriver } from "@headgate/drivers/opcua";
import { type Connection, type Point, type Sample, silentLog, systemClock } from "@headgate/model";
import { PLANT } from "./independent-peer.ts";

/** What a proof is lent. */
export interface ProofContext {
  readonly program: string;
  /** Empty, and removed afterwards. */
  readonly directory: string;
  /** Length of the long cut. */
  readonly minutes: number;
  /** How often every item changes where the rate is measured. */
  readonly periodMs: number;
  readonly say: (line: string) => void;
}

/** Rejects if what it proves does not hold. */
export type Proof = (context: ProofContext) => Promise<void>;

/** Opens a channel as the gateway would. */
export async function openChannel(directory: string, settings: object): Promise<Connection> {
  return (await opcuaDriver.open(opcuaDriver.configSchema.parse(settings), {
    clock: systemClock,
    log: silentLog,
    signal: new AbortController().signal,
    directory: join(directory, "gateway"),
  })) as Connection;
}

/** A point of the peer's plant. */
export function pointOf(name: string, settings: object = {}): Point {
  const address = `nsu=${PLANT};s=${name}`;
  return {
    id: `plc/${name}`,
    address: opcuaDriver.addressSchema.parse({ address, ...settings }),
    device: {},
  };
}

/** Value or reason of a sample. */
export function contentOf(sample: Sample | undefined): unknown {
  return sample?.quality === "bad" ? sample.reason : sample?.value;
}

/** Resolves once `isTrue`; rejects after `secondsMax`. */
export async function until(what: string, secondsMax: number, isTrue: () => boolean) {
  const endMs = performance.now() + secondsMax * 1000;
  while (!isTrue()) {
    if (performance.now() > endMs) throw new Error(`not within ${secondsMax} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
