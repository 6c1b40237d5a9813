import { describeError, Misconfigured, Refused, Unreachable } from "@headgate/model";
import type { Catalogue, ChannelConfig } from "../config/config.ts";
import { CALLED, type Called, callDrivers, callLine } from "./call-lines.ts";
import type { FindScope, SearchedLine } from "./find-on-line.ts";
import { findOnSerial } from "./find-serial.ts";
import type { FindEvent } from "./found-device.ts";
import { orderUnits } from "./search-plan.ts";

/** Who may be on a channel's line, with the settings that the channel has. */
export interface ChannelSearch {
  readonly channel: ChannelConfig;
  readonly unitIds: readonly number[];
  readonly timeoutMs: number;
  /** Those of other protocols call their meters on the same line. */
  readonly drivers: Catalogue["drivers"];
}

/** What a person writes of such a channel. */
const WRITTEN = ["path", "host", "port", "baudRate", "parity"];
/** A protocol of its own for each byte: nobody else is on such a line. */
const ALONE = "modbus-ascii";

/** Throws `Misconfigured` where there is no line that several devices share. */
export function checkSearchable({ id, driver }: ChannelConfig): void {
  if (driver.search && driver.line?.medium === "serial") return;
  const hint = "name the host instead: headgate scan modbus HOST:PORT";
  throw new Misconfigured(`channel "${id}": a ${driver.type} channel is no serial line; ${hint}`);
}

/** Looks who is on the line of a channel, which goes on reading in turns with the search. */
export async function searchChannel(search: ChannelSearch, scope: FindScope): Promise<void> {
  const { channel, unitIds, timeoutMs } = search;
  const { driver, settings } = channel;
  checkSearchable(channel);
  const known = settings as Readonly<Record<string, unknown>>;
  const keys = WRITTEN.filter((key) => known[key] !== undefined);
  const written = Object.fromEntries(keys.map((key) => [key, known[key]]));
  const line: SearchedLine = {
    driver,
    settings: written,
    tuning: {},
    config: { ...known, timeout: timeoutMs },
    name: channel.id,
    timeoutMs,
    isShared: true,
  };
  const calls = (await calledBeside(search)).map((one) => callLine(one, written, channel.id));
  // Meters of such a channel are called; it has no unit ids to ask for.
  const settingsOf = calls.some((one) => one.driver.type === driver.type) ? [] : [line];
  const order = orderUnits(unitIds, []);
  const lookMs = (one: SearchedLine) => one.timeoutMs;
  const wish = { settings: settingsOf, calls, ...order, lookMs };
  await findOnSerial({ ...wish, isAll: true, countMax: Number.POSITIVE_INFINITY }, scope);
}

/** On a Modbus line meters of both protocols may be, on a line of theirs only their own. */
async function calledBeside({ channel, drivers }: ChannelSearch) {
  const { type } = channel.driver;
  if (type === ALONE) return [];
  const own = CALLED.filter((one) => `${type}-`.startsWith(`${one}-`));
  const protocols: readonly Called[] = own.length > 0 ? own : CALLED;
  const { host } = channel.settings as { readonly host?: unknown };
  return await callDrivers(drivers, { protocols, isSocket: host !== undefined });
}

type Emit = FindScope["emit"];

/** What a search tells, as lines of JSON; who stops listening ends it. A lost line is a note. */
export async function* eventLines(
  run: (emit: Emit, signal: AbortSignal) => Promise<void>,
): AsyncGenerator<string> {
  const ending = new AbortController();
  const waiting: FindEvent[] = [];
  let wake = () => {};
  let end: { readonly fault: unknown } | null = null;
  const emit: Emit = (event) => {
    waiting.push(event);
    wake();
  };
  const running = run(emit, ending.signal)
    .then(
      () => ({ fault: null }),
      (fault: unknown) => ({ fault }),
    )
    .then((result) => {
      end = result;
      wake();
      return result;
    });
  try {
    while (end === null || waiting.length > 0) {
      if (waiting.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      yield waiting
        .splice(0)
        .map((event) => `${JSON.stringify(event)}\n`)
        .join("");
    }
    const { fault } = await running;
    const isSaid = [Unreachable, Misconfigured, Refused].some((Kind) => fault instanceof Kind);
    if (isSaid) {
      yield `${JSON.stringify({ kind: "note", text: describeError(fault) })}\n`;
    } else if (fault !== null) throw fault;
  } finally {
    ending.abort();
    await running;
  }
}
