import { builtinDrivers } from "@headgate/drivers";
import type { FuzzTarget } from "@headgate/drivers/testing";
import type { LineProtocol } from "@headgate/model";
import { BACKUP_TARGETS } from "./backup-targets.ts";
import { pcapTargets } from "./pcap-targets.ts";
import { TABLE_TARGETS } from "./table-targets.ts";
import { yamlTargets } from "./yaml-targets.ts";

const RECORDED = ["modbus-tcp", "modbus-rtu", "dlt645", "cjt188"];

/** Every parser of the gateway for what comes off a line, or out of a person's file. */
export async function gatewayTargets(): Promise<FuzzTarget[]> {
  const lines: Record<string, LineProtocol> = {};
  for (const name of RECORDED) {
    const line = (await builtinDrivers[name]?.())?.line;
    if (line) lines[name] = line;
  }
  return [...pcapTargets(lines), ...TABLE_TARGETS, ...BACKUP_TARGETS, ...(await yamlTargets())];
}
