import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { BUDGETS } from "./budgets.ts";
import type { Figure } from "./figure.ts";
import { quantile } from "./statistics.ts";

/** One scenario's figures, of each run. */
export interface Result {
  readonly scenario: string;
  readonly runs: readonly (readonly Figure[])[];
}

/** One figure over all runs of its scenario. */
interface Row {
  readonly scenario: string;
  readonly name: string;
  readonly unit: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly budget: number | null;
}

/** A Markdown table: medians, lowest and highest, and whether the median keeps its budget. */
export function table(results: readonly Result[]): string {
  const lines = ["|scenario|figure|median|min – max|budget|", "|-|-|-|-|-|"];
  for (const row of results.flatMap(rowsOf)) {
    const { scenario, name, unit, median, min, max, budget } = row;
    const isOver = budget !== null && !(median <= budget);
    const limit = budget === null ? "" : isOver ? `**over ${budget}**` : `≤ ${budget}`;
    const spread = min === max ? "" : `${digits(min)} – ${digits(max)}`;
    lines.push(`|${scenario}|${name}|${digits(median)} ${unit}|${spread}|${limit}|`);
  }
  return `${lines.join("\n")}\n`;
}

/** Writes all figures with the machine they were taken on; gives the file's path. */
export function writeJson(results: readonly Result[]): string {
  const path = join(mkdtempSync(join(tmpdir(), "headgate-bench-")), "bench.json");
  writeFileSync(path, `${JSON.stringify({ machine: machine(), results }, null, 2)}\n`);
  return path;
}

/** What the figures depend on. */
export function machine(): Record<string, string | number> {
  const load = readFileSync("/proc/loadavg", "utf8").split(" ").slice(0, 3).join(" ");
  const [cpu] = cpus();
  return {
    date: new Date().toISOString(),
    cores: cpus().length,
    cpu: cpu?.model ?? "unknown",
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.versions.node,
    load,
  };
}

function rowsOf({ scenario, runs }: Result): Row[] {
  return (runs[0] ?? []).map(({ name, unit }) => {
    const values = runs.flatMap((run) => {
      const figure = run.find((other) => other.name === name);
      return figure ? [figure.value] : [];
    });
    const [min, max] = [Math.min(...values), Math.max(...values)];
    const budget = BUDGETS[scenario]?.[name] ?? null;
    return { scenario, name, unit, median: quantile(values, 0.5), min, max, budget };
  });
}

function digits(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString("en");
  return value.toFixed(Math.abs(value) < 10 ? 2 : 1);
}
