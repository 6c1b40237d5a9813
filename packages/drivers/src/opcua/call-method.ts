import { describeError, Refused, type Value } from "@headgate/model";
import {
  type Argument,
  AttributeIds,
  BrowseDirection,
  BrowseRequest,
  BrowseResponse,
  CallRequest,
  CallResponse,
  coerceNodeId,
  type NodeId,
  Variant,
} from "node-opcua-client";
import type { BuiltinType } from "./data-type.ts";
import { effectOf } from "./effect-of.ts";
import { allOf, exchange, readOne } from "./exchange.ts";
import type { Link } from "./link.ts";
import { toRaw } from "./to-variant.ts";
import { builtinTypeOf } from "./type-of-node.ts";

const hasProperty = "ns=0;i=46";
/** Names and target of each reference. */
const resultMask = 0x3f;

/** A method of an object, and what it is called with. */
export interface MethodCall {
  readonly what: string;
  readonly objectId: NodeId;
  readonly methodId: NodeId;
  /** The one argument; `true` for a method without; a JSON array for several. */
  readonly value: Value;
  readonly signal: AbortSignal;
}

/** Calls it in the types that it declares; `Refused` with its status if the server does not. */
export async function callMethod(link: Link, call: MethodCall): Promise<void> {
  const { what, objectId, methodId, value, signal } = call;
  const declared = await argumentTypes(link, call);
  const given = argumentsOf(what, value, declared.length);
  const inputArguments = given.map((one, index) => argument(what, declared[index] ?? "Null", one));
  const request = new CallRequest({ methodsToCall: [{ objectId, methodId, inputArguments }] });
  const status = await effectOf(link, { what, request, kind: CallResponse, signal });
  if (!status.isGood()) throw new Refused(`${what}: the server answers ${status.name}`);
}

/** Of a method that declares none it takes none. */
async function argumentTypes(
  link: Link,
  { what, methodId, signal }: MethodCall,
): Promise<readonly BuiltinType[]> {
  const browseDirection = BrowseDirection.Forward;
  const referenceTypeId = coerceNodeId(hasProperty);
  const of = { nodeId: methodId, browseDirection, referenceTypeId, includeSubtypes: true };
  const request = new BrowseRequest({ nodesToBrowse: [{ ...of, nodeClassMask: 0, resultMask }] });
  const options = { signal, isSparing: true };
  const browsed = await exchange(link, { what, request, kind: BrowseResponse, ...options });
  const [properties] = allOf(what, browsed.results, 1);
  const found = properties?.references?.find(({ browseName }) => browseName.name === declaration);
  if (!found) return [];
  const node = { nodeId: found.nodeId, attributeId: AttributeIds.Value };
  const declared = await readOne(link, { what, node, ...options });
  if (!Array.isArray(declared)) return [];
  // Only built-in types can be given; their node ids are their numbers.
  return (declared as Argument[]).map(({ dataType }) => builtinTypeOf(dataType) ?? "Null");
}

const declaration = "InputArguments";

function argumentsOf(what: string, value: Value, count: number): readonly Value[] {
  if (count === 0 && value === true) return [];
  if (count === 1) return [value];
  const given = listIn(value);
  if (given?.length === count) return given as Value[];
  const wanted = count === 0 ? "true" : `a JSON array of ${count} arguments`;
  throw new Refused(`${what}: the method takes ${wanted}`);
}

function listIn(value: Value): readonly unknown[] | null {
  if (typeof value !== "string") return null;
  try {
    const given: unknown = JSON.parse(value);
    return Array.isArray(given) ? given : null;
  } catch {
    // No JSON: the caller is told what is wanted.
    return null;
  }
}

function argument(what: string, type: BuiltinType, value: Value): Variant {
  try {
    return new Variant({ dataType: type, value: toRaw(type, value) });
  } catch (error) {
    throw new Refused(`${what}: ${describeError(error)}`);
  }
}
