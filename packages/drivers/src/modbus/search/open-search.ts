import type { Context } from "@headgate/model";
import { byteMsOf, frameGapMs } from "../../wire/line-times.ts";
import { openSharedSerial, openSharedSocket } from "../../wire/open-shared.ts";
import { openSocketWire } from "../../wire/socket-wire.ts";
import type { Wire } from "../../wire/wire.ts";
import { asciiWire } from "../ascii-wire.ts";
import type { RtuConfig, RtuOverTcpConfig, TcpConfig } from "../settings.ts";
import { ModbusSearch } from "./modbus-search.ts";
import { RtuSearchPort, TcpSearchPort } from "./search-ports.ts";

/** Silence before a question; a unit that needs more is found out and given it. */
const TURNAROUND_MS = 10;

/** Opens a serial port to look who is on it, or joins the channels that have it open. */
export function searchRtu(config: RtuConfig, context: Context): Promise<ModbusSearch> {
  return searchSerial(config, context, { translate: (wire) => wire, bytesPerByte: 1 });
}

/** The same where two characters stand for each byte. */
export function searchAscii(config: RtuConfig, context: Context): Promise<ModbusSearch> {
  return searchSerial(config, context, { translate: asciiWire, bytesPerByte: 2 });
}

interface Framing {
  readonly translate: (wire: Wire) => Wire;
  readonly bytesPerByte: number;
}

async function searchSerial(
  config: RtuConfig,
  context: Context,
  { translate, bytesPerByte }: Framing,
): Promise<ModbusSearch> {
  const { path, baudRate, parity, dataBits, stopBits, timeout } = config;
  const { turnaround = TURNAROUND_MS } = config;
  const characterMs = byteMsOf(config);
  const pauseMs = frameGapMs(characterMs) + turnaround;
  const serial = { path, baudRate, parity, dataBits, stopBits, quietMs: pauseMs };
  const wire = translate(await openSharedSerial(serial, context));
  const { clock } = context;
  const byteMs = characterMs * bytesPerByte;
  const port = new RtuSearchPort({ wire, clock, pauseMs, byteMs });
  return new ModbusSearch({ port, clock, timeoutMs: timeout, hasIds: false });
}

/** The same through a serial server. */
export async function searchRtuOverTcp(
  config: RtuOverTcpConfig,
  context: Context,
): Promise<ModbusSearch> {
  const { host, port: tcpPort, connectTimeout, turnaround = TURNAROUND_MS, timeout } = config;
  const socket = { host, port: tcpPort, connectTimeoutMs: connectTimeout, quietMs: turnaround };
  const wire = await openSharedSocket(socket, context);
  const { clock } = context;
  const port = new RtuSearchPort({ wire, clock, pauseMs: turnaround, byteMs: 0 });
  return new ModbusSearch({ port, clock, timeoutMs: timeout, hasIds: false });
}

/** Connects to a host to see which units answer there. */
export async function searchTcp(config: TcpConfig, context: Context): Promise<ModbusSearch> {
  const { host, port: tcpPort, connectTimeout, timeout, requestDelay } = config;
  const socket = { host, port: tcpPort, connectTimeoutMs: connectTimeout };
  const wire = await openSocketWire(socket, context);
  const { clock } = context;
  const port = new TcpSearchPort({ wire, clock, pauseMs: requestDelay, byteMs: 0 });
  return new ModbusSearch({ port, clock, timeoutMs: timeout, hasIds: true });
}
