import { Backoff } from "./backoff.ts";
import type { Budget } from "./budget.ts";
import type { MqttConfig } from "./config.ts";
import type { HoldKeeper } from "./hold-keeper.ts";
import type { MonthFile } from "./month-file.ts";
import { Suspicion } from "./suspicion.ts";
import { VersionMemory } from "./version-memory.ts";

/** What sessions have taught about a server; lives as long as the configuration it belongs to. */
export interface Learned {
  readonly version: VersionMemory;
  /** Window the server did not complain about. */
  window: number | undefined;
  /** Packets of this size are too large for it. */
  packetBytesTooLarge: number | undefined;
  /** Batches larger than this met a server that takes no large packets. */
  batchBytesMax: number | undefined;
  /** What may be why the server closes connections without a word. */
  readonly suspicion: Suspicion;
  /** Pauses after another client took the session. */
  readonly takeovers: Backoff;
  /** Sessions in a row that were cut soon and without a word. */
  shortLives: number;
  /** What the broker has taken and is not trusted with yet. */
  hold: HoldKeeper | undefined;
  /** What the line may carry, and what it has carried. */
  pace: { readonly budget: Budget; readonly month: MonthFile | null } | undefined;
}

const TAKEOVER_MIN_MS = 5_000;
const TAKEOVER_MAX_MS = 300_000;

const ofConfig = new WeakMap<MqttConfig, Learned>();

/** The memory that outlives the sessions opened with `config`. */
export function learnedOf(config: MqttConfig): Learned {
  const known = ofConfig.get(config);
  if (known) return known;
  const fresh: Learned = {
    version: new VersionMemory(),
    window: undefined,
    packetBytesTooLarge: undefined,
    batchBytesMax: undefined,
    suspicion: new Suspicion(),
    takeovers: new Backoff(TAKEOVER_MIN_MS, TAKEOVER_MAX_MS),
    shortLives: 0,
    hold: undefined,
    pace: undefined,
  };
  ofConfig.set(config, fresh);
  return fresh;
}
