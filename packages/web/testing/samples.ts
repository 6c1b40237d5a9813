import type {
  BufferSummary,
  ChannelStatus,
  PointView,
  UplinkStatus,
} from "@headgate/gateway/api-types";

/** Parts of a gateway that is well; what a test is about is replaced. */
export function samplePoint(replaced: Partial<PointView> = {}): PointView {
  return {
    id: "meter/power" as PointView["id"],
    deviceId: "meter",
    name: "power",
    meaning: null,
    plausible: null,
    unit: "kW",
    access: "read",
    intervalMs: 1_000,
    deadband: null,
    quality: "good",
    value: 48.2,
    isInteger64: false,
    timestampMs: 0,
    reason: null,
    ...replaced,
  };
}

export function sampleChannel(replaced: Partial<ChannelStatus> = {}): ChannelStatus {
  return {
    id: "bus",
    driver: "modbus-rtu",
    devices: ["meter"],
    variants: [],
    state: { kind: "up", sinceMs: 0 },
    counters: { scanCount: 10, missedScanCount: 0, lastScanMs: 20, sampleCount: 100 },
    line: null,
    notices: [],
    proxy: null,
    ...replaced,
  };
}

export function sampleUplink(replaced: Partial<UplinkStatus> = {}): UplinkStatus {
  return {
    id: "cloud",
    type: "mqtt",
    state: { kind: "up", sinceMs: 0 },
    backlog: { blocks: 1 },
    drainsInMs: 0,
    pace: null,
    silentReceivers: [],
    lastAckMs: null,
    ...replaced,
  };
}

const MIB = 1024 ** 2;

export function sampleBuffer(replaced: Partial<BufferSummary> = {}): BufferSummary {
  return {
    ...{ appendedCount: 100, committedCount: 100, droppedCount: 0, ackedBytes: 0 },
    totals: { takenCount: 100, storedCount: 100, thinnedCount: 0, goneCount: 0 },
    ...{ usedBytes: MIB, capacityBytesMax: 16 * MIB, media: null, gapCount: 0, clock: null },
    fills: [sampleFill()],
    streams: [{ stream: "main", epoch: "e1", tailSeq: 1, headSeq: 1024 }],
    problems: [],
    ...replaced,
  };
}

export function sampleFill(replaced: Partial<BufferSummary["fills"][number]> = {}) {
  return {
    stream: "main" as const,
    usedBytes: MIB,
    capacityBytesMax: 16 * MIB,
    ackedBytes: 0,
    thinnedCount: 0,
    goneCounts: {},
    ...replaced,
  };
}
