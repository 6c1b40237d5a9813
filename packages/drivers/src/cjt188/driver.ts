import type { Driver } from "@headgate/model";
import {
  type SerialConfig,
  type SocketConfig,
  serialSchema,
  socketSchema,
} from "../meter-line/settings.ts";
import { type Address, addressSchema } from "./address.ts";
import { layoutFor } from "./layout.ts";
import { type Device, deviceSchema } from "./settings.ts";
import { cjt188Line } from "./tell-frame.ts";
import { unitOfByte, wantedUnit } from "./units.ts";

/** Water, gas and heat meters of CJ/T 188 on a serial port. */
export const cjt188Driver: Driver<SerialConfig, Address, Device> = {
  type: "cjt188",
  configSchema: serialSchema,
  deviceSchema,
  addressSchema,
  line: cjt188Line,
  unitOf,
  // Listing the drivers must not load what only an open line needs.
  async open(config, context) {
    const { openSerialLine } = await import("../meter-line/open-line.ts");
    return openSerialLine((await import("./reader.ts")).cjt188, config, context);
  },
  async search(config, context) {
    const { searchSerialLine } = await import("../meter-line/open-line.ts");
    return searchSerialLine(await sides(), config, context);
  },
};

/** Water, gas and heat meters of CJ/T 188 behind a serial server. */
export const cjt188TcpDriver: Driver<SocketConfig, Address, Device> = {
  type: "cjt188-tcp",
  configSchema: socketSchema,
  deviceSchema,
  addressSchema,
  line: cjt188Line,
  unitOf,
  async open(config, context) {
    const { openSocketLine } = await import("../meter-line/open-line.ts");
    return openSocketLine((await import("./reader.ts")).cjt188, config, context);
  },
  async search(config, context) {
    const { searchSocketLine } = await import("../meter-line/open-line.ts");
    return searchSocketLine(await sides(), config, context);
  },
};

function unitOf(
  { field: name, quantity, unitCode }: Address,
  { kind, energyUnit }: Device,
): string {
  if (name === null) {
    const measured = quantity ?? unitOfByte(unitCode ?? 0)?.quantity;
    return measured === undefined ? "" : wantedUnit(measured, energyUnit);
  }
  const field = layoutFor(kind).fields[name];
  if (!field) return "";
  return field.quantity === null ? field.unit : wantedUnit(field.quantity, energyUnit);
}

async function sides() {
  const line = (await import("./reader.ts")).cjt188;
  return { line, call: (await import("./call.ts")).cjt188Call };
}
