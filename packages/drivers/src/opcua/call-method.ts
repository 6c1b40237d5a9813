import { describeError, Refused, type Value } from "@headgate/model";
import { type NodeId, Variant } from "node-opcua-client";
import { type BuiltinType, builtinType } from "./data-type.ts";
import type { Link } from "./link.ts";
import { toRaw } from "./to-variant.ts";

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
  const { session } = link;
  const ask = async () => await session.getArgumentDefinition(methodId);
  const { inputArguments } = await link.ask(what, ask, { signal });
  const given = argumentsOf(what, value, inputArguments.length);
  const types = inputArguments.map(({ dataType }) => typeOf(dataType));
  const request = {
    objectId,
    methodId,
    inputArguments: given.map((one, index) => argument(what, types[index] ?? "Null", one)),
  };
  const { statusCode } = await link.ask(what, () => session.call(request), { signal });
  if (!statusCode.isGood()) throw new Refused(`${what}: the server answers ${statusCode.name}`);
}

function argumentsOf(what: string, value: Value, count: number): readonly Value[] {
  if (count === 0 && value === true) return [];
  if (count === 1) return [value];
  const given: unknown = typeof value === "string" && value.startsWith("[") ? JSON.parse(value) : 0;
  if (Array.isArray(given) && given.length === count) return given as Value[];
  const wanted = count === 0 ? "true" : `a JSON array of ${count} arguments`;
  throw new Refused(`${what}: the method takes ${wanted}`);
}

/** Only built-in types can be given; their node ids are their numbers. */
function typeOf({ namespace, value }: NodeId): BuiltinType {
  return namespace === 0 && typeof value === "number" ? builtinType(value) : "Null";
}

function argument(what: string, type: BuiltinType, value: Value): Variant {
  try {
    return new Variant({ dataType: type, value: toRaw(type, value) });
  } catch (error) {
    throw new Refused(`${what}: ${describeError(error)}`);
  }
}
