// Runs the fault matrix, in parts if need be, and writes what was found into docs/reliability.md.
// usage: faults [--only TEXT …] [--broker NAME …] [--quick] [--seconds 20] [--seed N] [--jobs 2]
//        [--again] [--results FOLDER] [--list]
import { spawn } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { BUILT_HEADGATE } from "../../integration/peers/headgate.ts";
import { type Cell, nameOf } from "./cell.ts";
import { allCells } from "./faults-of.ts";
import { readResults, writeResult } from "./results.ts";
import { runCell } from "./run-cell.ts";
import { writeTable } from "./table.ts";

const root = join(import.meta.dirname, "../../..");
const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: [] },
    quick: { type: "boolean", default: false },
    again: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    seconds: { type: "string", default: "20" },
    seed: { type: "string", default: "20261" },
    jobs: { type: "string", default: "2" },
    results: { type: "string", default: join(root, "node_modules/.cache/headgate-faults") },
    program: { type: "string", default: BUILT_HEADGATE },
    /** Of a job: its one cell. */
    cell: { type: "string" },
  },
});

/** Every word of one `--only` is in the cell's name. */
function isChosen(cell: Cell): boolean {
  const name = nameOf(cell);
  const isNamed = (text: string) => text.split(",").every((word) => name.includes(word.trim()));
  return values.only.length === 0 || values.only.some(isNamed);
}

/** One broker and one format of each fault. */
function isQuick({ broker, format, mode }: Cell): boolean {
  return !values.quick || (broker === "mosquitto 5" && format === "blocks" && mode === "receiver");
}

function runJob(cell: Cell): Promise<boolean> {
  const { seconds, seed, results, program } = values;
  const words = ["--cell", JSON.stringify(cell), "--seconds", seconds, "--seed", seed];
  const node = ["--conditions=headgate-source", import.meta.filename];
  const rest = ["--results", results, "--program", program];
  const child = spawn(process.execPath, [...node, ...words, ...rest], { stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code === 0));
  });
}

async function runHere(cell: Cell): Promise<void> {
  const { seconds, seed, results, program } = values;
  const result = await runCell(cell, { seed: Number(seed), seconds: Number(seconds), program });
  await writeResult(results, result);
  const { committed, stored, lost, twice, gone, recoveryMs, strikes, notPromised } = result;
  const figures = { strikes, committed, stored, lost, twice, gone, recoveryMs };
  const text = Object.entries(figures).map(([name, value]) => `${name} ${value}`);
  const isGood = result.violations.length === 0;
  const word = notPromised !== "" ? "not promised" : isGood ? "ok" : "FAILED";
  process.stdout.write(`${word}: ${nameOf(cell)}: ${text.join(", ")}\n`);
  for (const violation of result.violations) process.stdout.write(`  ${violation}\n`);
  process.exitCode = isGood ? 0 : 1;
}

async function runAll(): Promise<void> {
  const known = new Set((await readResults(values.results)).map(nameOf));
  const due = allCells()
    .filter((cell) => isChosen(cell) && isQuick(cell))
    .filter((cell) => values.again || !known.has(nameOf(cell)));
  process.stdout.write(`${due.length} cells of ${values.seconds} s, seed ${values.seed}\n`);
  let failures = 0;
  const work = async () => {
    for (let cell = due.shift(); cell; cell = due.shift()) {
      if (!(await runJob(cell))) failures++;
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, work));
  await writeTable(join(root, "docs/reliability.md"), await readResults(values.results));
  process.stdout.write(`${failures} cells failed; the table is in docs/reliability.md\n`);
  process.exitCode = failures === 0 ? 0 : 1;
}

if (values.list) for (const cell of allCells()) process.stdout.write(`${nameOf(cell)}\n`);
else if (values.cell !== undefined) await runHere(JSON.parse(values.cell) as Cell);
else await runAll();
