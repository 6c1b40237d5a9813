import { parseArgs } from "node:util";
import { backlog } from "./backlog.ts";
import type { Figure } from "./figure.ts";
import { startup } from "./startup.ts";
import { steady } from "./steady.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "60" },
    runs: { type: "string", default: "1" },
    program: { type: "string" },
    node: { type: "string", multiple: true, default: [] },
  },
});
const seconds = Number(values.seconds);
const common = {
  nodeOptions: values.node,
  ...(values.program ? { program: values.program } : {}),
};
const scenarios: Record<string, () => Promise<Figure[]>> = {
  "steady-1s": () => steady({ ...common, scanMs: 1000 }, seconds),
  "steady-100ms": () => steady({ ...common, scanMs: 100 }, seconds),
  "json-1s": () => steady({ ...common, scanMs: 1000, format: "json" }, seconds),
  "json-100ms": () => steady({ ...common, scanMs: 100, format: "json" }, seconds),
  backlog: () => backlog({ ...common, scanMs: 1000 }, seconds),
  startup: () => startup({ ...common, scanMs: 1000 }),
};
for (const name of positionals) {
  for (let run = 0; run < Number(values.runs); run++) {
    const figures = await scenarios[name]?.();
    process.stdout.write(`\n${name}\n`);
    for (const { name, unit, value } of figures ?? []) {
      process.stdout.write(`  ${name.padEnd(34)} ${value.toFixed(2).padStart(12)} ${unit}\n`);
    }
  }
}
