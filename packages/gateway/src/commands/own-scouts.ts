import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  askCamera,
  discoverServer,
  type FoundCamera,
  type FoundServer,
  probeNetwork,
} from "@headgate/drivers/find";
import { type Context, Refused, Unreachable } from "@headgate/model";
import type { Catalogue } from "../config/config.ts";
import { CALLED } from "../find/call-lines.ts";
import { doorText } from "../find/doors.ts";
import type { FoundThing, Scouts } from "../find/scouts.ts";
import { scanModbus } from "./scan-modbus.ts";

const CAMERA_TIMEOUT_MS = 3_000;
const SERVER_TIMEOUT_MS = 5_000;
const CALL_MS = 3_000;
const TURNAROUND_MS = 10;
/** A person waits: who is on the network itself answers sooner. */
const HOST_TIMEOUT_MS = 500;
const CAMERA_PORT = 80;
const CAMERA_PATH = "/onvif/device_service";

/** The drivers of the box, as the page's search uses them. */
export function ownScouts(catalogue: Catalogue): Scouts {
  const usual = {
    ...{ baudRates: [], parities: [], timeoutMs: null, isAll: false, framing: null },
    countMax: Number.POSITIVE_INFINITY,
    turnaroundMs: TURNAROUND_MS,
    protocols: ["modbus", ...CALLED] as const,
  };
  return {
    drivers: catalogue.drivers,
    port: (path, unitIds, scope) =>
      scanModbus({ ...usual, targets: [path], unitIds }, { ...scope, catalogue }),
    host: (place, unitIds, scope) =>
      scanModbus(
        { ...usual, targets: [doorText(place)], unitIds, timeoutMs: HOST_TIMEOUT_MS },
        { ...scope, catalogue },
      ),
    async camera(url, context) {
      const asked = askCamera({ url, timeoutMs: CAMERA_TIMEOUT_MS }, context);
      const camera = await nullIfNobody(asked);
      return camera && cameraThing(camera);
    },
    async server(place, context) {
      const url = `opc.tcp://${doorText(place)}`;
      // The library makes itself a key, though nothing here is signed.
      const directory = await mkdtemp(join(tmpdir(), "headgate-find-"));
      try {
        const options = { url, timeoutMs: SERVER_TIMEOUT_MS };
        const server = await nullIfNobody(discoverServer(options, { ...context, directory }));
        return server && serverThing(server);
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    },
    call: (interfaceAddress, context: Context) =>
      probeNetwork({ interfaceAddress, waitMs: CALL_MS }, context),
  };
}

/** Most doors that open are none of what was asked for. */
async function nullIfNobody<T>(asked: Promise<T | null>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Unreachable || error instanceof Refused) return null;
    throw error;
  }
}

const asFound = {
  ...{ device: {}, trouble: null, answerMs: null, proposals: [] },
  verdict: "one" as const,
  isRead: true,
};

function cameraThing(camera: FoundCamera): FoundThing {
  const { host, port, path, isTls, name, manufacturer, model, firmware, serial } = camera;
  return {
    ...asFound,
    kind: "camera",
    channel: {
      ...{ driver: "onvif", host },
      ...(port !== CAMERA_PORT && { port }),
      ...(path !== CAMERA_PATH && { path }),
      ...(isTls && { useTls: true }),
    },
    where: `${host}:${port}`,
    said: name,
    identity: { by: "ONVIF", manufacturer, model, version: firmware, serial },
    needsLogin: camera.needsLogin,
    offers: [],
  };
}

function serverThing({ url, name, applicationUri, endpoints }: FoundServer): FoundThing {
  const [best] = endpoints;
  const { securityPolicy, securityMode } = best ?? {};
  const certificates = endpoints.flatMap(({ certificate }) => certificate?.thumbprint ?? []);
  const kinds = endpoints.map((one) => `${one.securityPolicy} ${one.securityMode}`);
  return {
    ...asFound,
    kind: "server",
    channel: {
      ...{ driver: "opcua", endpoint: url },
      ...(securityPolicy && securityPolicy !== "None" && { securityPolicy, securityMode }),
    },
    where: url,
    said: name,
    identity: { by: "OPC UA", manufacturer: "", model: name, version: "", serial: applicationUri },
    needsLogin: best !== undefined && !best.logins.includes("Anonymous"),
    offers: [...new Set([...kinds, ...certificates])],
  };
}
