import type { GatewayStatus, GatewayView, PointView } from "../src/status.ts";

const aloneOnLine = { line: null, notices: [], proxy: null } as const;

const SAMPLE_GATEWAY = {
  id: "pasture-07",
  name: "七号牧场",
  version: "1.2.3",
  timezone: "Asia/Shanghai",
};

/** A gateway as the web sees it, with one channel down and one bad point; parts may be replaced. */
export function createSampleView(replaced: Partial<GatewayStatus> = {}): GatewayView {
  const atMs = Date.UTC(2026, 10, 20, 12, 0, 0);
  const status: GatewayStatus = {
    gateway: SAMPLE_GATEWAY,
    atMs,
    startedMs: atMs - 3_600_000,
    channels: [
      {
        id: "plc-1",
        driver: "modbus-tcp",
        ...{ devices: ["milk-tank", "vacuum-pump"], variants: [] },
        state: { kind: "up", sinceMs: atMs - 3_000_000 },
        counters: { scanCount: 3000, missedScanCount: 2, lastScanMs: 42, sampleCount: 21_000 },
        ...aloneOnLine,
      },
      {
        id: "bus-1",
        driver: "modbus-rtu",
        ...{ devices: ["main-meter"], variants: [] },
        state: {
          kind: "waiting",
          sinceMs: atMs - 20_000,
          reason: 'open serial "/dev/ttyUSB0": no such device; plug in the adapter',
          retryInMs: 30_000,
          retryAtMs: atMs + 10_000,
        },
        counters: { scanCount: 0, missedScanCount: 0, lastScanMs: 0, sampleCount: 0 },
        ...aloneOnLine,
      },
    ],
    points: { good: 2, uncertain: 0, bad: 1, silent: 0 },
    buffer: {
      ...{ appendedCount: 21_010, committedCount: 21_000, droppedCount: 0 },
      totals: { takenCount: 21_000, storedCount: 21_000, thinnedCount: 0, goneCount: 0 },
      ackedBytes: 0,
      usedBytes: 12_900_000,
      capacityBytesMax: 2 * 1024 ** 3,
      media: { usedBytes: 1_300_000, capacityBytesMax: 512 * 1024 ** 2 },
      fills: [],
      gapCount: 0,
      clock: null,
      streams: [{ stream: "main", epoch: "e1", tailSeq: 1, headSeq: 3600 }],
      problems: [],
    },
    uplinks: [sampleUplink(atMs)],
    config: null,
    webUrl: null,
    ...replaced,
  };
  return { status: () => status, points: () => samplePoints(atMs) };
}

function sampleUplink(atMs: number): GatewayStatus["uplinks"][number] {
  return {
    id: "cloud",
    type: "mqtt",
    state: { kind: "up", sinceMs: atMs - 3_000_000 },
    backlog: { blocks: 1 },
    drainsInMs: 0,
    pace: { mode: "all", bytesPerSecondMax: null, month: null },
    silentReceivers: [],
    lastAckMs: null,
  };
}

function samplePoints(atMs: number): readonly PointView[] {
  const point = (deviceId: string, name: string) => ({
    id: `${deviceId}/${name}`,
    deviceId,
    name,
    meaning: null,
    plausible: null,
    unit: "",
    access: "read" as const,
    intervalMs: 1_000,
    deadband: null,
    quality: "good" as const,
    isInteger64: false,
    timestampMs: atMs - 1_000,
    reason: null,
  });
  return [
    { ...point("milk-tank", "temperature"), unit: "°C", value: 3.9000000953674316 },
    {
      ...point("milk-tank", "total"),
      unit: "L",
      value: "18446744073709551615",
      isInteger64: true,
    },
    {
      ...point("main-meter", "power"),
      unit: "kW",
      quality: "bad",
      value: null,
      reason: 'line down: <img src=x onerror="alert(1)">',
    },
  ];
}
