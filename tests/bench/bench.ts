// Measures the built gateway against independent meters and an independent broker.
// usage: bench [scenario…] [--seconds 60] [--runs 1] [--program FILE] [--node OPTION…]
//   [--history "0 B"]
import { parseArgs } from "node:util";
import { backlog } from "./backlog.ts";
import type { Figure } from "./figure.ts";
import { history } from "./history.ts";
import { modbusRtu, modbusTcp } from "./modbus-driver.ts";
import { postgresStore } from "./postgres.ts";
import { withReceiver } from "./receiver.ts";
import { receiving } from "./receiving.ts";
import { machine, type Result, table, writeJson } from "./report.ts";
import { slowDisk } from "./slow-disk.ts";
import { startup } from "./startup.ts";
import { steady } from "./steady.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "60" },
    runs: { type: "string", default: "1" },
    program: { type: "string" },
    history: { type: "string" },
    node: { type: "string", multiple: true, default: [] },
  },
});
const seconds = Number(values.seconds);
const common = {
  nodeOptions: values.node,
  ...(values.history ? { historyCapacity: values.history } : {}),
  ...(values.program ? { program: values.program } : {}),
};
const scenarios: Readonly<Record<string, () => Promise<Figure[]>>> = {
  startup: () => startup({ ...common, scanMs: 1000 }),
  "steady-1s": () => steady({ ...common, scanMs: 1000 }, seconds),
  "steady-100ms": () => steady({ ...common, scanMs: 100 }, seconds),
  "json-1s": () => steady({ ...common, scanMs: 1000, format: "json" }, seconds),
  "json-100ms": () => steady({ ...common, scanMs: 100, format: "json" }, seconds),
  receiver: () => withReceiver({ ...common, scanMs: 1000 }, seconds),
  postgres: () => postgresStore(seconds),
  "slow-disk": () => slowDisk(seconds),
  history: () => history(seconds),
  receiving: () => receiving(seconds),
  "modbus-tcp": () => modbusTcp(seconds),
  "modbus-rtu": () => modbusRtu(seconds),
  backlog: () => backlog({ ...common, scanMs: 1000 }, seconds),
};

const chosen = positionals.length > 0 ? positionals : Object.keys(scenarios);
const unknown = chosen.filter((name) => !(name in scenarios));
if (unknown.length > 0) {
  const known = Object.keys(scenarios).join(", ");
  process.stderr.write(`no scenario "${unknown.join('", "')}"; there are: ${known}\n`);
  process.exit(2);
}

const results: Result[] = [];
process.stdout.write(`${JSON.stringify(machine())}\n`);
for (const scenario of chosen) {
  const runs: Figure[][] = [];
  for (let run = 1; run <= Number(values.runs); run++) {
    process.stderr.write(`${scenario}, run ${run} of ${values.runs}\n`);
    runs.push((await scenarios[scenario]?.()) ?? []);
  }
  results.push({ scenario, runs });
  process.stdout.write(`\n${table([{ scenario, runs }])}`);
}
process.stdout.write(`\nall figures: ${writeJson(results)}\n`);
