import type { Canary } from "./canaries.ts";
import type { Violation } from "./oracle.ts";
import { CALM, LOSSY, STORM } from "./weather.ts";
import { SimulatedWorld } from "./world.ts";

const STORM_S = 340;
const OUTAGE_S = 80;
const LOSSY_S = 25;
/** A broker that is back is found within this; the longest pause and its jitter, and a connect. */
const RETURN_S_MAX = 20;
/** Once nothing fails any more, all that is durable must be acknowledged within this. */
const CATCH_UP_S_MAX = 180;
/** Of a live sample while a backlog drains: from its reading to its commit at the receiver. */
const LIVE_LATENCY_MS_MAX = 5000;
const QUIET_S = 60;

/** What became of one seed. */
export interface Outcome {
  readonly seed: number;
  readonly violation: Violation | null;
  readonly virtualMs: number;
  readonly storedCount: number;
  readonly lostCount: number;
  readonly catchUpS: number;
  readonly liveLatencyMs: number;
}

/** Lives through storm, outage and calm, and judges what arrived. */
export async function simulate(seed: number, canary?: Canary): Promise<Outcome> {
  const run = new Run(new SimulatedWorld(seed, canary));
  await run.live();
  const { oracle, clock } = run.world;
  return {
    seed,
    violation: oracle.violation,
    virtualMs: clock.monotonicMs(),
    storedCount: oracle.storedCount,
    lostCount: oracle.lostCount,
    catchUpS: run.catchUpS,
    liveLatencyMs: oracle.liveLatencyMs,
  };
}

class Run {
  readonly world: SimulatedWorld;
  catchUpS = 0;

  constructor(world: SimulatedWorld) {
    this.world = world;
  }

  async live(): Promise<void> {
    await this.world.boot();
    const phases = [this.storm, this.lossyReturn, this.catchUp, this.liveBesideBacklog, this.rest];
    for (const phase of phases) {
      if (this.world.oracle.violation) return;
      this.world.oracle.note(`phase ${phase.name}`);
      await phase.call(this);
    }
  }

  async storm(): Promise<void> {
    const { rng, sky } = this.world;
    sky.weather = { ...STORM };
    let downUntilS = 0;
    await this.seconds(STORM_S, async (second) => {
      if (rng.chance(1 / 60)) downUntilS = second + rng.between(2, 150);
      sky.weather.isUplinkDown = second < downUntilS;
      if (rng.chance(1 / 300)) this.world.clock.step(rng.between(-3_600_000, 3_600_000));
      if (rng.chance(1 / 100)) await this.cutPower();
      else if (rng.chance(1 / 200)) {
        await this.world.stop();
        await this.world.boot();
      }
    });
  }

  async cutPower(): Promise<void> {
    const { world } = this;
    world.cutPower();
    await world.clock.advance(world.rng.between(0, 5000));
    if (world.rng.chance(0.3)) await world.log.startEpoch("main", "after a power cut");
    await world.boot();
  }

  /** Nothing but the session's own work brings back what it loses here. */
  async lossyReturn(): Promise<void> {
    await this.outage();
    this.world.sky.weather = { ...LOSSY };
    await this.untilUp();
    await this.seconds(LOSSY_S);
  }

  async catchUp(): Promise<void> {
    this.world.sky.weather = { ...CALM };
    const heads = this.world.heads();
    for (; this.catchUpS < CATCH_UP_S_MAX; this.catchUpS++) {
      if (this.world.oracle.violation || this.world.isAcknowledged(heads)) return;
      await this.seconds(1);
    }
    this.world.oracle.violate(`a backlog is left after ${CATCH_UP_S_MAX} s of calm`);
  }

  async liveBesideBacklog(): Promise<void> {
    const { world } = this;
    await this.outage();
    world.sky.weather = { ...CALM };
    await this.untilUp();
    world.oracle.liveSinceMs = world.clock.nowMs();
    await this.seconds(QUIET_S);
    const ms = world.oracle.liveLatencyMs;
    if (ms > LIVE_LATENCY_MS_MAX) world.oracle.violate(`a live sample took ${ms} ms`);
    if (ms === 0) world.oracle.violate("no live sample arrived in a minute of calm");
  }

  async rest(): Promise<void> {
    await this.world.stop();
    if (!this.world.isAcknowledged(this.world.heads())) {
      this.world.oracle.violate("a calm stop left a backlog");
    }
    this.world.oracle.judge();
  }

  async outage(): Promise<void> {
    this.world.sky.weather = { ...CALM, isUplinkDown: true };
    await this.seconds(OUTAGE_S);
  }

  async untilUp(): Promise<void> {
    for (let second = 0; second < RETURN_S_MAX; second++) {
      if (this.world.isUplinkUp()) return;
      await this.seconds(1);
    }
    this.world.oracle.violate(`no session within ${RETURN_S_MAX} s of the broker's return`);
  }

  /** Time passes, until something is broken. */
  async seconds(count: number, each?: (second: number) => Promise<void>): Promise<void> {
    for (let second = 0; second < count && !this.world.oracle.violation; second++) {
      await this.world.clock.advance(1000);
      await each?.(second);
    }
  }
}
