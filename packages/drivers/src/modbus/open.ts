import { type Context, Unreachable } from "@headgate/model";
import { byteMsOf, frameGapMs } from "../wire/line-times.ts";
import { openSharedSerial, openSharedSocket } from "../wire/open-shared.ts";
import { openSocketWire } from "../wire/socket-wire.ts";
import { tapWire } from "../wire/tap-wire.ts";
import { openTlsWire } from "../wire/tls-wire.ts";
import type { Wire } from "../wire/wire.ts";
import { asciiWire } from "./ascii-wire.ts";
import { loadClient } from "./client.ts";
import type { ModbusConnection } from "./connection.ts";
import { LessonsKeeper } from "./lessons-keeper.ts";
import { Line } from "./line.ts";
import type { Port } from "./port.ts";
import type { ProxySettings } from "./proxy/settings.ts";
import { RegisterCache } from "./register-cache.ts";
import { type RememberedUnits, rememberedOf } from "./remembered.ts";
import { RtuPort } from "./rtu-port.ts";
import {
  type RtuConfig,
  type RtuOverTcpConfig,
  type TcpConfig,
  TURNAROUND_MS,
} from "./settings.ts";
import { SunspecConnection } from "./sunspec/sunspec-connection.ts";
import { nextIds, TcpPort } from "./tcp-port.ts";

/** Connects to a Modbus TCP device or gateway. */
export async function openTcp(config: TcpConfig, context: Context): Promise<ModbusConnection> {
  const createClient = await loadClient();
  const { clock, tap } = context;
  const { tls } = config;
  const socket = socketOf(config);
  const opening = tls
    ? openTlsWire({ ...socket, tls }, context)
    : openSocketWire({ ...socket, isLending: true }, context);
  const wire = tapWire(await opening, tap);
  const port = new TcpPort({ wire, clock, tap, pauseMs: config.requestDelay, lastId: nextIds() });
  const kept = { where: whereOf(config), remembered: rememberedOf(config) };
  return await connect({ ...config, port, createClient, ...kept }, context);
}

/** Connects to a serial server. It paces its own serial line, we only keep the turnaround. */
export async function openRtuOverTcp(
  config: RtuOverTcpConfig,
  context: Context,
): Promise<ModbusConnection> {
  const createClient = await loadClient();
  const { turnaround, requestDelay } = config;
  const pauseMs = Math.max(turnaround ?? 0, requestDelay);
  const { clock, tap } = context;
  const socket = { ...socketOf(config), quietMs: Math.max(pauseMs, turnaround ?? TURNAROUND_MS) };
  const wire = tapWire(await openSharedSocket(socket, context), tap);
  const port = new RtuPort({ wire, clock, tap, pauseMs, byteMs: 0 });
  const quiet = { quietMs: learntQuietMs(turnaround), remembered: rememberedOf(config) };
  const settings = { ...config, port, createClient, where: whereOf(config), ...quiet };
  return await connect(settings, context);
}

/** Opens a serial port. */
export function openRtu(config: RtuConfig, context: Context): Promise<ModbusConnection> {
  return openSerial(config, context, { translate: (wire) => wire, bytesPerByte: 1 });
}

/** Opens a serial port on which two characters stand for each byte. */
export function openAscii(config: RtuConfig, context: Context): Promise<ModbusConnection> {
  return openSerial(config, context, { translate: asciiWire, bytesPerByte: 2 });
}

/** How frames stand on a serial line. */
interface Framing {
  readonly translate: (wire: Wire) => Wire;
  readonly bytesPerByte: number;
}

async function openSerial(
  config: RtuConfig,
  context: Context,
  { translate, bytesPerByte }: Framing,
): Promise<ModbusConnection> {
  const createClient = await loadClient();
  const { path, baudRate, parity, dataBits, stopBits, turnaround, requestDelay } = config;
  const byteMs = byteMsOf(config);
  const gapMs = frameGapMs(byteMs);
  const pauseMs = Math.max(gapMs + (turnaround ?? 0), requestDelay);
  const quietMs = Math.max(pauseMs, gapMs + (turnaround ?? TURNAROUND_MS));
  const serial = { path, baudRate, parity, dataBits, stopBits, quietMs };
  const { clock, tap } = context;
  // The tap hears RTU frames, whatever stands for them on the line.
  const wire = tapWire(translate(await openSharedSerial(serial, context)), tap);
  const port = new RtuPort({ wire, clock, tap, pauseMs, byteMs: byteMs * bytesPerByte });
  const timeoutsMax = Number.POSITIVE_INFINITY;
  const quiet = { quietMs: learntQuietMs(turnaround), remembered: rememberedOf(config) };
  const settings = { ...config, port, createClient, where: path, timeoutsMax, ...quiet };
  return await connect(settings, context);
}

/** What a unit is given until it is known; a turnaround that was written is the line's own. */
const learntQuietMs = (turnaround: number | undefined) =>
  turnaround === undefined ? TURNAROUND_MS : 0;

interface LineSettings {
  readonly port: Port;
  readonly createClient: Awaited<ReturnType<typeof loadClient>>;
  readonly where: string;
  readonly timeout: number;
  readonly timeoutsMax: number;
  readonly connectDelay: number;
  readonly proxy?: ProxySettings | undefined;
  readonly quietMs?: number;
  readonly remembered: RememberedUnits;
}

async function connect(settings: LineSettings, context: Context): Promise<ModbusConnection> {
  const { clock, signal, tap } = context;
  const { port, createClient, where, timeout: timeoutMs, timeoutsMax, quietMs = 0 } = settings;
  const { proxy, remembered } = settings;
  const guestShare = proxy && proxy.share / 100;
  const line = new Line({ port, client: createClient(port), clock, tap, guestShare });
  line.endWith(signal);
  if (settings.connectDelay > 0) await clock.sleep(settings.connectDelay, signal);
  if (signal.aborted) throw new Unreachable(`open ${where}: given up, the gateway stops`);
  const lessons = await LessonsKeeper.open(context);
  const cache = proxy && proxy.maxAge > 0 ? new RegisterCache(proxy.maxAge) : undefined;
  const options = { line, where, clock, timeoutMs, timeoutsMax, quietMs };
  return new SunspecConnection({ ...options, lessons, cache, remembered });
}

function socketOf({ host, port, connectTimeout }: TcpConfig | RtuOverTcpConfig) {
  return { host, port, connectTimeoutMs: connectTimeout };
}

function whereOf({ host, port }: TcpConfig | RtuOverTcpConfig): string {
  return `${host}:${port}`;
}
