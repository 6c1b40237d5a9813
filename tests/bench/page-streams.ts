import { randomUUID } from "node:crypto";

/** One caller may hold so many streams. */
const STREAMS_PER_CALLER = 17;

interface Pages {
  /** When the answers of each device's first point came. */
  readonly timesMs: ReadonlyMap<string, readonly number[]>;
  clear(): void;
  close(): void;
}

interface Opened {
  readonly url: string;
  /** Of the machine itself. */
  readonly token: string;
  readonly count: number;
  readonly pointsSeen: number;
}

/** Opens streams as pages do, of several people, each with points of its own. */
export async function openPages({ url, token, count, pointsSeen }: Opened): Promise<Pages> {
  const leaving = new AbortController();
  const points = (await (await fetch(`${url}/api/points`)).json()) as { id: string }[];
  const ids = points.map(({ id }) => id);
  const devices = Map.groupBy(ids, (id) => id.slice(0, id.indexOf("/")));
  const timesMs = new Map<string, number[]>();
  const callers = await callersOf(url, token, Math.ceil(count / STREAMS_PER_CALLER));
  const firsts = [...devices.values()].map(([first]) => first ?? "");
  for (let page = 0; page < count; page++) {
    const headers = callers[Math.floor(page / STREAMS_PER_CALLER)] ?? {};
    const own = ids.slice(page * pointsSeen, (page + 1) * pointsSeen);
    const wanted = page === 0 ? firsts : own;
    const { body, status } = await fetch(`${url}/api/stream?points=${wanted.join(",")}`, {
      headers,
      signal: leaving.signal,
    });
    if (!body) throw new Error(`stream ${page}: ${status}`);
    void follow(body, page === 0 ? (data) => note(data, firsts, timesMs) : () => {});
  }
  return {
    timesMs,
    clear: () => timesMs.clear(),
    close: () => leaving.abort(),
  };
}

/** People and programs; none of them may hold all streams. */
async function callersOf(url: string, token: string, count: number) {
  const machine = { authorization: `Bearer ${token}` };
  const json = { ...machine, "content-type": "application/json" };
  const callers: Record<string, string>[] = [{}, machine];
  for (let caller = callers.length; caller < count; caller++) {
    const name = `bench-${caller}-${randomUUID().slice(0, 8)}`;
    const body = JSON.stringify({ name, role: "viewer", paths: [], days: 1 });
    const answer = await fetch(`${url}/api/tokens`, { method: "POST", headers: json, body });
    const { secret } = (await answer.json()) as { secret?: string };
    if (!secret) throw new Error(`a token for the bench: HTTP ${answer.status}`);
    callers.push({ authorization: `Bearer ${secret}` });
  }
  return callers;
}

async function follow(
  body: ReadableStream<Uint8Array>,
  onPoints: (data: string) => void,
): Promise<void> {
  let text = "";
  try {
    for await (const piece of body.pipeThrough(new TextDecoderStream())) {
      text += piece;
      const events = text.split("\n\n");
      text = events.pop() ?? "";
      for (const event of events) {
        const found = /event: points\ndata: (.*)/.exec(event);
        if (found) onPoints(found[1] ?? "");
      }
    }
  } catch {
    // Closed: the measurement is over.
  }
}

function note(data: string, ids: readonly string[], timesMs: Map<string, number[]>): void {
  const { points } = JSON.parse(data) as { points: [number, unknown, string, number][] };
  for (const [place, , , timestampMs] of points) {
    const id = ids[place] ?? "";
    timesMs.set(id, [...(timesMs.get(id) ?? []), timestampMs]);
  }
}
