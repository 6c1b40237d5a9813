import type { Value } from "@headgate/model";
import type { BuiltinType } from "../src/opcua/data-type.ts";

/** A variable's value; null for a node without one, an array for an array node. */
export type VirtualPlcRaw = Value | null | Uint8Array | readonly Value[];

/** One variable of a virtual PLC, found as "nsu=<namespaceUri>;s=<its name>". */
export interface VirtualPlcVariable {
  readonly type: BuiltinType;
  /** Its value at a time; null for a node without one, an array for an array node. */
  get(nowMs: number): VirtualPlcRaw;
  /** Takes a written value; absent: the node is read-only. */
  set?(value: Value): void;
  /** Name of the status code; absent: "Good". */
  status?(nowMs: number): string;
}
