import { SimClock } from "@headgate/model/testing";
import type { Canary } from "./canary.ts";
import { Folders } from "./folders.ts";
import { GatewayHost, type GatewayHostParts } from "./gateway-host.ts";
import { History } from "./history.ts";
import { Network } from "./network.ts";
import { type Edit, FIRST_EDIT } from "./operator.ts";
import { Oracle } from "./oracle.ts";
import { planOf, type WorldPlan } from "./plan.ts";
import { ReceiverHost } from "./receiver-host.ts";
import type { Rng } from "./rng.ts";
import { simulatedLine } from "./simulated-line.ts";
import { CALM, type Weather } from "./weather.ts";
import type { World } from "./world-parts.ts";

const GATEWAY_ID = "simulated";

/** Devices, a gateway, a broker and receivers in virtual time, all by one seed. */
export class SimulatedWorld implements World {
  readonly rng: Rng;
  readonly clock = new SimClock();
  readonly history: History;
  readonly oracle: Oracle;
  readonly sky: { weather: Weather } = { weather: CALM };
  readonly plan: WorldPlan;
  readonly network: Network;
  readonly gateway: GatewayHost;
  readonly receivers: readonly ReceiverHost[];
  /** The configuration that is in force. */
  edit: Edit = FIRST_EDIT;
  readonly #folders = new Folders();

  constructor(rng: Rng, canary: Canary, tell: ((line: string) => void) | null) {
    this.rng = rng;
    this.history = new History(this.clock.monotonicMs, tell);
    this.oracle = new Oracle(this.clock, this.history);
    this.plan = { ...planOf(rng), ...canary.plan };
    const { format, receiverIds, quotas, limits } = this.plan;
    this.oracle.receiverIds = receiverIds;
    this.network = new Network(this, limits);
    const lent = { world: this, network: this.network, folders: this.#folders, canary };
    const site = { gatewayId: GATEWAY_ID, format, receiverIds };
    const driver = simulatedLine(this);
    const parts: GatewayHostParts = { ...lent, driver, site, quotas };
    this.gateway = new GatewayHost(parts, "disk");
    this.gateway.skewMs = this.plan.skewMs;
    this.receivers = receiverIds.map((receiverId) => {
      return new ReceiverHost({ ...lent, receiverId, gatewayId: GATEWAY_ID });
    });
    for (const receiver of this.receivers) void receiver.run();
  }

  /** The weather, on lines as thick as this world's format needs. */
  setWeather(weather: Weather): void {
    const bytesPerSecond = weather.bytesPerSecond * this.plan.bulk;
    this.sky.weather = { ...weather, bytesPerSecond };
  }

  /** Leaves nothing behind. */
  end(): void {
    this.gateway.cutPower();
    for (const receiver of this.receivers) receiver.end();
    this.#folders.remove();
  }
}
