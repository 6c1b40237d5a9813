import type {
  Connection,
  Context,
  Driver,
  KeptLessons,
  LineProxy,
  LineSearch,
  ProxyDeps,
} from "@headgate/model";
import { type Address, addressSchema } from "./address.ts";
import { ModbusProxy } from "./proxy/modbus-proxy.ts";
import type { ProxySettings } from "./proxy/settings.ts";
import {
  asciiSchema,
  type Device,
  deviceSchema,
  type RtuConfig,
  type RtuOverTcpConfig,
  rtuOverTcpSchema,
  rtuSchema,
  type TcpConfig,
  tcpSchema,
} from "./settings.ts";
import { rtuLine, tcpLine } from "./trace/line-protocols.ts";

type ModbusDriver<Config> = Driver<Config, Address, Device>;
type Opened<Config, Line> = (config: Config, context: Context) => Promise<Line>;
type Open<Config> = Opened<Config, Connection<Address, Device>>;
type Search<Config> = Opened<Config, LineSearch<Address, Device>>;

const lessons: KeptLessons<Device> = {
  show: async (...of) => (await import("./show-lessons.ts")).showLessons(...of),
  forget: async (...of) => (await import("./show-lessons.ts")).forgetLessons(...of),
};

const searchTcp: Search<TcpConfig> = async (...of) =>
  (await import("./search/open-search.ts")).searchTcp(...of);
const searchRtu: Search<RtuConfig> = async (...of) =>
  (await import("./search/open-search.ts")).searchRtu(...of);
const searchAscii: Search<RtuConfig> = async (...of) =>
  (await import("./search/open-search.ts")).searchAscii(...of);
const searchRtuOverTcp: Search<RtuOverTcpConfig> = async (...of) =>
  (await import("./search/open-search.ts")).searchRtuOverTcp(...of);

/** Modbus TCP. */
export const modbusTcpDriver: ModbusDriver<TcpConfig> = {
  type: "modbus-tcp",
  configSchema: tcpSchema,
  deviceSchema,
  addressSchema,
  line: tcpLine,
  lessons,
  createProxy,
  open: lazily(async () => (await import("./open.ts")).openTcp),
  search: searchTcp,
};

/** Modbus RTU on a serial port. */
export const modbusRtuDriver: ModbusDriver<RtuConfig> = {
  type: "modbus-rtu",
  configSchema: rtuSchema,
  deviceSchema,
  addressSchema,
  line: rtuLine,
  lessons,
  createProxy,
  open: lazily(async () => (await import("./open.ts")).openRtu),
  search: searchRtu,
};

/** Modbus ASCII on a serial port. */
export const modbusAsciiDriver: ModbusDriver<RtuConfig> = {
  ...modbusRtuDriver,
  type: "modbus-ascii",
  configSchema: asciiSchema,
  open: lazily(async () => (await import("./open.ts")).openAscii),
  search: searchAscii,
};

/** Modbus RTU frames through a serial server's TCP port. */
export const modbusRtuOverTcpDriver: ModbusDriver<RtuOverTcpConfig> = {
  type: "modbus-rtu-over-tcp",
  configSchema: rtuOverTcpSchema,
  deviceSchema,
  addressSchema,
  line: rtuLine,
  lessons,
  createProxy,
  open: lazily(async () => (await import("./open.ts")).openRtuOverTcp),
  search: searchRtuOverTcp,
};

function createProxy(
  { proxy }: { proxy?: ProxySettings | undefined },
  deps: ProxyDeps,
): LineProxy | null {
  return proxy ? new ModbusProxy(proxy, deps) : null;
}

/** Listing the drivers must not load what only an open line needs. */
function lazily<Config>(load: () => Promise<Open<Config>>): Open<Config> {
  return async (config, context) => (await load())(config, context);
}
