import type { Context, Unreachable } from "@headgate/model";
import { byteMsOf } from "../wire/line-times.ts";
import { openSharedSerial, openSharedSocket } from "../wire/open-shared.ts";
import { tapWire } from "../wire/tap-wire.ts";
import type { Wire } from "../wire/wire.ts";
import { CallPort } from "./call-port.ts";
import { MeterConnection, type MeterDevice, type MeterReader } from "./meter-connection.ts";
import { type AnyAnswer, type AnyQuestion, MeterLine, type MeterProtocol } from "./meter-line.ts";
import { type CallSide, MeterSearch } from "./meter-search.ts";
import type { SerialConfig, SocketConfig } from "./settings.ts";

/** What makes one protocol of a line: its frames, and how a meter is read with them. */
export interface MeterSide<
  Question extends AnyQuestion,
  Answer extends AnyAnswer,
  Address,
  Device extends MeterDevice,
> {
  readonly protocol: MeterProtocol<Question, Answer>;
  createReader(line: MeterLine<Question, Answer>): MeterReader<Address, Device>;
}

/** Opens a serial port with meters, or joins the channels that have it open. */
export async function openSerialLine<
  Q extends AnyQuestion,
  A extends AnyAnswer,
  Address,
  Device extends MeterDevice,
>(
  side: MeterSide<Q, A, Address, Device>,
  config: SerialConfig,
  context: Context,
): Promise<MeterConnection<Address, Device>> {
  const { path, baudRate, parity, dataBits, stopBits, turnaround } = config;
  const serial = { path, baudRate, parity, dataBits, stopBits, quietMs: turnaround };
  const wire = tapWire(await openSharedSerial(serial, context), context.tap);
  const byteMs = byteMsOf(config);
  const timeoutsMax = Number.POSITIVE_INFINITY;
  return connect(side, { ...config, wire, byteMs, where: path, timeoutsMax }, context);
}

/** Connects to a serial server with meters behind it, or joins the channels that are connected. */
export async function openSocketLine<
  Q extends AnyQuestion,
  A extends AnyAnswer,
  Address,
  Device extends MeterDevice,
>(
  side: MeterSide<Q, A, Address, Device>,
  config: SocketConfig,
  context: Context,
): Promise<MeterConnection<Address, Device>> {
  const { host, port, connectTimeout, turnaround } = config;
  const socket = { host, port, connectTimeoutMs: connectTimeout, quietMs: turnaround };
  const wire = tapWire(await openSharedSocket(socket, context), context.tap);
  return connect(side, { ...config, wire, byteMs: 0, where: `${host}:${port}` }, context);
}

/**
 * What of another protocol's frame looks like the beginning of one is forgotten by then: devices
 * wait no longer for the next byte.
 */
const OTHERS_QUIET_MS = 500;

/** Opens a serial port to look which meters are on it, or joins the channels that have it open. */
export async function searchSerialLine<
  Q extends AnyQuestion,
  A extends AnyAnswer,
  Address,
  Device extends MeterDevice,
>(
  { line, call }: { line: MeterSide<Q, A, Address, Device>; call: CallSide<Device> },
  config: SerialConfig,
  context: Context,
): Promise<MeterSearch<Address, Device>> {
  const { path, baudRate, parity, dataBits, stopBits, timeout: timeoutMs, turnaround } = config;
  const serial = { path, baudRate, parity, dataBits, stopBits, quietMs: OTHERS_QUIET_MS };
  const wire = await openSharedSerial(serial, context);
  const { shape } = call;
  const times = { timeoutMs, turnaroundMs: turnaround, byteMs: byteMsOf(config) };
  const port = new CallPort({ wire, clock: context.clock, shape, ...times });
  const openConnection = () => openSerialLine(line, config, context);
  return new MeterSearch({ side: call, port, openConnection });
}

/** The same through a serial server. */
export async function searchSocketLine<
  Q extends AnyQuestion,
  A extends AnyAnswer,
  Address,
  Device extends MeterDevice,
>(
  { line, call }: { line: MeterSide<Q, A, Address, Device>; call: CallSide<Device> },
  config: SocketConfig,
  context: Context,
): Promise<MeterSearch<Address, Device>> {
  const { host, port: tcpPort, connectTimeout, timeout: timeoutMs, turnaround } = config;
  const quietMs = OTHERS_QUIET_MS;
  const socket = { host, port: tcpPort, connectTimeoutMs: connectTimeout, quietMs };
  const wire = await openSharedSocket(socket, context);
  const { shape } = call;
  const times = { timeoutMs, turnaroundMs: turnaround, byteMs: 0 };
  const port = new CallPort({ wire, clock: context.clock, shape, ...times });
  const openConnection = () => openSocketLine(line, config, context);
  return new MeterSearch({ side: call, port, openConnection });
}

interface LineSettings {
  readonly wire: Wire;
  readonly byteMs: number;
  readonly where: string;
  readonly timeout: number;
  readonly turnaround: number;
  readonly timeoutsMax: number;
}

function connect<Q extends AnyQuestion, A extends AnyAnswer, Address, Device extends MeterDevice>(
  { protocol, createReader }: MeterSide<Q, A, Address, Device>,
  { wire, byteMs, where, timeout, turnaround, timeoutsMax }: LineSettings,
  { clock, signal, tap }: Context,
): MeterConnection<Address, Device> {
  const line = new MeterLine({ wire, clock, protocol, turnaroundMs: turnaround, byteMs, tap });
  line.endWith(signal);
  const reader = createReader(line);
  const lose = (why: Unreachable) => line.lose(why);
  return new MeterConnection({ reader, where, clock, timeoutMs: timeout, timeoutsMax, lose });
}
