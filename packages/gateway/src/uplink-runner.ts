import type { BlockName, Buffer, Context, PaceStatus, Session, UplinkPort } from "@headgate/model";
import { drain } from "@headgate/sync/drain";
import { type Backlog, backlogBytesOf, backlogOf } from "./backlog.ts";
import type { UplinkConfig } from "./config/config.ts";
import { DrainForecast, FORECAST_INTERVAL_MS } from "./drain-forecast.ts";
import { ackTimeoutOf, type SilentReceiver, SilentReceivers } from "./silent-receivers.ts";
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
  /** Receivers that are sent data and have acknowledged nothing for a minute. */
  silentReceivers(): readonly SilentReceiver[];
  run(context: Context): Promise<void>;
}

interface RunnerLent {
  readonly gatewayId: string;
  readonly timezone: string;
  readonly buffer: Buffer;
}

/** An uplink that opens its session and drains the buffer into it. */
export function createUplinkRunner(config: UplinkConfig, lent: RunnerLent): UplinkRunner {
  const { buffer } = lent;
  let state: PartState = { kind: "opening" };
  let pace: Session["pace"];
  let last: Session | null = null;
  let forecast = new DrainForecast();
  const silent = new SilentReceivers(config.id, ackTimeoutOf(config.settings));
  const answers = () => last?.answers?.() ?? [];
  const backlog = () => backlogOf(buffer.status(), config.id, last?.held);
  const port = portOf(config.id, lent);
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
  const foresee = async ({ clock, log, signal }: Context) => {
    forecast = new DrainForecast();
    while (!signal.aborted) {
      forecast.note(backlog().blocks, clock.monotonicMs());
      silent.tell(answers(), log);
      await clock.sleep(FORECAST_INTERVAL_MS, signal);
    }
  };
  return {
    config,
    state: () => state,
    backlog,
    drainsInMs: () => {
      if (state.kind !== "up") return null;
      const bytes = backlogBytesOf(buffer.status(), backlog());
      return forecast.leftMs(bytes, pace?.status().bytesPerSecondMax);
    },
    pace: () => pace?.status() ?? null,
    silentReceivers: () => (state.kind === "up" ? silent.of(answers()) : []),
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

function portOf(uplinkId: string, { gatewayId, timezone, buffer }: RunnerLent): UplinkPort {
  return {
    gatewayId,
    uplinkId,
    timezone,
    pointList: (hash) => buffer.pointList(hash),
    hashOf: (block) => hashIn(buffer, block),
    standing: () => buffer.status().epochs.filter((epoch) => epoch.isCurrent),
    isForked: (epoch) =>
      buffer.status().epochs.some((one) => one.epoch === epoch && one.isForked === true),
  };
}

/** The hash of a block that is kept as one, or null. */
async function hashIn(buffer: Buffer, { stream, epoch, seq }: BlockName): Promise<string | null> {
  const range = { stream, epoch, first: seq, last: seq };
  const [entry] = await buffer.read(range, { blocksMax: 1, bytesMax: 1 });
  return entry && "seq" in entry && entry.seq === seq ? entry.hash : null;
}
