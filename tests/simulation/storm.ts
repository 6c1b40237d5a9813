import type { GatewayHost, Snapshot } from "./gateway-host.ts";
import type { Edit } from "./operator.ts";
import { STORM } from "./weather.ts";
import type { SimulatedWorld } from "./world.ts";

const HOUR_MS = 3_600_000;
const YEAR_MS = 8760 * HOUR_MS;
const UPLINKS = [["cloud"], ["cloud-2"], ["cloud", "cloud-2"], []] as const;

/** The time in which everything fails, second by second. */
export class Storm {
  readonly #world: SimulatedWorld;
  readonly #mishapAtS: number;
  readonly #seconds: number;
  #networkDownUntilS = 0;
  #snapshot: Snapshot | null = null;
  #clone: GatewayHost | null = null;

  constructor(world: SimulatedWorld, seconds: number) {
    this.#world = world;
    this.#seconds = seconds;
    this.#mishapAtS = world.rng.between(40, seconds - 100);
    world.setWeather(STORM);
  }

  async second(second: number): Promise<void> {
    this.#strikeNetwork(second);
    this.#strikeBroker();
    this.#strikeReceivers();
    this.#strikeClock();
    const world = this.#world;
    const { rng, gateway, clock } = world;
    if (rng.chance(1 / 150))
      gateway.disk.fullUntilMs = clock.monotonicMs() + rng.between(1, 30_000);
    await this.#strikeMachine();
    if (second === Math.max(20, this.#mishapAtS - 30)) this.#prepare();
    if (second === this.#mishapAtS) await this.#mishap();
    if (this.#clone && second > this.#mishapAtS + 60) this.#removeClone();
  }

  /** What the next phases need. */
  async end(): Promise<void> {
    const world = this.#world;
    this.#removeClone();
    world.network.set("gateway", false);
    world.network.set("receiver", false);
    world.gateway.disk.fullUntilMs = 0;
    world.gateway.spare();
    if (world.edit.uplinkIds.length === 1 && !world.gateway.isDead) return;
    await world.gateway.stop();
    world.edit = { ...world.edit, uplinkIds: ["cloud"] };
    await world.gateway.boot(world.edit);
  }

  #strikeNetwork(second: number): void {
    const { rng, network } = this.#world;
    if (rng.chance(1 / 60)) this.#networkDownUntilS = second + rng.between(2, 120);
    network.set("gateway", second < this.#networkDownUntilS && second < this.#seconds - 1);
    if (rng.chance(1 / 200)) network.set("receiver", true);
    else if (rng.chance(0.2)) network.set("receiver", false);
  }

  #strikeBroker(): void {
    const { rng, network } = this.#world;
    if (rng.chance(1 / 120)) void network.broker.kill(rng.between(100, 20_000), rng.chance(0.4));
  }

  #strikeReceivers(): void {
    const { rng, receivers } = this.#world;
    for (const receiver of receivers) if (rng.chance(1 / 90)) receiver.killSoon();
  }

  #strikeClock(): void {
    const { rng, gateway, history } = this.#world;
    if (!rng.chance(1 / 150)) return;
    const steps = [-HOUR_MS, HOUR_MS, -YEAR_MS, YEAR_MS, -gateway.skewMs, rng.between(-5000, 5000)];
    const byMs = steps[rng.between(0, steps.length - 1)] as number;
    history.note(`the clock of the gateway steps by ${byMs} ms`);
    gateway.skewMs += byMs;
  }

  async #strikeMachine(): Promise<void> {
    const { rng, gateway, plan } = this.#world;
    if (gateway.isDead) {
      if (rng.chance(0.4)) await this.#boot();
      return;
    }
    if (rng.chance(1 / 90)) gateway.killSoon();
    else if (rng.chance(1 / 300)) gateway.cutPower();
    else if (rng.chance(plan.hasEdits ? 1 / 80 : 1 / 200)) {
      await gateway.stop();
      await this.#boot();
    }
  }

  async #boot(): Promise<void> {
    const { rng, gateway, plan } = this.#world;
    if (plan.hasEdits && rng.chance(0.6)) this.#world.edit = this.#edited();
    await gateway.boot(this.#world.edit);
  }

  #edited(): Edit {
    const { rng } = this.#world;
    return {
      isRenamed: rng.chance(0.5),
      isMeterGone: rng.chance(0.3),
      uplinkIds: UPLINKS[rng.between(0, rng.chance(0.3) ? 3 : 2)] as Edit["uplinkIds"],
    };
  }

  /** What is to come back later is put aside. */
  #prepare(): void {
    const { plan, gateway, receivers, rng } = this.#world;
    if (/^restored/.test(plan.mishap)) this.#snapshot ??= gateway.snapshot();
    if (plan.mishap === "receiver-restored")
      receivers[rng.between(0, receivers.length - 1)]?.backUp();
  }

  async #mishap(): Promise<void> {
    const { plan, gateway, receivers, clock, rng, edit } = this.#world;
    if (plan.mishap === "receiver-restored") for (const receiver of receivers) receiver.restore();
    if (plan.mishap === "cloned") {
      this.#clone = gateway.clone("clone");
      await this.#clone.boot(edit);
    }
    if (!this.#snapshot) return;
    gateway.cutPower();
    gateway.restore(this.#snapshot, plan.mishap === "restored-in-place");
    this.#snapshot = null;
    await clock.advance(rng.between(0, 3000));
    await gateway.boot(edit);
  }

  #removeClone(): void {
    if (!this.#clone) return;
    this.#clone.cutPower();
    this.#world.oracle.facts.wentBack(this.#clone.disk.image, null);
    this.#clone = null;
  }
}
