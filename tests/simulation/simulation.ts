import type { Canary } from "./canary.ts";
import { judge } from "./judge.ts";
import type { Violation } from "./oracle.ts";
import { Rng } from "./rng.ts";
import { seedAllChance } from "./seeded-chance.ts";
import { Storm } from "./storm.ts";
import { CALM, LOSSY } from "./weather.ts";
import { SimulatedWorld } from "./world.ts";

const STORM_S = 240;
const OUTAGE_S = 45;
const LOSSY_S = 25;
/** A broker that is back is found within this: a connect in vain, the longest pause, a connect. */
const RETURN_S_MAX = 45;
/** Once nothing fails any more, all that is durable must be acknowledged within this. */
const CATCH_UP_S_MAX = 240;
/** Of a live sample while a backlog drains: from its reading to its commit at the receiver. */
const LIVE_LATENCY_MS_MAX = 5000;
const QUIET_S = 40;

/** What became of one seed. */
export interface Outcome {
  readonly seed: number;
  readonly violation: Violation | null;
  readonly virtualMs: number;
  readonly storedCount: number;
  /** Of blocks that were thinned, what is not kept as it was. */
  readonly thinnedCount: number;
  readonly lostCount: number;
  readonly catchUpS: number;
  readonly liveLatencyMs: number;
  /** Names all that happened. */
  readonly digest: string;
}

/** How to live a seed. */
export interface SimulateOptions {
  /** Made anew for this life. */
  readonly canary?: () => Canary;
  /** Given every event as it happens. */
  readonly tell?: (line: string) => void;
}

/** Lives through storm, outage and calm, and judges what arrived. */
export async function simulate(seed: number, options: SimulateOptions = {}): Promise<Outcome> {
  const rng = new Rng(seed);
  const giveChanceBack = seedAllChance(rng);
  const world = new SimulatedWorld(rng, options.canary?.() ?? {}, options.tell ?? null);
  try {
    const run = new Run(world);
    await run.live();
    return {
      seed,
      violation: world.oracle.violation,
      virtualMs: world.clock.monotonicMs(),
      storedCount: run.storedCount,
      thinnedCount: run.thinnedCount,
      lostCount: run.lostCount,
      catchUpS: run.catchUpS,
      liveLatencyMs: world.oracle.liveLatencyMs,
      digest: world.history.digest(),
    };
  } finally {
    world.end();
    giveChanceBack();
  }
}

class Run {
  readonly world: SimulatedWorld;
  catchUpS = 0;
  storedCount = 0;
  thinnedCount = 0;
  lostCount = 0;

  constructor(world: SimulatedWorld) {
    this.world = world;
  }

  async live(): Promise<void> {
    const { world } = this;
    world.history.note(`plan ${JSON.stringify(world.plan)}`);
    await world.gateway.boot(world.edit);
    const phases = [this.storm, this.lossyReturn, this.catchUp, this.liveBesideBacklog, this.rest];
    for (const phase of phases) {
      if (world.oracle.violation) return;
      world.history.note(`phase ${phase.name}`);
      await phase.call(this);
    }
  }

  async storm(): Promise<void> {
    const storm = new Storm(this.world, STORM_S);
    await this.seconds(STORM_S, (second) => storm.second(second));
    await storm.end();
  }

  /** Nothing but the session's own work brings back what it loses here. */
  async lossyReturn(): Promise<void> {
    await this.outage();
    this.world.setWeather(LOSSY);
    await this.untilUp();
    await this.seconds(LOSSY_S);
  }

  async catchUp(): Promise<void> {
    const { world } = this;
    world.setWeather(CALM);
    const heads = world.gateway.heads();
    for (; this.catchUpS < CATCH_UP_S_MAX; this.catchUpS++) {
      if (world.oracle.violation || world.gateway.backlog(heads, world.edit).length === 0) return;
      await this.seconds(1);
    }
    const left = world.gateway.backlog(heads, world.edit).join(", ");
    world.oracle.violate(`a backlog is left after ${CATCH_UP_S_MAX} s of calm: ${left}`);
  }

  async liveBesideBacklog(): Promise<void> {
    const { world } = this;
    await this.outage();
    await this.untilUp();
    world.oracle.liveSinceMs = world.clock.monotonicMs();
    await this.seconds(QUIET_S);
    const ms = world.oracle.liveLatencyMs;
    if (ms > LIVE_LATENCY_MS_MAX) world.oracle.violate(`a live sample took ${ms} ms`);
    if (ms === 0) world.oracle.violate("no live sample arrived in a time of calm");
  }

  async rest(): Promise<void> {
    const { world } = this;
    await world.gateway.stop();
    const left = world.gateway.backlog(world.gateway.heads(), world.edit);
    if (left.length > 0) world.oracle.violate(`a calm stop left a backlog: ${left.join(", ")}`);
    const growing = world.gateway.currentEpochs();
    for (const receiver of world.receivers) {
      const verdict = judge(world.oracle, receiver, growing);
      this.storedCount += verdict.storedCount;
      this.thinnedCount += verdict.thinnedCount;
      this.lostCount += verdict.lostCount;
    }
  }

  async outage(): Promise<void> {
    this.world.setWeather(CALM);
    this.world.network.set("gateway", true);
    await this.seconds(OUTAGE_S);
    this.world.network.set("gateway", false);
  }

  async untilUp(): Promise<void> {
    for (let second = 0; second < RETURN_S_MAX; second++) {
      if (this.world.gateway.isUplinkUp()) return;
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
