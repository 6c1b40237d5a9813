// A process of its own: its work must not count as the gateway's.
import mqtt from "mqtt";
import { ArrivalCounter } from "./arrivals.ts";

const [url = ""] = process.argv.slice(2);
const counter = new ArrivalCounter();
let firstData = true;

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
  counter.take(topic, payload, Date.now());
  const isData = firstData && counter.report().samples > 0;
  if (!isData) return;
  firstData = false;
  process.send?.({ kind: "first-data", atMs: Date.now() });
});
process.on("message", (ask) => {
  if (ask === "clear-latency") counter.clearLatency();
  if (ask === "report") process.send?.({ kind: "report", report: counter.report() });
});
process.on("disconnect", () => process.exit(0));
