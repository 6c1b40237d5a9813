import type { Driver } from "@headgate/model";

// The parameters of a driver are its own business; whoever lists drivers knows them as unknown.
type AnyDriver = Driver<unknown, unknown, unknown>;

/** Every driver of the house by its type, loaded when a channel first asks for it. */
export const builtinDrivers: Readonly<Record<string, () => Promise<AnyDriver>>> = {
  opcua: async () => (await import("./opcua/driver.ts")).opcuaDriver as AnyDriver,
  simulated: async () => (await import("./simulated/driver.ts")).simulatedDriver as AnyDriver,
  "modbus-tcp": async () =>
    (await import("./modbus/driver.ts")).modbusTcpDriver as unknown as AnyDriver,
  "modbus-rtu": async () =>
    (await import("./modbus/driver.ts")).modbusRtuDriver as unknown as AnyDriver,
  "modbus-ascii": async () =>
    (await import("./modbus/driver.ts")).modbusAsciiDriver as unknown as AnyDriver,
  "modbus-rtu-over-tcp": async () =>
    (await import("./modbus/driver.ts")).modbusRtuOverTcpDriver as unknown as AnyDriver,
  dlt645: async () => (await import("./dlt645/driver.ts")).dlt645Driver as unknown as AnyDriver,
  "dlt645-tcp": async () =>
    (await import("./dlt645/driver.ts")).dlt645TcpDriver as unknown as AnyDriver,
  cjt188: async () => (await import("./cjt188/driver.ts")).cjt188Driver as unknown as AnyDriver,
  "cjt188-tcp": async () =>
    (await import("./cjt188/driver.ts")).cjt188TcpDriver as unknown as AnyDriver,
  onvif: async () => (await import("./onvif/driver.ts")).onvifDriver as AnyDriver,
};
