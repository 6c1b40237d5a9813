// Asks the whole API of a built gateway, as `/api/openapi.json` has it, by everybody: right, nearly
// right, and meant badly. Ends with 0 if it never answered 5xx but where the document says so, did
// not crash nor grow, and went on with its devices. Build before.
// usage: fuzz-api [--minutes 10] [--seconds 10] [--seed 1]
import { parseArgs } from "node:util";
import { fuzzApi } from "./api/api-fuzz.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    seconds: { type: "string" },
    seed: { type: "string", default: "1" },
  },
});
const seconds = Number(values.seconds ?? Number(values.minutes) * 60);
const onProgress = (text: string) => console.error(text);
const report = await fuzzApi({ seconds, seed: Number(values.seed), onProgress });

for (const [name, statuses] of [...report.statuses].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
  const counts = [...statuses].toSorted().map(([status, count]) => `${status}: ${count}`);
  console.log(`${name.padEnd(48)} ${counts.join("  ")}`);
}
const grown = `${Math.round(report.firstMb)} to ${Math.round(report.lastMb)} MB`;
console.log(`${report.requestCount} requests in ${seconds} s, seed ${values.seed}; ${grown}`);
for (const [fault, detail] of report.faults) console.log(`FAULT ${fault}\n  ${detail}`);
process.exitCode = report.faults.size === 0 ? 0 : 1;
