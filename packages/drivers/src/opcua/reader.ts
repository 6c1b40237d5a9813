import { missing, type Sample } from "@headgate/model";
import { AttributeIds, type DataValue, type NodeId } from "node-opcua-client";
import { chunks } from "./chunks.ts";
import { readOrWhyNot } from "./exchange.ts";
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
  /** Of the answers, those of points that are a part of a structure or an array. */
  readonly parts: readonly number[];
}

/** A value, or why the whole request has none. */
type Answer = DataValue | string;

/** Who so often in a row gave nothing at all to any request may do so to another session. */
const vainReadsMax = 10;

/** Reads values in requests no larger than the server takes. */
export class Reader {
  readonly #link: Link;
  readonly #facts: ServerFacts;
  readonly #plans = new WeakMap<readonly OpcuaPoint[], Plan>();
  #vainReads = 0;

  constructor(link: Link, facts: ServerFacts) {
    this.#link = link;
    this.#facts = facts;
  }

  /** One sample per point, same order. */
  async read(points: readonly OpcuaPoint[], signal: AbortSignal): Promise<Sample[]> {
    const link = this.#link;
    const { requests, positions, parts } = this.#planFor(points);
    const answers: Answer[] = [];
    for (const nodes of requests) answers.push(...(await this.#ask(nodes, signal)));
    this.#noteVain(answers);
    await link.structures.lookInto(parts.flatMap((at) => valueIn(answers[at])));
    const nowMs = link.context.clock.nowMs();
    return points.map((point, index) => {
      const answer = answers[positions[index] ?? -1];
      if (typeof answer === "string") return missing(point.id, nowMs, answer);
      return answer ? sampleOf(point, answer, nowMs) : unplaced(point, nowMs);
    });
  }

  /** A request whose answer fits nothing costs its own points their values, and no others. */
  async #ask(nodes: readonly NodeToRead[], signal: AbortSignal): Promise<readonly Answer[]> {
    const answers = await readOrWhyNot(this.#link, { nodes, signal });
    return typeof answers === "string" ? nodes.map(() => answers) : answers;
  }

  #noteVain(answers: readonly Answer[]): void {
    const [first] = answers;
    const isVain = first !== undefined && answers.every((answer) => typeof answer === "string");
    this.#vainReads = isVain ? this.#vainReads + 1 : 0;
    if (this.#vainReads >= vainReadsMax) throw this.#link.lose(String(first));
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
      parts: placed.flatMap(({ point }, at) => (point.address.field ? [at] : [])),
    };
    this.#plans.set(points, plan);
    return plan;
  }
}

const valueIn = (answer: Answer | undefined): readonly DataValue[] =>
  answer === undefined || typeof answer === "string" ? [] : [answer];
