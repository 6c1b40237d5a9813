// A process of its own: its work must not count as the gateway's.
import mqtt from "mqtt";
import { ArrivalCounter } from "./arrivals.ts";

/** Messages are taken apart when none came for this long: arrival must not wait for that. */
const QUIET_MS = 100;
const CHECK_MS = 50;

const [url = ""] = process.argv.slice(2);
const counter = new ArrivalCounter();
let waiting: { topic: string; payload: Buffer; atMs: number }[] = [];
let isFirst = true;

function takeApart(): void {
  for (const { topic, payload, atMs } of waiting) {
    counter.take(topic, payload, atMs);
    if (!isFirst || counter.report().samples === 0) continue;
    isFirst = false;
    process.send?.({ kind: "first-data", atMs });
  }
  waiting = [];
}

const client = mqtt.connect(url, {
  protocolVersion: 5,
  reconnectPeriod: 10,
  clientId: "bench-subscriber",
});
client.on("connect", () => {
  client.subscribe(["headgate/1/+/d/#", "headgate/json/#"], { qos: 1 }, () =>
    process.send?.({ kind: "subscribed", atMs: Date.now() }),
  );
});
client.on("error", () => {
  // The broker is killed on purpose in some scenarios; the client comes back by itself.
});
client.on("message", (topic, payload) => {
  waiting.push({ topic, payload, atMs: Date.now() });
  if (isFirst) takeApart();
});
setInterval(() => {
  if (Date.now() - (waiting.at(-1)?.atMs ?? 0) > QUIET_MS) takeApart();
}, CHECK_MS);
process.on("message", (ask) => {
  takeApart();
  if (ask === "clear-latency") counter.clearLatency();
  if (ask === "report") process.send?.({ kind: "report", report: counter.report() });
});
process.on("disconnect", () => process.exit(0));
