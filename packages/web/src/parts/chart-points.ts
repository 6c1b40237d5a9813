import type { DeviceView, PointView } from "@headgate/gateway/api-types";

/** Each is a question to the gateway, which has better things to do. */
const CHARTS_MAX = 36;
const CHARTS_OF_EACH_MAX = 3;

/** Points whose last day is drawn: some of each device, as many as there is room for. */
export function chartPoints(
  devices: readonly Pick<DeviceView, "id">[],
  points: readonly PointView[],
): readonly string[] {
  const each = Math.max(1, Math.min(CHARTS_OF_EACH_MAX, Math.floor(CHARTS_MAX / devices.length)));
  const isNumber = ({ value, isInteger64 }: PointView) => typeof value === "number" || isInteger64;
  return devices
    .flatMap(({ id }) =>
      points
        .filter((point) => point.deviceId === id && isNumber(point))
        .slice(0, each)
        .map((point) => point.id as string),
    )
    .slice(0, CHARTS_MAX);
}
