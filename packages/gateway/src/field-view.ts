import { type Clock, Misconfigured, Refused, silentLog, Unreachable } from "@headgate/model";
import type { Channel } from "./channel.ts";
import type { Catalogue, GatewayConfig } from "./config/config.ts";
import { nearest } from "./config/nearest.ts";
import { loadShippedProfiles } from "./config/profile.ts";
import {
  type ChannelSearch,
  checkSearchable,
  eventLines,
  searchChannel,
} from "./find/search-channel.ts";
import {
  findTarget,
  type InspectReport,
  type InspectRequest,
  inspectTarget,
} from "./inspect/inspect-device.ts";
import type { LineView } from "./line/line-view.ts";

/** What pages and commands may ask of the devices of a running gateway. */
export interface FieldView {
  /**
   * Reads registers and ranks what they may mean. Rejects with `Misconfigured` if there is no such
   * device or address, `Refused` while one is under way, `Unreachable` if nobody answers.
   */
  inspect(request: InspectRequest): Promise<InspectReport>;
  /** What went over a channel's line; throws `Misconfigured` or `Unreachable` if there is none. */
  line(channelId: string): LineView;
  /**
   * Looks who is on a channel's line, as lines of JSON, while the channel goes on reading. Throws
   * `Misconfigured` if it is no such line, `Refused` while another search is under way there.
   */
  search(channelId: string, request: SearchRequest): AsyncIterable<string>;
}

/** Which ids of a channel's line are asked, and how patiently. */
export type SearchRequest = Omit<ChannelSearch, "channel" | "drivers">;

/** Over the channels that run at the time of each question. */
export function createFieldView(
  configOf: () => GatewayConfig,
  channels: () => readonly Channel[],
  { clock, drivers = {} }: { readonly clock: Clock } & Partial<Pick<Catalogue, "drivers">>,
): FieldView {
  const busyIds = new Set<string>();
  const searchedIds = new Set<string>();
  return {
    async inspect(request) {
      const target = findTarget(configOf(), request);
      const { id } = target.channel;
      const connection = connectionOf(id, channels());
      // Each takes the line's time from the points that are read all the while.
      if (busyIds.has(id)) {
        throw new Refused(`inspect: "${id}" is being inspected already; ask again in a moment`);
      }
      busyIds.add(id);
      try {
        return await inspectTarget(connection, target, new AbortController().signal);
      } finally {
        busyIds.delete(id);
      }
    },
    line(channelId) {
      const known = configOf().channels.find(({ id }) => id === channelId);
      if (!known) throw unknownChannel(channelId, configOf());
      const { type, line: protocol } = known.driver;
      if (!protocol) {
        throw new Misconfigured(`channel "${channelId}": lines of ${type} are not traced`);
      }
      const watch = channels()
        .find(({ config: { id } }) => id === channelId)
        ?.watch();
      if (!watch) throw new Unreachable(`channel "${channelId}" is being opened; ask again`);
      return { protocol, watch, clock };
    },
    search(channelId, request) {
      const channel = configOf().channels.find(({ id }) => id === channelId);
      if (!channel) throw unknownChannel(channelId, configOf());
      checkSearchable(channel);
      const requireFree = () => {
        if (!searchedIds.has(channelId)) return;
        throw new Refused(`search: "${channelId}" is being searched already; wait for its end`);
      };
      requireFree();
      return eventLines(async (emit, signal) => {
        // Not before it begins: whoever asked may have gone by then, and nothing would end it.
        requireFree();
        searchedIds.add(channelId);
        try {
          const profiles = await loadShippedProfiles();
          const context = { clock, log: silentLog, signal, directory: "" };
          await searchChannel({ ...request, channel, drivers }, { profiles, context, emit });
        } finally {
          searchedIds.delete(channelId);
        }
      });
    },
  };
}

function unknownChannel(id: string, { channels }: GatewayConfig): Misconfigured {
  const known = channels.map((channel) => channel.id);
  const near = nearest(id, known);
  const advice = near ? `did you mean ${near}?` : `known are ${known.join(", ")}`;
  return new Misconfigured(`no channel "${id}" in the config; ${advice}`);
}

/** Throws `Unreachable` while it is down. */
export function connectionOf(id: string, channels: readonly Channel[]) {
  const channel = channels.find(({ config }) => config.id === id);
  const connection = channel?.connection();
  if (connection) return connection;
  const state = channel?.state();
  const why = state && "reason" in state ? state.reason : "it is being opened";
  throw new Unreachable(`channel "${id}" is down: ${why}`);
}
