import { readFile } from "node:fs/promises";
import type { Catalogue, GatewayConfig } from "../config/config.ts";
import { loadConfig, systemLang } from "../config/load.ts";
import type { Lang } from "../config/messages.ts";
import type { Problem } from "../config/problem.ts";
import { renderProblem } from "../config/render-problem.ts";
import { ExitCode } from "./exit-code.ts";

/** What to check and how to say it. */
export interface CheckOptions {
  readonly path: string;
  /** "en" or "zh"; the system's language if absent. */
  readonly lang?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Where a command writes: a stream, or a test's list. */
interface Output {
  write(text: string): unknown;
}

/** `headgate check`: exit code 0 with a summary, or 2 with every mistake, its place and a hint. */
export async function runCheck(
  options: CheckOptions,
  catalogue: Catalogue,
  out: Output,
): Promise<number> {
  const { path } = options;
  const lang: Lang = isLang(options.lang) ? options.lang : systemLang();
  const { config, problems } = await loadConfig(path, catalogue, { lang });
  const summary = config && summarize(config);
  if (options.json === true) {
    out.write(`${JSON.stringify({ isGood: config !== null, problems, summary }, null, 2)}\n`);
  } else {
    const text = await readFile(path, "utf8").catch(() => ""); // That it fails is a problem listed.
    out.write(
      problems.map((problem) => renderProblem(problem, { file: path, text, lang })).join(""),
    );
    out.write(summary ? goodText(path, summary, lang) : badText(problems, lang));
  }
  return config ? ExitCode.ok : ExitCode.usage;
}

function isLang(lang: string | undefined): lang is Lang {
  return lang === "en" || lang === "zh";
}

interface Summary {
  readonly channels: number;
  readonly devices: number;
  readonly points: number;
  /** What scans alone will give, before deadbands; pushed points come on top. */
  readonly samplesPerSecond: number;
  readonly uplinks: number;
}

function summarize({ channels, uplinks }: GatewayConfig): Summary {
  const devices = channels.flatMap((channel) => channel.devices);
  const points = devices.flatMap((device) => device.points);
  const rates = points.map(({ acquisition }) =>
    acquisition.kind === "scan" ? 1_000 / acquisition.intervalMs : 0,
  );
  const rate = rates.reduce((sum, one) => sum + one, 0);
  return {
    channels: channels.length,
    devices: devices.length,
    points: points.length,
    samplesPerSecond: Number(rate.toPrecision(4)),
    uplinks: uplinks.length,
  };
}

function goodText(path: string, summary: Summary, lang: Lang): string {
  const { channels, devices, points, samplesPerSecond, uplinks } = summary;
  if (lang === "zh") {
    const counts = `${channels} 个通道，${devices} 台设备，${points} 个测点`;
    return `${path} 正确：${counts}，每秒 ${samplesPerSecond} 个采样，${uplinks} 个上行\n`;
  }
  const counts = [count(channels, "channel"), count(devices, "device"), count(points, "point")];
  const rest = [`${samplesPerSecond} samples/s`, count(uplinks, "uplink")];
  return `${path} is good: ${[...counts, ...rest].join(", ")}\n`;
}

function badText(problems: readonly Problem[], lang: Lang): string {
  const errors = problems.filter(({ severity }) => severity === "error").length;
  return lang === "zh" ? `共 ${errors} 处错误\n` : `${count(errors, "mistake")} to correct\n`;
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? "" : "s"}`;
}
