import type { Driver } from "@headgate/model";
import {
  type SerialConfig,
  type SocketConfig,
  serialSchema,
  socketSchema,
} from "../meter-line/settings.ts";
import { type Address, addressSchema, type Device, deviceSchema } from "./settings.ts";
import { dlt645Line } from "./tell-frame.ts";

/** Electricity meters of DL/T 645-2007 on a serial port. */
export const dlt645Driver: Driver<SerialConfig, Address, Device> = {
  type: "dlt645",
  configSchema: serialSchema,
  deviceSchema,
  addressSchema,
  line: dlt645Line,
  unitOf: ({ entry }) => entry.unit,
  // Listing the drivers must not load what only an open line needs.
  async open(config, context) {
    const { openSerialLine } = await import("../meter-line/open-line.ts");
    return openSerialLine((await import("./reader.ts")).dlt645, config, context);
  },
  async search(config, context) {
    const { searchSerialLine } = await import("../meter-line/open-line.ts");
    return searchSerialLine(await sides(), config, context);
  },
};

/** Electricity meters of DL/T 645-2007 behind a serial server. */
export const dlt645TcpDriver: Driver<SocketConfig, Address, Device> = {
  type: "dlt645-tcp",
  configSchema: socketSchema,
  deviceSchema,
  addressSchema,
  line: dlt645Line,
  unitOf: ({ entry }) => entry.unit,
  async open(config, context) {
    const { openSocketLine } = await import("../meter-line/open-line.ts");
    return openSocketLine((await import("./reader.ts")).dlt645, config, context);
  },
  async search(config, context) {
    const { searchSocketLine } = await import("../meter-line/open-line.ts");
    return searchSocketLine(await sides(), config, context);
  },
};

async function sides() {
  const line = (await import("./reader.ts")).dlt645;
  return { line, call: (await import("./call.ts")).dlt645Call };
}
