/** What an operator may have changed in a gateway's configuration. */
export interface Edit {
  /** Devices have other names than before. */
  readonly isRenamed: boolean;
  /** One device is taken out. */
  readonly isMeterGone: boolean;
  readonly uplinkIds: readonly string[];
}

/** What stays the same in one world. */
export interface Site {
  readonly gatewayId: string;
  readonly format: "blocks" | "blocks-json";
  readonly receiverIds: readonly string[];
}

export const FIRST_EDIT: Edit = { isRenamed: false, isMeterGone: false, uplinkIds: ["cloud"] };

/** How many points each channel has. */
const POINT_COUNTS = { a: 1, b: 4, c: 7 };
const CHANNELS = Object.entries(POINT_COUNTS);

/** The configuration as the gateway is given it. */
export function configOf({ gatewayId, format, receiverIds }: Site, edit: Edit): object {
  const kept = CHANNELS.filter(([id]) => !edit.isMeterGone || id !== "b");
  const uplink = { type: "mqtt", url: "mqtts://broker", format, receivers: receiverIds, window: 4 };
  return {
    gateway: { id: gatewayId },
    buffer: { path: "no-disk", commitInterval: "800 ms" },
    channels: Object.fromEntries(
      CHANNELS.map(([id]) => [id, { driver: "simulated-line", line: id }]),
    ),
    devices: Object.fromEntries(
      kept.map(([id, count], index) => [
        edit.isRenamed ? `meter-${id}-renamed` : `meter-${id}`,
        deviceOf(id, index, count),
      ]),
    ),
    uplinks: Object.fromEntries(edit.uplinkIds.map((id) => [id, uplink])),
    web: false,
  };
}

function deviceOf(channel: string, index: number, count: number) {
  const numbers = Array.from({ length: count }, (_, point) => 100 * index + point);
  const points = numbers.map((number) => {
    return [`p-${number}`, { number, stream: channel === "a" ? "events" : "main" }];
  });
  return { channel, scan: `${500 + 250 * index} ms`, points: Object.fromEntries(points) };
}
