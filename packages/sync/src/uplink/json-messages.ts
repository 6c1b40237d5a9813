import type { Block, Gap, PointList, Stream } from "@headgate/model";
import { type DecodedBlock, decodeColumns } from "../block/decode.ts";
import { QualityCode, ValueType } from "../block/format.ts";

/** One JSON object to be sent for a device, or for the gateway where `device` is "". */
export interface JsonObject {
  readonly device: string;
  readonly json: string;
}

/** What of a point id goes where: `device/point`, the point as a JSON key with its colon. */
export interface PlacedPoint {
  readonly device: string;
  readonly key: string;
}

interface Cell {
  readonly device: string;
  readonly timestampMs: number;
  /** The block that the samples are of. */
  readonly seq: number;
  values: string;
  qualities: string;
  reasons: string;
  /** Column that wrote last: a point cannot stand twice in one object. */
  column: number;
}

const placedOf = new WeakMap<PointList, readonly PlacedPoint[]>();

/** A block's samples as one object per device and timestamp, oldest first. */
export function jsonObjects(gatewayId: string, block: Block, list: PointList): JsonObject[] {
  const columns = decodeColumns(block.body);
  const { stream, epoch } = block;
  const of = { gatewayId, stream, epoch, points: placedPoints(list) };
  return objectsOfColumns(columns, of, () => block.seq);
}

/** Whose samples they are, and what their point indexes mean. */
interface Origin {
  readonly gatewayId: string;
  readonly stream: Stream;
  readonly epoch: string;
  readonly points: readonly PlacedPoint[];
}

/** One object per device, timestamp and block, oldest first. */
export function objectsOfColumns(
  columns: DecodedBlock,
  { gatewayId, stream, epoch, points }: Origin,
  seqOf: (index: number) => number,
): JsonObject[] {
  const cells = cellsOf(columns, points, seqOf);
  cells.sort((a, b) => a.timestampMs - b.timestampMs);
  const late = stream === "history" ? ',"backfilled":true' : "";
  const whose = `"gw":${JSON.stringify(gatewayId)},"ep":${JSON.stringify(epoch)}`;
  return cells.map(({ device, timestampMs, seq, values, qualities, reasons }) => {
    const q = qualities === "" ? "" : `"q":{${qualities}},`;
    const why = reasons === "" ? "" : `"why":{${reasons}},`;
    const head = `{"ts":${timestampMs},"values":{${values}},${q}${why}`;
    return { device, json: `${head}${whose},"seq":${seq}${late}}` };
  });
}

/** A gap as an object on the gateway's own topic. */
export function jsonGap(gatewayId: string, gap: Gap): JsonObject {
  const { stream, epoch, first, last, sampleCount, fromMs, toMs, reason } = gap;
  const json = JSON.stringify({
    gap: { st: stream, first, last, n: sampleCount, from: fromMs, to: toMs, reason },
    gw: gatewayId,
    ep: epoch,
  });
  return { device: "", json };
}

/** Where the samples of each point of a list go. */
export function placedPoints(list: PointList): readonly PlacedPoint[] {
  const known = placedOf.get(list);
  if (known) return known;
  const points = list.pointIds.map((id) => {
    const slash = id.indexOf("/");
    const device = slash < 0 ? "" : id.slice(0, slash).replace(/[+#]/g, "_");
    return { device, key: `${JSON.stringify(id.slice(slash + 1))}:` };
  });
  placedOf.set(list, points);
  return points;
}

function cellsOf(
  columns: DecodedBlock,
  points: readonly PlacedPoint[],
  seqOf: (index: number) => number,
): Cell[] {
  const cells: Cell[] = [];
  const open = new Map<string, Map<number, Cell>>();
  const { columnPoints, columnStarts, timestampsMs } = columns;
  for (let column = 0; column < columnPoints.length; column++) {
    const point = points[columnPoints[column] as number];
    if (!point) throw new RangeError(`point list has no index ${columnPoints[column]}`);
    const { device, key } = point;
    const byTime = open.get(device) ?? new Map<number, Cell>();
    open.set(device, byTime);
    const end = columnStarts[column + 1] as number;
    for (let index = columnStarts[column] as number; index < end; index++) {
      const timestampMs = timestampsMs[index] as number;
      const seq = seqOf(index);
      let cell = byTime.get(timestampMs);
      if (cell === undefined || cell.column === column || cell.seq !== seq) {
        cell = { device, timestampMs, seq, values: "", qualities: "", reasons: "", column };
        byTime.set(timestampMs, cell);
        cells.push(cell);
      }
      cell.column = column;
      write(cell, columns, index, key);
    }
  }
  return cells;
}

function write(cell: Cell, columns: DecodedBlock, index: number, key: string): void {
  const type = columns.types[index];
  const number = columns.numbers[index] as number;
  const isPlain = type === ValueType.number && Number.isFinite(number);
  if (isPlain) cell.values += comma(cell.values) + key + number;
  else if (type === ValueType.boolean) cell.values += comma(cell.values) + key + (number === 1);
  else cell.values += comma(cell.values) + key + otherJson(columns.others.get(index), type);
  const isBad = type === ValueType.none || (type === ValueType.number && !isPlain);
  if (isBad) {
    const reason = type === ValueType.none ? String(columns.others.get(index)) : String(number);
    cell.qualities += `${comma(cell.qualities)}${key}"bad"`;
    cell.reasons += `${comma(cell.reasons)}${key}${JSON.stringify(reason)}`;
  } else if (columns.qualities[index] === QualityCode.uncertain) {
    cell.qualities += `${comma(cell.qualities)}${key}"uncertain"`;
  }
}

function comma(text: string): string {
  return text === "" ? "" : ",";
}

/** Integers beyond 2^53 as text: most JSON readers would round them. */
function otherJson(value: bigint | string | undefined, type: number | undefined): string {
  if (type !== ValueType.bigint) return type === ValueType.text ? JSON.stringify(value) : "null";
  const isSafe = Number.isSafeInteger(Number(value));
  return isSafe ? String(value) : `"${value}"`;
}
