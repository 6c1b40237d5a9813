import type { DeviceView, PointView } from "@headgate/gateway/api-types";

/** Each is a question to the gateway, which has better things to do. */
const CHARTS_MAX = 36;
const CHARTS_OF_EACH_MAX = 4;

/** Points whose last day is drawn: some of each device, as many as there is room for. */
export function chartPoints(
  devices: readonly Pick<DeviceView, "id">[],
  points: readonly PointView[],
): readonly string[] {
  const each = Math.max(1, Math.min(CHARTS_OF_EACH_MAX, Math.floor(CHARTS_MAX / devices.length)));
  const isNumber = ({ value, isInteger64 }: PointView) => typeof value === "number" || isInteger64;
  return devices
    .flatMap(({ id }) => {
      const own = points.filter((point) => point.deviceId === id && isNumber(point));
      return oneOfEachUnit(own).slice(0, each);
    })
    .slice(0, CHARTS_MAX)
    .map((point) => point.id as string);
}

/** A voltage, a current and a power say more than three voltages; what is left comes behind. */
function oneOfEachUnit(points: readonly PointView[]): readonly PointView[] {
  const isFirst = (point: PointView) => points.find(({ unit }) => unit === point.unit) === point;
  return [...points.filter(isFirst), ...points.filter((point) => !isFirst(point))];
}
