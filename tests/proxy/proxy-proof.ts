import { parseArgs } from "node:util";
import { runProxyProof } from "./run-proxy-proof.ts";

/**
 * SCADA and gateway on one device that takes one client, through the proxy; exit 1 if a connection
 * was refused, a value differs, or a write is lost, twice or out of order.
 */

const { values } = parseArgs({ options: { minutes: { type: "string", default: "10" } } });
const minutes = Number(values.minutes);
process.stdout.write(`proxy proof, ${minutes} min\n`);
const { violations, ...figures } = await runProxyProof({
  seconds: Math.round(minutes * 60),
  say: (line) => process.stdout.write(`${line}\n`),
});
for (const [name, value] of Object.entries(figures)) {
  process.stdout.write(`${name.padEnd(18)} ${String(value).padStart(10)}\n`);
}
for (const line of violations.slice(0, 50)) process.stdout.write(`${line}\n`);
if (violations.length > 0) process.exitCode = 1;
else process.stdout.write("no refused connection, every value equal, every write once\n");
