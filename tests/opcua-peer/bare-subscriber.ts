// node-opcua's own client and nothing else: subscribes to every name and counts.
import { createRequire } from "node:module";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";

const { endpoint, names, seconds } = workerData as {
  endpoint: string;
  names: readonly string[];
  seconds: number;
};
const drivers = join(import.meta.dirname, "..", "..", "packages", "drivers", "package.json");
const library = createRequire(drivers)("node-opcua-client");

const client = library.OPCUAClient.create({ endpointMustExist: false });
await client.connect(endpoint);
const session = await client.createSession();
const subscription = await session.createSubscription2({
  requestedPublishingInterval: 100,
  requestedMaxKeepAliveCount: 50,
  requestedLifetimeCount: 300,
  maxNotificationsPerPublish: 0,
  publishingEnabled: true,
  priority: 1,
});
let count = 0;
for (let at = 0; at < names.length; at += 500) {
  const part = names.slice(at, at + 500);
  const group = await subscription.monitorItems(
    part.map((name) => ({ nodeId: `ns=2;s=${name}`, attributeId: library.AttributeIds.Value })),
    { samplingInterval: 50, queueSize: 6, discardOldest: true },
    library.TimestampsToReturn.Both,
  );
  group.on("changed", () => {
    count++;
  });
}
await sleep(3000);
const delay = monitorEventLoopDelay({ resolution: 50 });
delay.enable();
const [before, startMs, cpu] = [count, performance.now(), process.cpuUsage()];
await sleep(seconds * 1000);
const counted = count - before;
const { user, system } = process.cpuUsage(cpu);
const perSecond = (counted * 1000) / (performance.now() - startMs);
const cpuMicros = (user + system) / counted;
parentPort?.postMessage({ perSecond, freezeMs: delay.max / 1e6, cpuMicros });
await session.close();
await client.disconnect();
