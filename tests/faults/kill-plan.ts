/** Who is killed. */
export type Victim = "gateway" | "broker" | "receiver";

/** One `kill -9`, and how long the victim stays dead. */
export interface Kill {
  readonly victim: Victim;
  /** After the start of the test. */
  readonly atMs: number;
  readonly downMs: number;
}

/** How often each is killed, within which time. */
export interface KillPlanOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly kills: Readonly<Record<Victim, number>>;
  /** Longest death of the gateway. Default 2 s. */
  readonly gatewayDownMsMax?: number;
}

const DOWN_MS_MAX: Readonly<Record<Victim, number>> = {
  gateway: 2_000,
  broker: 5_000,
  receiver: 2_000,
};

/** Random times over the whole duration, the same for the same seed, in their order. */
export function planKills(options: KillPlanOptions): Kill[] {
  const { seed, durationMs, kills } = options;
  const downMsMax = { ...DOWN_MS_MAX, gateway: options.gatewayDownMsMax ?? DOWN_MS_MAX.gateway };
  const random = randomFrom(seed);
  const plan: Kill[] = [];
  for (const victim of ["gateway", "broker", "receiver"] as const) {
    for (let count = 0; count < kills[victim]; count++) {
      const atMs = Math.floor(random() * durationMs);
      plan.push({ victim, atMs, downMs: Math.floor(random() * downMsMax[victim]) });
    }
  }
  return plan.sort((a, b) => a.atMs - b.atMs);
}

/** Mulberry32, by Tommy Ettinger, in the public domain: 0 included to 1 excluded. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
