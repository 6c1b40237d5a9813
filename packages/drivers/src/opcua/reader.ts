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
  /** Parted further where one value keeps the answer from all others. */
  requests: readonly (readonly NodeToRead[])[];
  /** For each point its place among the answers, or null if it cannot be asked for. */
  readonly positions: readonly (number | null)[];
  /** Of the answers, those of points that are a part of a structure or an array. */
  readonly parts: readonly number[];
}

/** A value, or why the whole request has none. */
type Answer = DataValue | string;

/** One request, and an answer for each of its nodes. */
interface Asked {
  readonly nodes: readonly NodeToRead[];
  readonly answers: readonly Answer[];
}

/** What a server, or the library, says of an answer that one value alone may have spoilt. */
const spoiltByOne =
  /BadDecodingError|BadEncodingError|BadEncodingLimitsExceeded|BadResponseTooLarge/;
/** A server that gives nothing that can be read is not asked for each value alone. */
const partingsMax = 200;

/** Who so often in a row gave nothing at all to any request may do so to another session. */
const vainReadsMax = 10;

/** Reads values in requests no larger than the server takes. */
export class Reader {
  readonly #link: Link;
  readonly #facts: ServerFacts;
  readonly #plans = new WeakMap<readonly OpcuaPoint[], Plan>();
  #vainReads = 0;
  #partings = 0;

  constructor(link: Link, facts: ServerFacts) {
    this.#link = link;
    this.#facts = facts;
  }

  /** One sample per point, same order. */
  async read(points: readonly OpcuaPoint[], signal: AbortSignal): Promise<Sample[]> {
    const link = this.#link;
    const plan = this.#planFor(points);
    const { positions, parts } = plan;
    const asked: Asked[] = [];
    for (const nodes of plan.requests) asked.push(...(await this.#ask(nodes, signal)));
    plan.requests = asked.map(({ nodes }) => nodes);
    const answers = asked.flatMap((one) => one.answers);
    this.#noteVain(answers);
    await link.structures.lookInto(parts.flatMap((at) => valueIn(answers[at])));
    const nowMs = link.context.clock.nowMs();
    return points.map((point, index) => {
      const answer = answers[positions[index] ?? -1];
      if (typeof answer === "string") return missing(point.id, nowMs, answer);
      return answer ? sampleOf(point, answer, nowMs) : unplaced(point, nowMs);
    });
  }

  /**
   * A request whose answer fits nothing costs its own points their values, and no others; where it
   * may be one of them, it is found.
   */
  async #ask(nodes: readonly NodeToRead[], signal: AbortSignal): Promise<readonly Asked[]> {
    const answers = await readOrWhyNot(this.#link, { nodes, signal });
    if (typeof answers !== "string") return [{ nodes, answers }];
    const isParted = nodes.length > 1 && spoiltByOne.test(answers) && this.#partings < partingsMax;
    if (!isParted) return [{ nodes, answers: nodes.map(() => answers) }];
    this.#partings++;
    const middle = Math.ceil(nodes.length / 2);
    const first = await this.#ask(nodes.slice(0, middle), signal);
    return [...first, ...(await this.#ask(nodes.slice(middle), signal))];
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
