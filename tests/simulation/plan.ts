import type { Rng } from "./rng.ts";

const KIB = 1024;
const YEAR_MS = 365 * 86_400_000;

/** What a world is like from its start to its end. */
export interface WorldPlan {
  readonly format: "blocks" | "blocks-json";
  /** How many times the bytes of packed blocks the format needs. */
  readonly bulk: number;
  readonly receiverIds: readonly string[];
  readonly quotas: {
    readonly capacityBytesMax: number;
    readonly eventsCapacityBytesMax: number;
    readonly keepRawMs: number;
    readonly keepAckedBytesMax: number;
  };
  /** What the broker takes at a time. */
  readonly limits: { readonly receiveMaximum: number; readonly maximumPacketSize: number };
  /** By how much the gateway's clock is wrong at its first start. */
  readonly skewMs: number;
  /** What happens once, somewhere in the storm. */
  readonly mishap: "none" | "restored" | "restored-in-place" | "cloned" | "receiver-restored";
  readonly hasEdits: boolean;
}

/** One world of the many. */
export function planOf(rng: Rng): WorldPlan {
  const isJson = rng.chance(0.25);
  const isSmall = rng.chance(0.5);
  const mishaps = ["restored", "restored-in-place", "cloned", "receiver-restored"] as const;
  return {
    format: isJson ? "blocks-json" : "blocks",
    bulk: isJson ? 8 : 1,
    receiverIds: rng.chance(0.3) ? ["main", "second"] : ["main"],
    quotas: {
      capacityBytesMax: (isSmall ? rng.between(30, 70) : 2048) * KIB,
      eventsCapacityBytesMax: (isSmall ? 20 : 1024) * KIB,
      keepRawMs: rng.between(5, 60) * 1000,
      keepAckedBytesMax: rng.chance(0.3) ? 10 * KIB : 0,
    },
    limits: { receiveMaximum: 4, maximumPacketSize: isJson ? 12 * KIB : 1536 },
    skewMs: rng.chance(0.2) ? -50 * YEAR_MS : 0,
    mishap: rng.chance(0.5) ? (mishaps[rng.between(0, 3)] as WorldPlan["mishap"]) : "none",
    hasEdits: rng.chance(0.6),
  };
}
