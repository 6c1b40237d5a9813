import type { BlockName, Buffer, Context, PaceStatus, Session, UplinkPort } from "@headgate/model";
import { drain } from "@headgate/sync/drain";
import { type Backlog, backlogOf } from "./backlog.ts";
import type { UplinkConfig } from "./config/config.ts";
import { DrainForecast, FORECAST_INTERVAL_MS } from "./drain-forecast.ts";
import { type PartState, supervise } from "./supervise.ts";

/** A broker that is back is found soon; jitter keeps a fleet from coming all at once. */
const DELAY_MS_MAX = 15_000;

/** One configured way upstream of the running gateway. */
export interface UplinkRunner {
  readonly config: UplinkConfig;
  state(): PartState;
  backlog(): Backlog;
  /** When the backlog will be gone; null while that cannot be said. */
  drainsInMs(): number | null;
  /** What the line may still carry, as of the last session; null before the first. */
  pace(): PaceStatus | null;
  run(context: Context): Promise<void>;
}

/** An uplink that opens its session and drains the buffer into it. */
export function createUplinkRunner(
  config: UplinkConfig,
  { gatewayId, timezone, buffer }: { gatewayId: string; timezone: string; buffer: Buffer },
): UplinkRunner {
  let state: PartState = { kind: "opening" };
  let pace: Session["pace"];
  let last: Session | null = null;
  let forecast = new DrainForecast();
  const backlog = () => backlogOf(buffer.status(), config.id, last?.held);
  const port: UplinkPort = {
    gatewayId,
    uplinkId: config.id,
    timezone,
    pointList: (hash) => buffer.pointList(hash),
    hashOf: (block) => hashIn(buffer, block),
    standing: () => buffer.status().epochs.filter((epoch) => epoch.isCurrent),
  };
  const attempt = (context: Context) => async (onUp: () => void) => {
    const session = await config.uplink.open(config.settings, port, context);
    pace = session.pace ?? pace;
    last = session;
    const ending = new AbortController();
    try {
      onUp();
      void foresee({ ...context, signal: AbortSignal.any([context.signal, ending.signal]) });
      const { id: uplinkId, order } = config;
      await drain({ uplinkId, buffer, session, order }, context, onUp);
    } finally {
      ending.abort();
      await session.close();
    }
  };
  const foresee = async ({ clock, signal }: Context) => {
    forecast = new DrainForecast();
    while (!signal.aborted) {
      forecast.note(backlog().blocks, clock.monotonicMs());
      await clock.sleep(FORECAST_INTERVAL_MS, signal);
    }
  };
  return {
    config,
    state: () => state,
    backlog,
    drainsInMs: () => (state.kind === "up" ? forecast.leftMs : null),
    pace: () => pace?.status() ?? null,
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

/** The hash of a block that is kept as one, or null. */
async function hashIn(buffer: Buffer, { stream, epoch, seq }: BlockName): Promise<string | null> {
  const range = { stream, epoch, first: seq, last: seq };
  const [entry] = await buffer.read(range, { blocksMax: 1, bytesMax: 1 });
  return entry && "seq" in entry && entry.seq === seq ? entry.hash : null;
}
