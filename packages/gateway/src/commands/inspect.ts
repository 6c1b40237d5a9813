import type { Context } from "@headgate/model";
import type { GatewayConfig } from "../config/config.ts";
import { systemLang } from "../config/load.ts";
import type { Lang } from "../config/messages.ts";
import {
  findTarget,
  type InspectReport,
  type InspectRequest,
  inspectTarget,
} from "../inspect/inspect-device.ts";
import { renderInspection } from "../inspect/render-inspection.ts";
import { ExitCode } from "./exit-code.ts";
import { findRunning } from "./find-running.ts";
import { channelContext } from "./read.ts";

/**
 * `headgate inspect`: through the gateway that runs on this config if there is one, since a serial
 * line has one owner; else by opening the line for the moment.
 */
export async function inspectOnce(
  config: GatewayConfig,
  request: InspectRequest,
  context: Context,
): Promise<InspectReport> {
  const target = findTarget(config, request);
  const running = await findRunning(config, context);
  if (running !== null) {
    const { name, address, hints } = request;
    const { shows, unit, min, max } = hints;
    const query = { device: name, address, shows, unit, min: textOf(min), max: textOf(max) };
    return await running.ask("/api/inspect", query, context.signal);
  }
  const { channel } = target;
  const scoped = channelContext({ channel, points: [] }, context);
  const connection = await channel.driver.open(channel.settings, scoped);
  try {
    return await inspectTarget(connection, target, context.signal);
  } finally {
    await connection.close();
  }
}

const textOf = (number: number | null) => (number === null ? null : String(number));

/** What the command prints, and how it ends: 1 if nothing fits. */
export function inspectOutput(
  report: InspectReport,
  { lang, isJson }: { lang: string | undefined; isJson: boolean },
): { text: string; exitCode: number } {
  const spoken: Lang = lang === "zh" || lang === "en" ? lang : systemLang();
  const text = isJson ? `${JSON.stringify(report, null, 2)}\n` : renderInspection(report, spoken);
  return { text, exitCode: report.verdict === "none" ? ExitCode.no : ExitCode.ok };
}
