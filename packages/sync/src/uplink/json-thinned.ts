import type { PointList, Thinned } from "@headgate/model";
import { decodeThinned, type MinuteFigures } from "../block/thinned-body.ts";
import {
  type JsonObject,
  objectsOfColumns,
  type PlacedPoint,
  placedPoints,
} from "./json-messages.ts";

/**
 * A thinned entry: that it is one, on the gateway's own topic; one object per device and minute,
 * whose values are means; and the samples that are kept, as those of any block.
 */
export function jsonThinned(gatewayId: string, thinned: Thinned, list: PointList): JsonObject[] {
  const { stream, epoch, first, last, body } = thinned;
  const { kept, keptOffsets, minutes } = decodeThinned(body, last - first + 1);
  const points = placedPoints(list);
  const seqOf = (index: number) => first + (keptOffsets[index] as number);
  return [
    noticeOf(gatewayId, thinned),
    ...minuteObjects(minutes, points, { gw: gatewayId, ep: epoch, first, last }),
    ...objectsOfColumns(kept, { gatewayId, stream, epoch, points }, seqOf),
  ];
}

function noticeOf(gatewayId: string, thinned: Thinned): JsonObject {
  const { stream, epoch, first, last, sampleCount, keptCount, fromMs, toMs } = thinned;
  const counts = { n: sampleCount, kept: keptCount, from: fromMs, to: toMs };
  const about = { st: stream, first, last, ...counts };
  return { device: "", json: JSON.stringify({ thinned: about, gw: gatewayId, ep: epoch }) };
}

interface DeviceMinute {
  readonly device: string;
  readonly minuteMs: number;
  readonly points: { readonly key: string; readonly figures: MinuteFigures }[];
}

function minuteObjects(
  minutes: readonly MinuteFigures[],
  points: readonly PlacedPoint[],
  whose: object,
): JsonObject[] {
  const groups = new Map<string, DeviceMinute>();
  for (const figures of minutes) {
    const point = points[figures.pointIndex];
    if (!point) throw new RangeError(`point list has no index ${figures.pointIndex}`);
    const { device, key } = point;
    const { minuteMs } = figures;
    const group = groups.get(`${minuteMs} ${device}`) ?? { device, minuteMs, points: [] };
    groups.set(`${minuteMs} ${device}`, group);
    group.points.push({ key, figures });
  }
  const sorted = [...groups.values()].sort((a, b) => a.minuteMs - b.minuteMs);
  return sorted.map((group) => ({ device: group.device, json: minuteJson(group, whose) }));
}

function minuteJson({ minuteMs, points }: DeviceMinute, whose: object): string {
  const values = points.map(({ key, figures }) => key + figures.mean);
  const thinned = points.map(({ key, figures: { min, max, last, count } }) => {
    return key + JSON.stringify({ min, max, last, count });
  });
  const uncertain = points.filter(({ figures }) => figures.isUncertain);
  const q = uncertain.map(({ key }) => `${key}"uncertain"`);
  const quality = q.length === 0 ? "" : `"q":{${q}},`;
  const head = `{"ts":${minuteMs},"values":{${values}},"thinned":{${thinned}},${quality}`;
  return head + JSON.stringify(whose).slice(1);
}
