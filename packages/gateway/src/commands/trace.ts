import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Context, Misconfigured, Unreachable } from "@headgate/model";
import type { GatewayConfig } from "../config/config.ts";
import type { UnitCounters } from "../line/line-meter.ts";
import type { FrameView } from "../line/line-view.ts";
import { findRunning, type RunningGateway } from "./find-running.ts";
import { markUnanswered, type TracedFrame, UnansweredMarks } from "./unanswered.ts";

/** What was asked of `headgate trace`. */
export interface TraceOptions {
  readonly channel: string;
  readonly path: string;
  readonly seconds: string | null;
  readonly isErrorsOnly: boolean;
  readonly isJson: boolean;
}

type Write = (text: string) => unknown;

/** The last frames of a channel, one a line. */
export async function showTrace(
  config: GatewayConfig,
  options: TraceOptions,
  { context, write }: { context: Context; write: Write },
): Promise<void> {
  const { running, path } = await lineOf(config, options, context);
  const { signal } = context;
  const { frames } = await running.ask<{ frames: FrameView[] }>(`${path}/trace`, {}, signal);
  const shown = markUnanswered(frames).filter(
    ({ fault }) => !options.isErrorsOnly || fault !== null,
  );
  if (options.isJson) write(`${JSON.stringify(shown, null, 2)}\n`);
  else write(shown.map(frameLine).join(""));
}

/** The same, and each that comes, until the end of the time or Ctrl-C. */
export async function followTrace(
  config: GatewayConfig,
  options: TraceOptions,
  { context, write }: { context: Context; write: Write },
): Promise<void> {
  const { running, path } = await lineOf(config, options, context);
  const query = { seconds: options.seconds };
  const body = await running.open(`${path}/trace/follow`, query, context.signal);
  const decoder = new TextDecoder();
  const marks = new UnansweredMarks();
  let rest = "";
  await untilStopped(context, async () => {
    for await (const bytes of body) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) showLine(line, { ...options, marks }, write);
    }
  });
}

type Following = TraceOptions & { readonly marks: UnansweredMarks };

/** Where all is shown it is shown at once; among errors a request waits for its answer. */
function showLine(line: string, { isErrorsOnly, isJson, marks }: Following, write: Write): void {
  if (line === "") return;
  const told = JSON.parse(line) as FrameView | { lostCount: number };
  if ("lostCount" in told) {
    marks.end();
    write(isJson ? `${line}\n` : `… ${told.lostCount} pieces came too fast to be shown\n`);
    return;
  }
  const known = isErrorsOnly ? marks.take(told).filter(({ fault }) => fault !== null) : [told];
  for (const frame of known) write(isJson ? `${JSON.stringify(frame)}\n` : frameLine(frame));
}

/** Into a file for Wireshark; resolves with what tshark must be told to read it. */
export async function recordTrace(
  config: GatewayConfig,
  options: TraceOptions & { readonly file: string },
  context: Context,
): Promise<string> {
  const { running, path } = await lineOf(config, options, context);
  const { tsharkOptions } = await running.ask<{ tsharkOptions: string }>(
    `${path}/trace`,
    {},
    context.signal,
  );
  const body = await running.open(
    `${path}/recording.pcap`,
    { seconds: options.seconds },
    context.signal,
  );
  await untilStopped(context, () => pipeline(Readable.from(body), createWriteStream(options.file)));
  return tsharkOptions;
}

/** How each unit of a channel has answered since the gateway started. */
export async function showUnits(
  config: GatewayConfig,
  options: TraceOptions,
  { context, write }: { context: Context; write: Write },
): Promise<void> {
  const { running, path } = await lineOf(config, options, context);
  const told = await running.ask<{ strayCount: number; units: UnitCounters[] }>(
    `${path}/units`,
    {},
    context.signal,
  );
  write(options.isJson ? `${JSON.stringify(told, null, 2)}\n` : unitTable(told));
}

async function lineOf(
  config: GatewayConfig,
  { channel, path }: TraceOptions,
  context: Context,
): Promise<{ running: RunningGateway; path: string }> {
  const running = await findRunning(config, context);
  if (running !== null) {
    return { running, path: `/api/channels/${encodeURIComponent(channel)}` };
  }
  if (config.web === null) {
    throw new Misconfigured("trace: the config has web: false; a gateway is asked over HTTP");
  }
  const where = `${config.web.host}:${config.web.port}`;
  const what = `trace "${channel}": no gateway of this config answers at ${where}`;
  throw new Unreachable(`${what}; start one: headgate run -c ${path}`);
}

/** Ctrl-C is how one ends it: what has come is kept. */
async function untilStopped({ signal }: Context, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (cause) {
    if (signal.aborted) return;
    // Only the file has a path.
    if (cause instanceof Error && "path" in cause) {
      throw new Misconfigured(`trace: ${cause.message}; name a file that can be written`);
    }
    throw new Unreachable("trace: the gateway has gone", { cause });
  }
}

/** "12:00:00.123  >  unit 7   read holding:40 to 41". */
export function frameLine(frame: TracedFrame): string {
  const { atMs, direction, unit, text, fault, roundTripMs, bytes } = frame;
  const time = new Date(atMs);
  const two = (number: number, digits = 2) => String(number).padStart(digits, "0");
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map((n) => two(n));
  const at = `${clock.join(":")}.${two(time.getMilliseconds(), 3)}`;
  const who = unit === null ? "" : `unit ${unit}`;
  const took = roundTripMs === null ? "" : `  ${Number(roundTripMs.toPrecision(3))} ms`;
  const wrong = fault === null ? "" : `  ! ${fault}`;
  const raw = fault === "noise" || fault === "checksum" ? `: ${bytes}` : "";
  const arrow = direction === "sent" ? ">" : "<";
  return `${at}  ${arrow}  ${who.padEnd(8)}  ${text}${raw}${took}${wrong}\n`;
}

const HEAD = ["UNIT", "REQUESTS", "OK", "TIMEOUT", "CHECKSUM", "FOREIGN", "MALFORMED"] as const;

function unitTable({ units, strayCount }: { strayCount: number; units: UnitCounters[] }): string {
  const rows = units.map((one) => {
    const trip = one.roundTripMs;
    const exceptions = Object.entries(one.exceptions).map(([name, count]) => `${count} ${name}`);
    return [
      String(one.unit),
      ...[one.requestCount, one.okCount, one.timeoutCount].map(String),
      ...[one.checksumCount, one.foreignCount, one.malformedCount].map(String),
      ...(trip ? [trip.p50, trip.p95, trip.max].map(String) : ["-", "-", "-"]),
      String(Number((one.longestSilenceMs / 1000).toPrecision(3))),
      exceptions.join(", "),
    ];
  });
  const head = [...HEAD, "P50 MS", "P95 MS", "MAX MS", "SILENCE S", "EXCEPTIONS"];
  const table = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return `${table.map(line).join("\n")}\nframes that answered nothing: ${strayCount}\n`;
}
