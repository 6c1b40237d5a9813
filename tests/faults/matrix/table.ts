import { readFile, writeFile } from "node:fs/promises";
import { cpus, release, totalmem } from "node:os";
import { type CellResult, nameOf } from "./cell.ts";
import { FAULTS } from "./faults-of.ts";

const BEGIN = "<!-- matrix: written by `npx -y pnpm@12 faults` -->";
const END = "<!-- end of matrix -->";

/** Puts the table of all results between its two marks in the page. */
export async function writeTable(path: string, results: readonly CellResult[]): Promise<void> {
  const page = await readFile(path, "utf8");
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${path} has lost its marks`);
  await writeFile(path, `${before}${BEGIN}\n${tableOf(results)}${END}${after}`);
}

/** As markdown: the machine, then a row for each cell. */
export function tableOf(results: readonly CellResult[]): string {
  const order = Object.keys(FAULTS);
  const place = (result: CellResult) => order.indexOf(result.fault);
  const sorted = [...results].sort(
    (a, b) => place(a) - place(b) || nameOf(a).localeCompare(nameOf(b)),
  );
  const head = [
    "fault | broker | format | delivery | strikes | committed | stored | lost | twice",
    "in gaps | recovery | seed, s, date | verdict",
  ];
  const columns = head.join(" | ");
  const rule = columns.replaceAll(/[^|]+/g, "---");
  return ["", machine(), "", `| ${columns} |`, `|${rule}|`, ...sorted.map(rowOf), "", ""].join(
    "\n",
  );
}

function machine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  const model = cpus()[0]?.model.replaceAll(/\s+/g, " ") ?? "unknown processor";
  return `${cpus().length} × ${model}, ${memory} GiB, Linux ${release()}, Node ${process.version}.`;
}

function rowOf(result: CellResult): string {
  const { fault, broker, format, mode, strikes, committed, stored, lost, twice, gone } = result;
  const { recoveryMs, seed, seconds, at, violations, notPromised } = result;
  const recovery = `${(recoveryMs / 1000).toFixed(1)} s`;
  const run = `${seed}, ${seconds}, ${at.slice(0, 10)}`;
  const verdict = violations.length > 0 ? "**broken**" : "ok";
  const words = notPromised === "" ? verdict : `not promised: ${notPromised}`;
  const figures = [strikes, committed, stored, lost, twice, gone, recovery, run, words];
  return `| ${[fault, broker, format, mode, ...figures].join(" | ")} |`;
}
