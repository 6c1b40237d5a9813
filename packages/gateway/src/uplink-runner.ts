import type { Buffer, Context, UplinkPort } from "@headgate/model";
import { drain } from "@headgate/sync/drain";
import { type Backlog, backlogOf } from "./backlog.ts";
import type { UplinkConfig } from "./config/config.ts";
import { type PartState, supervise } from "./supervise.ts";

/** A broker that is back is found soon; jitter keeps a fleet from coming all at once. */
const DELAY_MS_MAX = 15_000;

/** One configured way upstream of the running gateway. */
export interface UplinkRunner {
  readonly config: UplinkConfig;
  state(): PartState;
  backlog(): Backlog;
  run(context: Context): Promise<void>;
}

/** An uplink that opens its session and drains the buffer into it. */
export function createUplinkRunner(
  config: UplinkConfig,
  { gatewayId, buffer }: { gatewayId: string; buffer: Buffer },
): UplinkRunner {
  let state: PartState = { kind: "opening" };
  const port: UplinkPort = {
    gatewayId,
    uplinkId: config.id,
    pointList: (hash) => buffer.pointList(hash),
    standing: () => buffer.status().epochs.filter((epoch) => epoch.isCurrent),
  };
  const attempt = (context: Context) => async (onUp: () => void) => {
    const session = await config.uplink.open(config.settings, port, context);
    try {
      onUp();
      await drain({ uplinkId: config.id, buffer, session }, context, onUp);
    } finally {
      await session.close();
    }
  };
  return {
    config,
    state: () => state,
    backlog: () => backlogOf(buffer.status(), config.id),
    run: (context) =>
      supervise(
        {
          name: `uplink "${config.id}"`,
          attempt: attempt(context),
          delayMsMax: DELAY_MS_MAX,
          onState: (next) => {
            state = next;
          },
        },
        context,
      ),
  };
}
