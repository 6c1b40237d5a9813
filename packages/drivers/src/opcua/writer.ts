import { describeError, Refused, type Value } from "@headgate/model";
import {
  AttributeIds,
  coerceNodeId,
  type NodeId,
  Variant,
  VariantArrayType,
} from "node-opcua-client";
import { callMethod } from "./call-method.ts";
import { type BuiltinType, builtinType } from "./data-type.ts";
import type { Link } from "./link.ts";
import { indexedNodeId, type NodeAddress } from "./node-address.ts";
import { nodeIdOf, type OpcuaPoint } from "./resolve-nodes.ts";
import type { ServerFacts } from "./server-facts.ts";
import { toRaw } from "./to-variant.ts";

/** Writes values in the type that the node holds. */
export class Writer {
  readonly #link: Link;
  readonly #facts: ServerFacts;
  readonly #types = new Map<OpcuaPoint, number>();

  constructor(link: Link, facts: ServerFacts) {
    this.#link = link;
    this.#facts = facts;
  }

  /** Resolves once the server has taken the value; `Refused` with its status if it does not. */
  async write(point: OpcuaPoint, value: Value, signal: AbortSignal): Promise<void> {
    const link = this.#link;
    const what = `write opcua "${point.id}"`;
    const nodeId = nodeIdOf(point, this.#facts.namespaceUris);
    if (!nodeId) {
      throw new Refused(`${what}: unknown namespace ${point.address.address.namespace}`);
    }
    const { method, field } = point.address;
    if (method) return await this.#call(point, nodeId, { method, value, signal });
    if (field) throw new Refused(`${what}: a part of a structure or an array cannot be written`);
    const dataType = await this.#typeOf(point, nodeId, signal);
    const variant = asVariant(what, dataType, value);
    const attributeId = AttributeIds.Value;
    const request = () => link.session.write({ nodeId, attributeId, value: { value: variant } });
    const status = await link.ask(what, request, { signal });
    if (!status.isGood()) {
      throw new Refused(`${what}: the server answers ${status.name}; check its access rights`);
    }
  }

  async #call(
    point: OpcuaPoint,
    objectId: NodeId,
    call: { readonly method: NodeAddress; readonly value: Value; readonly signal: AbortSignal },
  ): Promise<void> {
    const what = `call opcua "${point.id}"`;
    const methodId = indexedNodeId(call.method, this.#facts.namespaceUris);
    if (methodId === null) throw new Refused(`${what}: unknown namespace ${call.method.namespace}`);
    const { value, signal } = call;
    const named = { what, objectId, methodId: coerceNodeId(methodId), value, signal };
    await callMethod(this.#link, named);
  }

  /** The built-in type that the node's data type comes down to; an Enumeration is an Int32. */
  async #typeOf(point: OpcuaPoint, nodeId: NodeId, signal: AbortSignal): Promise<number> {
    const known = this.#types.get(point);
    if (known !== undefined) return known;
    const { session } = this.#link;
    const what = `write opcua "${point.id}"`;
    const question = { nodeId, attributeId: AttributeIds.DataType };
    const answer = await this.#link.ask(what, () => session.read(question), { signal });
    if (!answer.statusCode.isGood()) {
      throw new Refused(`${what}: the server answers ${answer.statusCode.name}`);
    }
    // A type that the server cannot trace back to a built-in one counts as Null: nothing fits it.
    const trace = () => session.getBuiltInDataType(nodeId).catch(() => 0);
    const type = await this.#link.ask(what, trace, { signal });
    this.#types.set(point, type);
    return type;
  }
}

function asVariant(what: string, dataType: number, value: Value): Variant {
  const type: BuiltinType = builtinType(dataType);
  try {
    const raw = toRaw(type, value);
    return new Variant({ dataType, arrayType: VariantArrayType.Scalar, value: raw });
  } catch (error) {
    // The value does not fit the node's type; nothing was sent.
    throw new Refused(`${what}: ${describeError(error)}`);
  }
}
