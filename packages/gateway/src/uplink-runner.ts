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
  /** When the far side last took something for good; null where it has not since it was begun. */
  lastAckMs(): number | null;
  run(context: Context): Promise<void>;
}

interface RunnerLent {
  readonly gatewayId: string;
  readonly timezone: string;
  readonly buffer: Buffer;
}

/** An uplink that opens its session and drains the buffer into it. */
export function createUplinkRunner(config: UplinkConfig, lent: RunnerLent): UplinkRunner {
  return new DrainingRunner(config, lent);
}

class DrainingRunner implements UplinkRunner {
  readonly config: UplinkConfig;
  readonly #buffer: Buffer;
  readonly #port: UplinkPort;
  readonly #silent: SilentReceivers;
  #state: PartState = { kind: "opening" };
  #pace: Session["pace"];
  #last: Session | null = null;
  #lastAckMs: number | null = null;
  #forecast = new DrainForecast();

  constructor(config: UplinkConfig, lent: RunnerLent) {
    this.config = config;
    this.#buffer = lent.buffer;
    this.#port = portOf(config.id, lent);
    this.#silent = new SilentReceivers(config.id, ackTimeoutOf(config.settings));
  }

  state(): PartState {
    return this.#state;
  }

  backlog(): Backlog {
    return backlogOf(this.#buffer.status(), this.config.id, this.#last?.held);
  }

  drainsInMs(): number | null {
    if (this.#state.kind !== "up") return null;
    const bytes = backlogBytesOf(this.#buffer.status(), this.backlog());
    return this.#forecast.leftMs(bytes, this.#pace?.status().bytesPerSecondMax);
  }

  pace(): PaceStatus | null {
    return this.#pace?.status() ?? null;
  }

  lastAckMs(): number | null {
    return this.#lastAckMs;
  }

  silentReceivers(): readonly SilentReceiver[] {
    return this.#state.kind === "up" ? this.#silent.of(this.#answers()) : [];
  }

  run(context: Context): Promise<void> {
    return supervise(
      {
        name: `uplink "${this.config.id}"`,
        attempt: (onUp) => this.#attempt(onUp, context),
        delayMsMax: DELAY_MS_MAX,
        onState: (next) => {
          this.#state = next;
        },
      },
      context,
    );
  }

  #answers() {
    return this.#last?.answers?.() ?? [];
  }

  async #attempt(onUp: () => void, context: Context): Promise<void> {
    const { id: uplinkId, order, uplink, settings } = this.config;
    const session = await uplink.open(settings, this.#port, context);
    this.#pace = session.pace ?? this.#pace;
    this.#last = session;
    const ending = new AbortController();
    const onTaken = () => {
      this.#lastAckMs = context.clock.nowMs();
    };
    try {
      onUp();
      const signal = AbortSignal.any([context.signal, ending.signal]);
      void this.#foresee({ ...context, signal });
      const job = { uplinkId, buffer: this.#buffer, session, order, onTaken };
      await drain(job, context, onUp);
    } finally {
      ending.abort();
      await session.close();
    }
  }

  async #foresee({ clock, log, signal }: Context): Promise<void> {
    this.#forecast = new DrainForecast();
    while (!signal.aborted) {
      this.#forecast.note(this.backlog().blocks, clock.monotonicMs());
      this.#silent.tell(this.#answers(), log);
      await clock.sleep(FORECAST_INTERVAL_MS, signal);
    }
  }
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
