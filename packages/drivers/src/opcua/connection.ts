import type { BrowsedNode, BrowseQuery, Connection, Sample, Value } from "@headgate/model";
import { browseTree } from "./browse-tree.ts";
import type { Span } from "./group-spans.ts";
import type { Link } from "./link.ts";
import { readHistory } from "./read-history.ts";
import { Reader } from "./reader.ts";
import type { OpcuaPoint } from "./resolve-nodes.ts";
import type { ServerFacts } from "./server-facts.ts";
import type { Address, Device } from "./settings.ts";
import { subscribe } from "./subscribe.ts";
import { Writer } from "./writer.ts";

/** A session while it is up. */
export class OpcuaConnection implements Connection<Address, Device> {
  readonly #link: Link;
  readonly #facts: ServerFacts;
  readonly #reader: Reader;
  readonly #writer: Writer;

  constructor(link: Link, facts: ServerFacts) {
    this.#link = link;
    this.#facts = facts;
    this.#reader = new Reader(link, facts);
    this.#writer = new Writer(link, facts);
  }

  read(points: readonly OpcuaPoint[], signal: AbortSignal): Promise<Sample[]> {
    return this.#reader.read(points, signal);
  }

  subscribe(
    points: readonly OpcuaPoint[],
    emit: (samples: Sample[]) => void,
    signal: AbortSignal,
  ): Promise<void> {
    return subscribe({ link: this.#link, facts: this.#facts, points, emit, signal });
  }

  history(spans: readonly Span[], signal: AbortSignal): AsyncIterable<readonly Sample[]> {
    return readHistory(spans, { link: this.#link, facts: this.#facts, signal });
  }

  browse(query: BrowseQuery, signal: AbortSignal): AsyncIterable<readonly BrowsedNode[]> {
    return browseTree(query, { link: this.#link, facts: this.#facts, signal });
  }

  write(point: OpcuaPoint, value: Value, signal: AbortSignal): Promise<void> {
    return this.#writer.write(point, value, signal);
  }

  close(): Promise<void> {
    return this.#link.close();
  }
}
