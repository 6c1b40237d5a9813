import type { Budget } from "./budget.ts";
import type { MqttConfig } from "./config.ts";
import type { MonthFile } from "./month-file.ts";

/** What sessions have taught about a server; lives as long as the configuration it belongs to. */
export interface Learned {
  /** Version that worked, or that is worth a try next. */
  version: 4 | 5 | undefined;
  /** Window the server did not complain about. */
  window: number | undefined;
  /** Packets of this size are too large for it. */
  packetBytesTooLarge: number | undefined;
  /** What the line may carry, and what it has carried. */
  pace: { readonly budget: Budget; readonly month: MonthFile | null } | undefined;
}

const ofConfig = new WeakMap<MqttConfig, Learned>();

/** The memory that outlives the sessions opened with `config`. */
export function learnedOf(config: MqttConfig): Learned {
  const known = ofConfig.get(config);
  if (known) return known;
  const fresh: Learned = {
    version: undefined,
    window: undefined,
    packetBytesTooLarge: undefined,
    pace: undefined,
  };
  ofConfig.set(config, fresh);
  return fresh;
}
