import { missing, type Point, type Sample } from "@headgate/model";
import { coerceNodeId, type NodeId } from "node-opcua-client";
import { indexedNodeId } from "./node-address.ts";
import type { Address, Device } from "./settings.ts";

/** A point of this driver. */
export type OpcuaPoint = Point<Address, Device>;

/** A point and where it is in this server. */
export interface Placed {
  readonly point: OpcuaPoint;
  /** Where the point is in the list that was given. */
  readonly place: number;
  readonly nodeId: NodeId;
}

/** The node of a point; null if the server has no such namespace. */
export function nodeIdOf(point: OpcuaPoint, namespaceUris: readonly string[]): NodeId | null {
  const text = indexedNodeId(point.address.address, namespaceUris);
  return text === null ? null : coerceNodeId(text);
}

/** Points that have a place in this server. */
export function place(points: readonly OpcuaPoint[], namespaceUris: readonly string[]): Placed[] {
  return points.flatMap((point, index) => {
    const nodeId = nodeIdOf(point, namespaceUris);
    return nodeId ? [{ point, nodeId, place: index }] : [];
  });
}

/** The sample of a point whose namespace the server lacks. */
export function unplaced(point: OpcuaPoint, nowMs: number): Sample {
  return missing(point.id, nowMs, `unknown namespace ${point.address.address.namespace}`);
}
