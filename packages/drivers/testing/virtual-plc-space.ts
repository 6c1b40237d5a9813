import type { Clock, Value } from "@headgate/model";
import {
  DataValue,
  type StatusCode,
  StatusCodes,
  setErrorLogger,
  setWarningLogger,
  Variant,
  VariantArrayType,
} from "node-opcua-client";
import type { OPCUAServer } from "node-opcua-server";
import { type BuiltinType, builtinTypeNames } from "../src/opcua/data-type.ts";
import { decode } from "../src/opcua/to-sample.ts";
import { toRaw } from "../src/opcua/to-variant.ts";
import type { VirtualPlcRaw, VirtualPlcVariable } from "./virtual-plc-variable.ts";

/** Often enough for any test; the library looks at most 20 times a second at each item. */
const minimumSamplingMs = 50;

const statusCodes = StatusCodes as unknown as Readonly<Record<string, StatusCode>>;

/** Puts one node per variable under Objects, in a namespace of its own. */
export function fillAddressSpace(
  server: OPCUAServer,
  variables: Readonly<Record<string, VirtualPlcVariable>>,
  { namespaceUri, clock }: { namespaceUri: string; clock: Clock },
): void {
  const space = server.engine.addressSpace;
  if (!space) throw new Error("start the virtual PLC anew: its address space did not load");
  const namespace = space.registerNamespace(namespaceUri);
  const folder = space.rootFolder.objects;
  for (const [name, variable] of Object.entries(variables)) {
    const access = variable.set ? "CurrentRead | CurrentWrite" : "CurrentRead";
    const isArray = Array.isArray(variable.get(clock.nowMs()));
    namespace.addVariable({
      organizedBy: folder,
      browseName: name,
      nodeId: `s=${name}`,
      dataType: variable.type,
      valueRank: isArray ? 1 : -1,
      accessLevel: access,
      userAccessLevel: access,
      minimumSamplingInterval: minimumSamplingMs,
      value: {
        timestamped_get: () => observe(variable, clock.nowMs()),
        ...(variable.set ? { timestamped_set: takeInto(variable) } : {}),
      },
    });
  }
}

function observe(variable: VirtualPlcVariable, nowMs: number): DataValue {
  const status = variable.status?.(nowMs) ?? "Good";
  return new DataValue({
    value: encode(variable.type, variable.get(nowMs)),
    statusCode: statusCodes[status] ?? StatusCodes.BadUnexpectedError,
    sourceTimestamp: new Date(nowMs),
  });
}

function encode(type: BuiltinType, value: VirtualPlcRaw): Variant {
  const dataType = builtinTypeNames.indexOf(type);
  if (value === null) return new Variant({ dataType: 0 });
  if (Array.isArray(value)) {
    const raw = value.map((element: Value) => toRaw(type, element));
    return new Variant({ dataType, arrayType: VariantArrayType.Array, value: raw });
  }
  const raw = value instanceof Uint8Array ? Buffer.from(value) : toRaw(type, value as Value);
  return new Variant({ dataType, arrayType: VariantArrayType.Scalar, value: raw });
}

function takeInto(variable: VirtualPlcVariable) {
  return async ({ value }: DataValue) => {
    const decoded = decode(value);
    if ("reason" in decoded) return StatusCodes.BadTypeMismatch;
    variable.set?.(decoded.value);
    return StatusCodes.Good;
  };
}

/** The library prints every warning; a peer for tests and demos keeps quiet. */
export function quietServerLog(): void {
  setErrorLogger(() => {});
  setWarningLogger(() => {});
}
