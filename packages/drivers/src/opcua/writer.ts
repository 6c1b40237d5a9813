import { describeError, Refused, type Value } from "@headgate/model";
import {
  AttributeIds,
  coerceNodeId,
  type NodeId,
  Variant,
  VariantArrayType,
  WriteRequest,
  WriteResponse,
} from "node-opcua-client";
import { callMethod } from "./call-method.ts";
import type { BuiltinType } from "./data-type.ts";
import { effectOf } from "./effect-of.ts";
import type { Link } from "./link.ts";
import { indexedNodeId, type NodeAddress } from "./node-address.ts";
import { nodeIdOf, type OpcuaPoint } from "./resolve-nodes.ts";
import type { ServerFacts } from "./server-facts.ts";
import { toRaw } from "./to-variant.ts";
import { typeOfNode } from "./type-of-node.ts";

/** Writes values in the type that the node holds. */
export class Writer {
  readonly #link: Link;
  readonly #facts: ServerFacts;
  readonly #types = new Map<OpcuaPoint, BuiltinType>();

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
    const variant = asVariant(what, await this.#typeOf(point, nodeId, signal), value);
    const attributeId = AttributeIds.Value;
    const nodesToWrite = [{ nodeId, attributeId, value: { value: variant } }];
    const request = new WriteRequest({ nodesToWrite });
    const status = await effectOf(link, { what, request, kind: WriteResponse, signal });
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

  async #typeOf(point: OpcuaPoint, nodeId: NodeId, signal: AbortSignal): Promise<BuiltinType> {
    const known = this.#types.get(point);
    if (known !== undefined) return known;
    const type = await typeOfNode(this.#link, {
      what: `write opcua "${point.id}"`,
      nodeId,
      signal,
    });
    this.#types.set(point, type);
    return type;
  }
}

function asVariant(what: string, type: BuiltinType, value: Value): Variant {
  try {
    const raw = toRaw(type, value);
    return new Variant({ dataType: type, arrayType: VariantArrayType.Scalar, value: raw });
  } catch (error) {
    // The value does not fit the node's type; nothing was sent.
    throw new Refused(`${what}: ${describeError(error)}`);
  }
}
