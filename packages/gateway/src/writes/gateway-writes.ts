import { join } from "node:path";
import {
  type Connection,
  type Context,
  type GuestWrite,
  Misconfigured,
  Refused,
  Unreachable,
} from "@headgate/model";
import type { Channel } from "../channel.ts";
import type { GatewayConfig, PointConfig } from "../config/config.ts";
import { nearest } from "../config/nearest.ts";
import { WriteDesk } from "./write-desk.ts";
import { WriteJournal } from "./write-journal.ts";
import type { WriteReport } from "./write-record.ts";
import type { WriteView } from "./write-view.ts";

/** Between two looks at whether a line is up again. */
const SETTLE_EVERY_MS = 1_000;
/** A line that is down for longer is left to the next start. */
const SETTLE_MS_MAX = 600_000;
/** Of writes that are denied, one in so long is recorded; the status counts them all. */
const DENIED_EVERY_MS = 1_000;

/** Where a gateway's journal of writes is. */
export function journalFolder({
  buffer,
}: {
  buffer: Pick<GatewayConfig["buffer"], "path">;
}): string {
  return join(buffer.path, "writes");
}

/** Everything that writes to devices in a running gateway, and its journal. */
export class GatewayWrites {
  readonly desk: WriteDesk;
  readonly #context: Context;
  readonly #folder: string;
  #journal: Promise<WriteJournal> | null = null;
  #deniedMs = Number.NEGATIVE_INFINITY;

  constructor(configOf: () => GatewayConfig, channels: () => readonly Channel[], context: Context) {
    this.#context = context;
    this.#folder = journalFolder(configOf());
    this.desk = new WriteDesk({
      pointOf: (pointId) => findPoint(configOf(), pointId),
      connectionOf: (point) => connectionOf(point, channels()),
      journal: () => this.#open(),
      context,
    });
  }

  /** A write that another master wanted on a channel. Never throws. */
  audit(channel: string, write: GuestWrite): void {
    const { clock, log } = this.#context;
    if (write.outcome === "denied") {
      const nowMs = clock.monotonicMs();
      if (nowMs - this.#deniedMs < DENIED_EVERY_MS) return;
      this.#deniedMs = nowMs;
    }
    log[write.outcome === "done" ? "info" : "warn"](`write through the proxy: ${write.outcome}`, {
      channel,
      ...write,
    });
    this.#open()
      .then((journal) => journal.append({ kind: "guest", channel, ...write }, false))
      .catch((error: unknown) => log.error("a client's write could not be recorded", { error }));
  }

  /** Finds out what became of writes that an earlier life had sent; ends with `signal`. */
  async settle(): Promise<void> {
    const { clock, log, signal } = this.#context;
    try {
      await this.desk.cancelQueued();
      let left = await this.desk.unsettled();
      const untilMs = clock.monotonicMs() + SETTLE_MS_MAX;
      while (left.length > 0 && !signal.aborted && clock.monotonicMs() < untilMs) {
        for (const report of left) await this.#settleOne(report);
        left = await this.desk.unsettled();
        if (left.length > 0) await clock.sleep(SETTLE_EVERY_MS, signal);
      }
    } catch (error) {
      log.error("the journal of writes cannot be used; writes are refused until it can", { error });
    }
  }

  async close(): Promise<void> {
    // One that could not be opened was told to whoever wanted it.
    const journal = await this.#journal?.catch(() => null);
    await journal?.close();
  }

  async #settleOne(report: WriteReport): Promise<void> {
    try {
      await this.desk.settle(report);
    } catch (error) {
      if (error instanceof Misconfigured) await this.desk.giveUp(report, error.message);
      else if (!(error instanceof Unreachable || error instanceof Refused)) throw error;
    }
  }

  #open(): Promise<WriteJournal> {
    this.#journal ??= WriteJournal.open(this.#folder, this.#context.clock).catch((error) => {
      this.#journal = null;
      throw error;
    });
    return this.#journal;
  }
}

/** What of it is offered to others: nothing can be written while nothing runs. */
export function viewWrites(current: () => GatewayWrites | null): WriteView {
  const desk = () => {
    const writes = current();
    if (writes) return writes.desk;
    throw new Unreachable("the gateway does not run: nothing can be written");
  };
  return {
    write: async (request) => await desk().write(request),
    select: async (request) => await desk().select(request),
    look: async (pointId) => await desk().look(pointId),
    list: async () => await desk().list(),
  };
}

function findPoint(config: GatewayConfig, pointId: string): PointConfig {
  const points = config.channels.flatMap(({ devices }) => devices.flatMap((d) => d.points));
  const found = points.find(({ point }) => point.id === pointId);
  if (found) return found;
  const near = nearest(
    pointId,
    points.map(({ point }) => point.id),
  );
  const advice = near ? `did you mean ${near}?` : "name one point, as device/point";
  throw new Misconfigured(`write "${pointId}": no such point; ${advice}`);
}

function connectionOf({ point, deviceId }: PointConfig, channels: readonly Channel[]): Connection {
  const channel = channels.find(({ config }) => config.devices.some(({ id }) => id === deviceId));
  const connection = channel?.connection();
  if (connection) return connection;
  const state = channel?.state();
  const why = state && "reason" in state ? state.reason : "it is being opened";
  throw new Unreachable(`write "${point.id}": its channel is down: ${why}`);
}
