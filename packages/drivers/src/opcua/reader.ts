import type { Sample } from "@headgate/model";
import { AttributeIds, type DataValue, type NodeId } from "node-opcua-client";
import { chunks } from "./chunks.ts";
import type { Link } from "./link.ts";
import { type OpcuaPoint, place, unplaced } from "./resolve-nodes.ts";
import { sampleOf } from "./sample-of.ts";
import type { ServerFacts } from "./server-facts.ts";

interface NodeToRead {
  readonly nodeId: NodeId;
  readonly attributeId: AttributeIds;
}

interface Plan {
  readonly requests: readonly NodeToRead[][];
  /** For each point its place among the answers, or null if it cannot be asked for. */
  readonly positions: readonly (number | null)[];
}

/** Reads values in requests no larger than the server takes. */
export class Reader {
  readonly #link: Link;
  readonly #facts: ServerFacts;
  readonly #plans = new WeakMap<readonly OpcuaPoint[], Plan>();

  constructor(link: Link, facts: ServerFacts) {
    this.#link = link;
    this.#facts = facts;
  }

  /** One sample per point, same order. */
  async read(points: readonly OpcuaPoint[], signal: AbortSignal): Promise<Sample[]> {
    const link = this.#link;
    const { requests, positions } = this.#planFor(points);
    const answers: DataValue[] = [];
    for (const nodes of requests) {
      answers.push(...(await link.ask("read", () => link.session.read(nodes), { signal })));
    }
    const nowMs = link.context.clock.nowMs();
    return points.map((point, index) => {
      const answer = answers[positions[index] ?? -1];
      return answer ? sampleOf(point, answer, nowMs) : unplaced(point, nowMs);
    });
  }

  #planFor(points: readonly OpcuaPoint[]): Plan {
    const known = this.#plans.get(points);
    if (known) return known;
    const placed = place(points, this.#facts.namespaceUris);
    const position = new Map(placed.map(({ point }, index) => [point, index]));
    const nodes = placed.map(({ nodeId }) => ({ nodeId, attributeId: AttributeIds.Value }));
    const plan = {
      requests: chunks(nodes, this.#facts.nodesPerRead),
      positions: points.map((point) => position.get(point) ?? null),
    };
    this.#plans.set(points, plan);
    return plan;
  }
}
