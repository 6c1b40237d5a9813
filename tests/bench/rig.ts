import { freePort } from "../integration/peers/free-port.ts";
import { type Meters, startMeters } from "../integration/peers/meters.ts";
import { Mosquitto } from "../integration/peers/mosquitto.ts";
import { BUILT_PROGRAM, type GatewayOptions, GatewayProcess } from "./gateway-process.ts";
import { Subscription } from "./subscription.ts";

export const DEVICES = 10;
export const POINTS_PER_DEVICE = 1000;
export const POINTS = DEVICES * POINTS_PER_DEVICE;

/** What a scenario may ask of the rig; the rest is the same for all. */
export type RigOptions = Partial<GatewayOptions> & { readonly scanMs: number };

/** Meters, broker, subscriber and gateway, each a process of its own. */
export interface Rig {
  readonly meters: Meters;
  readonly broker: Mosquitto;
  readonly subscription: Subscription;
  readonly gateway: GatewayProcess;
  stop(): Promise<void>;
}

/** Starts all four; the gateway last. */
export async function startRig(options: RigOptions): Promise<Rig> {
  const tickMs = Math.min(options.scanMs, 1000);
  const meters = await startMeters({
    devices: DEVICES,
    points: POINTS_PER_DEVICE,
    mode: "walk",
    tickMs,
  });
  const broker = await Mosquitto.start();
  const subscription = await Subscription.start(broker.url);
  const gateway = new GatewayProcess({
    meterPorts: meters.ports,
    pointsPerDevice: POINTS_PER_DEVICE,
    brokerUrl: broker.url,
    webPort: await freePort(),
    format: "blocks",
    delivery: "broker",
    commitMs: 500,
    nodeOptions: [],
    program: BUILT_PROGRAM,
    ...options,
  });
  return {
    meters,
    broker,
    subscription,
    gateway,
    async stop() {
      await gateway.stop();
      await subscription.stop();
      await broker.stop();
      await meters.stop();
      gateway.removeFiles();
    },
  };
}

/** Resolves once the gateway's first samples are at the broker; rejects if it ends before. */
export async function untilFirstData({ gateway, subscription }: Rig): Promise<number> {
  for (;;) {
    const { firstDataAtMs } = subscription;
    if (firstDataAtMs !== null) return firstDataAtMs - gateway.startedAtMs;
    if (!gateway.isRunning) throw new Error(`the gateway ended; see ${gateway.folder}/log`);
    await pause(5);
  }
}

/** Waits, as the clock on the wall goes. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
