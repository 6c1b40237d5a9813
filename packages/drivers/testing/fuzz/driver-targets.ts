import type { FuzzTarget } from "./fuzz-target.ts";
import { METER_TARGETS } from "./meter-targets.ts";
import { MODBUS_LINE_TARGETS } from "./modbus-line-targets.ts";
import { modbusPortTargets } from "./modbus-port-targets.ts";
import { MODBUS_UNIT_TARGETS } from "./modbus-unit-targets.ts";
import { ONVIF_TARGETS } from "./onvif-targets.ts";
import { OPCUA_TARGETS } from "./opcua-targets.ts";
import { PROXY_TARGETS } from "./proxy-targets.ts";

/** Every parser of the drivers for what comes from outside. */
export async function driverTargets(): Promise<FuzzTarget[]> {
  return [
    ...(await modbusPortTargets()),
    ...MODBUS_LINE_TARGETS,
    ...MODBUS_UNIT_TARGETS,
    ...PROXY_TARGETS,
    ...METER_TARGETS,
    ...ONVIF_TARGETS,
    ...OPCUA_TARGETS,
  ];
}
