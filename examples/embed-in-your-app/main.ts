// A gateway inside your own program: two simulated points, kept in a buffer, printed as they come.
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { simulatedDriver } from "@headgate/drivers/simulated";
import { createGateway } from "@headgate/gateway";

const gateway = await createGateway({
  config: {
    gateway: { id: "my-app" },
    buffer: { path: await mkdtemp(join(tmpdir(), "my-app-")), commitInterval: "200 ms" },
    channels: { waves: { driver: "simulated", periodMs: 5000 } },
    devices: {
      tank: {
        channel: "waves",
        scan: "250 ms",
        points: {
          temperature: { mean: 4, amplitude: 0.5, unit: "°C" },
          level: { mean: 900, amplitude: 100, unit: "L", deadband: 1 },
        },
      },
    },
  },
  drivers: [simulatedDriver],
  uplinks: [],
});

const stop = new AbortController();
setTimeout(() => stop.abort(), 2000);
const printing = setInterval(() => {
  for (const { id, value, unit, quality } of gateway.points())
    console.log(id, value, unit, quality);
}, 500);

await gateway.run(stop.signal);
clearInterval(printing);
console.log("committed", gateway.status()?.buffer.committedCount, "samples");
