import { Refused } from "@headgate/model";
import {
  AttributeIds,
  BrowseDirection,
  BrowseRequest,
  BrowseResponse,
  coerceNodeId,
  NodeClass,
  NodeId,
} from "node-opcua-client";
import { type BuiltinType, builtinType, builtinTypeNames } from "./data-type.ts";
import { allOf, exchange, readOne } from "./exchange.ts";
import type { Link } from "./link.ts";

const hasSubtype = "ns=0;i=45";
/** Its subtypes travel as Int32 (OPC 10000-3 8.40). */
const enumeration = 29;
/** Types between a node's own and a built-in one; some servers lead in circles. */
const stepsMax = 32;
/** Names and target of each reference. */
const resultMask = 0x3f;

interface TypeQuestion {
  readonly what: string;
  readonly nodeId: NodeId;
  readonly signal: AbortSignal;
}

/**
 * The built-in type that a variable's data type comes down to; "Null" for one that cannot be traced
 * so far. `Refused` where the server does not tell the type.
 */
export async function typeOfNode(link: Link, question: TypeQuestion): Promise<BuiltinType> {
  const { what, nodeId, signal } = question;
  const node = { nodeId, attributeId: AttributeIds.DataType };
  let type = await readOne(link, { what, node, signal, isSparing: true });
  for (let step = 0; step < stepsMax && type instanceof NodeId; step++) {
    const known = builtinTypeOf(type);
    if (known !== null) return known;
    type = await superTypeOf(link, { what, nodeId: type, signal });
  }
  return "Null";
}

/** Only ids of the standard's own namespace are numbers of built-in types; null for another. */
export function builtinTypeOf({ namespace, value }: NodeId): BuiltinType | null {
  if (namespace !== 0 || typeof value !== "number") return null;
  if (value === enumeration) return "Int32";
  return value < builtinTypeNames.length ? builtinType(value) : null;
}

async function superTypeOf(link: Link, { what, nodeId, signal }: TypeQuestion) {
  const browseDirection = BrowseDirection.Inverse;
  const referenceTypeId = coerceNodeId(hasSubtype);
  const of = { nodeId, browseDirection, referenceTypeId, includeSubtypes: false };
  const nodeClassMask = NodeClass.DataType;
  const request = new BrowseRequest({ nodesToBrowse: [{ ...of, nodeClassMask, resultMask }] });
  const question = { what, request, kind: BrowseResponse, signal, isSparing: true };
  try {
    const [result] = allOf(what, (await exchange(link, question)).results, 1);
    return result?.references?.[0]?.nodeId;
  } catch (error) {
    // A server that does not show its types: nothing fits a type that is not known.
    if (error instanceof Refused) return undefined;
    throw error;
  }
}
