import { createVirtualPlc } from "@headgate/drivers/testing";

// An OPC UA server in a process of its own, so that it can be killed, stopped and started again.
const options = JSON.parse(process.argv[2] ?? "{}") as {
  directory: string;
  port?: number;
  user?: { name: string; password: string };
  operationMax?: number;
};

const held: Record<string, unknown> = { Setpoint: 1.5, Total: 7n, Recipe: "UHT", Valve: false };
const holding = (name: string) => ({
  get: () => held[name] as never,
  set: (value: unknown) => {
    held[name] = value;
  },
});

const plc = await createVirtualPlc({
  ...options,
  variables: {
    Setpoint: { type: "Double", ...holding("Setpoint") },
    Total: { type: "UInt64", ...holding("Total") },
    Recipe: { type: "String", ...holding("Recipe") },
    Valve: { type: "Boolean", ...holding("Valve") },
    Counter: { type: "UInt64", get: () => 18_446_744_073_709_551_614n },
    Deficit: { type: "Int64", get: () => -9_007_199_254_740_993n },
    Voltage: { type: "Float", get: () => 230.1 },
    Product: { type: "LocalizedText", get: () => "纯牛奶" },
    Started: { type: "DateTime", get: () => "2026-01-02T03:04:05.678Z" },
    Clock: { type: "Double", get: (nowMs) => Math.floor(nowMs / 100) },
    Broken: { type: "Double", get: () => 1, status: () => "BadSensorFailure" },
    Stale: { type: "Double", get: () => 1, status: () => "UncertainLastUsableValue" },
    Missing: { type: "Float", get: () => Number.NaN },
    Empty: { type: "Float", get: () => null },
    Curve: { type: "Float", get: () => [1, 2] },
    Bytes: { type: "ByteString", get: () => new Uint8Array([1, 2]) },
  },
});
process.stdout.write(`${JSON.stringify({ endpoint: plc.endpoint, port: plc.port })}\n`);
