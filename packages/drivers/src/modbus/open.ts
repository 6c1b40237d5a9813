import { type Context, Unreachable } from "@headgate/model";
import { ModbusConnection } from "./connection.ts";
import { type Framing, Line, type Wire } from "./line.ts";
import { RtuFraming } from "./rtu-framing.ts";
import { openSerialWire } from "./serial-wire.ts";
import type { RtuConfig, RtuOverTcpConfig, TcpConfig } from "./settings.ts";
import { openSocketWire } from "./socket-wire.ts";
import { TcpFraming } from "./tcp-framing.ts";

/** Connects to a Modbus TCP device or gateway. */
export async function openTcp(config: TcpConfig, context: Context): Promise<ModbusConnection> {
  const wire = await openSocketWire(socketOf(config), context);
  const where = `${config.host}:${config.port}`;
  const framing = new TcpFraming();
  return await connect({ ...config, wire, framing, where, pauseMs: 0, byteMs: 0 }, context);
}

/** Connects to a serial server. It paces its own serial line, we only keep the turnaround. */
export async function openRtuOverTcp(
  config: RtuOverTcpConfig,
  context: Context,
): Promise<ModbusConnection> {
  const wire = await openSocketWire(socketOf(config), context);
  const where = `${config.host}:${config.port}`;
  const framing = new RtuFraming();
  const pauseMs = config.turnaround;
  return await connect({ ...config, wire, framing, where, pauseMs, byteMs: 0 }, context);
}

/** Opens a serial port. */
export async function openRtu(config: RtuConfig, context: Context): Promise<ModbusConnection> {
  const wire = await openSerialWire(config, context);
  const { path, baudRate, parity, dataBits, stopBits, turnaround } = config;
  const bitsPerByte = 1 + dataBits + (parity === "none" ? 0 : 1) + stopBits;
  const byteMs = (1000 * bitsPerByte) / baudRate;
  const pauseMs = Math.max(FRAME_GAP_BYTES * byteMs, FRAME_GAP_MIN_MS) + turnaround;
  const framing = new RtuFraming();
  const timeoutsMax = Number.POSITIVE_INFINITY;
  const line = { ...config, wire, framing, where: path, pauseMs, byteMs, timeoutsMax };
  return await connect(line, context);
}

/** Modbus over serial line, 2.5.1.1: 3.5 characters end a frame, 1.75 ms above 19200 baud. */
const FRAME_GAP_BYTES = 3.5;
const FRAME_GAP_MIN_MS = 1.75;

interface LineSettings {
  readonly wire: Wire;
  readonly framing: Framing;
  readonly where: string;
  readonly pauseMs: number;
  readonly byteMs: number;
  readonly timeout: number;
  readonly timeoutsMax: number;
  readonly requestDelay: number;
  readonly connectDelay: number;
}

async function connect(settings: LineSettings, context: Context): Promise<ModbusConnection> {
  const { clock, signal } = context;
  const { wire, framing, byteMs, where, timeout, timeoutsMax, requestDelay } = settings;
  const pauseMs = Math.max(settings.pauseMs, requestDelay);
  const line = new Line({ wire, framing, clock, pauseMs, byteMs });
  line.endWith(signal);
  if (settings.connectDelay > 0) await clock.sleep(settings.connectDelay, signal);
  if (signal.aborted) throw new Unreachable(`open ${where}: given up, the gateway stops`);
  return new ModbusConnection({ line, where, clock, timeoutMs: timeout, timeoutsMax });
}

function socketOf({ host, port, connectTimeout }: TcpConfig | RtuOverTcpConfig) {
  return { host, port, connectTimeoutMs: connectTimeout };
}
