import { Unreachable } from "@headgate/model";
import { exceptionText, isAboutAddresses, type Reply } from "../reply.ts";
import { type Request, readRequest, type Table } from "../request.ts";

export interface ReadWords {
  readonly ask: (request: Request) => Promise<Reply>;
  /** What silence is said to be: "timeout: no answer from unit 9 within 500 ms". */
  readonly silence: string;
  readonly unitId: number;
  readonly table: Table;
  readonly from: number;
  readonly count: number;
  /** In one request. */
  readonly countMax: number;
}

/** By address: the words that the device gave, and why it gave no others. */
export interface WordsRead {
  readonly words: ReadonlyMap<number, number>;
  readonly refusals: ReadonlyMap<number, string>;
}

/** Every register that the device gives of a span, in as few requests as it lets us. */
export async function readWords(options: ReadWords): Promise<WordsRead> {
  const words = new Map<number, number>();
  const refusals = new Map<number, string>();
  const { from, count, countMax } = options;
  for (let at = from; at < from + count; at += countMax) {
    await readSpan({ ...options, from: at, count: Math.min(countMax, from + count - at) });
  }
  return { words, refusals };

  async function readSpan(span: ReadWords): Promise<void> {
    const reply = await span.ask(readRequest(span));
    const what = `inspect ${span.table}:${span.from}`;
    switch (reply.kind) {
      case "answer":
        for (let index = 0; index < span.count; index++) {
          words.set(span.from + index, reply.bytes.readUInt16BE(index * 2));
        }
        return;
      case "silence":
        throw new Unreachable(`${what}: ${span.silence}`);
      case "malformed":
        throw new Unreachable(`${what}: ${reply.reason}`);
      case "exception":
        if (!isAboutAddresses(reply.code)) {
          throw new Unreachable(`${what}: ${exceptionText(reply.code)}`);
        }
        if (span.count === 1) refusals.set(span.from, exceptionText(reply.code));
        else await readHalves(span);
    }
  }

  /** One refused register must not hide its neighbours. */
  async function readHalves(span: ReadWords): Promise<void> {
    const lower = span.count >> 1;
    await readSpan({ ...span, count: lower });
    await readSpan({ ...span, from: span.from + lower, count: span.count - lower });
  }
}
