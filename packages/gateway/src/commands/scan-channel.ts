import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { Misconfigured } from "@headgate/model";
import type { GatewayConfig } from "../config/config.ts";
import { nearest } from "../config/nearest.ts";
import type { FindScope } from "../find/find-on-line.ts";
import type { FindEvent } from "../find/found-device.ts";
import { type ChannelSearch, searchChannel } from "../find/search-channel.ts";
import { findRunning } from "./find-running.ts";
import type { ScanModbusWish } from "./scan-modbus.ts";

const TIMEOUT_MS = 200;
const UNIT_ID_MAX = 247;

/** Channels to search; `drivers` are all that this program has. */
type ChannelWish = Pick<ScanModbusWish, "targets" | "unitIds" | "timeoutMs"> &
  Pick<ChannelSearch, "drivers">;

/**
 * Looks who is on the lines of channels: through the gateway that runs on this config if there is
 * one, since a serial port has one owner; else by opening them for the moment.
 */
export async function scanChannels(
  config: GatewayConfig,
  { targets, unitIds, timeoutMs, drivers }: ChannelWish,
  scope: FindScope,
): Promise<void> {
  const { context, emit } = scope;
  const { signal } = context;
  const running = await findRunning(config, context);
  const wanted = unitIds ?? Array.from({ length: UNIT_ID_MAX }, (_, index) => index + 1);
  for (const id of targets) {
    const channel = config.channels.find((one) => one.id === id);
    if (!channel) {
      const known = config.channels.map((one) => one.id);
      const near = nearest(id, known);
      const advice = near ? `did you mean ${near}?` : `known are ${known.join(", ")}`;
      throw new Misconfigured(`scan: no channel "${id}" in the config; ${advice}`);
    }
    const search = { channel, unitIds: wanted, timeoutMs: timeoutMs ?? TIMEOUT_MS, drivers };
    if (running === null) {
      await searchChannel(search, scope);
      continue;
    }
    const route = `/api/channels/${encodeURIComponent(id)}/search`;
    const query = { units: wanted.join(","), timeoutMs: String(search.timeoutMs) };
    try {
      const bytes = await running.open(route, query, signal);
      for await (const line of createInterface({ input: Readable.from(bytes) })) {
        if (line !== "") emit(JSON.parse(line) as FindEvent);
      }
    } catch (error) {
      // Ctrl-C: what was found until then is shown.
      if (!signal.aborted) throw error;
    }
  }
}
