import type { Context, UplinkPort } from "@headgate/model";
import { Budget } from "./budget.ts";
import type { MqttConfig } from "./config.ts";
import { type Learned, learnedOf } from "./learned.ts";
import { MonthFile } from "./month-file.ts";
import { wireBytesOf } from "./wire-bytes.ts";

/** TCP, MQTT and, where there is one, the TLS handshake: about. */
const CONNECT_BYTES = 3 * wireBytesOf(200);
const TLS_BYTES = 6000;

/** The budget of an uplink, which outlives its sessions; one more connection is counted. */
export async function paceOf(
  config: MqttConfig,
  port: UplinkPort,
  context: Context,
): Promise<NonNullable<Learned["pace"]>> {
  const learned = learnedOf(config);
  const bytesMax = config.budget?.monthly;
  const month =
    learned.pace?.month ??
    (bytesMax === undefined ? null : await MonthFile.open(bytesMax, context));
  learned.pace ??= {
    month,
    budget: new Budget({
      config: config.budget,
      timezone: port.timezone ?? "UTC",
      clock: context.clock,
      month: month?.count ?? null,
      onCounted: () => void month?.save(),
    }),
  };
  const isTls = /^(mqtts|wss):/.test(config.url);
  learned.pace.budget.count(CONNECT_BYTES + (isTls ? TLS_BYTES : 0));
  return learned.pace;
}
