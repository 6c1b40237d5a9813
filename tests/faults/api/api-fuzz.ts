import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { randomOf } from "@headgate/drivers/testing";
import { type ApiRig, createApiRig } from "./api-rig.ts";
import { type ApiRequest, type Material, makeRequest } from "./make-request.ts";
import { type Document, operationsOf } from "./operations.ts";

export interface ApiFuzzOptions {
  readonly seconds: number;
  readonly seed: number;
  readonly onProgress?: (text: string) => void;
}

export interface ApiFuzzReport {
  readonly requestCount: number;
  /** By operation, how often each status was answered. */
  readonly statuses: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** What should not have been, each once. */
  readonly faults: ReadonlyMap<string, string>;
  readonly firstMb: number;
  readonly lastMb: number;
}

const AT_ONCE = 8;
const CHECK_MS = 5_000;
/** Streams are read for a moment. */
const READ_MS_MAX = 400;
/** A search, a test of a draft: what asks devices may take so long. */
const ANSWER_MS_MAX = 60_000;
/** Whoever promises more than it sends is waited for, up to the server's 30 s: nobody else is. */
const HALF_MS_MAX = 2_000;
/** After what was applied the gateway begins anew: for so long nobody listens. */
const AWAY_MS_MAX = 30_000;
/** The whole of what every route may answer, whatever it is about. */
const ANY_ROUTE = [400, 401, 403, 404, 408, 413, 415, 421, 429, 431];
const FAULTS_MAX = 50;
const SHOWN_MAX = 4000;

/** Asks everything by everybody for so long, and looks whether the gateway goes on. */
export async function fuzzApi(options: ApiFuzzOptions): Promise<ApiFuzzReport> {
  const rig = await createApiRig();
  try {
    return await fuzzRig(rig, options);
  } finally {
    await rig.end();
  }
}

async function fuzzRig(rig: ApiRig, options: ApiFuzzOptions): Promise<ApiFuzzReport> {
  const { seconds, seed, onProgress } = options;
  const document = (await (await fetch(`${rig.gateway.url}/api/openapi.json`)).json()) as Document;
  const material: Material = {
    operations: operationsOf(document),
    askers: rig.askers,
    words: { texts: TEXTS, schemas: document.components.schemas },
    configText: rig.configText,
  };
  const tally = new Tally();
  const firstMb = await rig.rssMb();
  const endMs = performance.now() + seconds * 1000;
  const random = randomOf(seed);
  const worker = async () => {
    while (performance.now() < endMs && tally.faults.size < FAULTS_MAX) {
      await askOnce(rig, tally, makeRequest(material, random));
    }
  };
  const watcher = watchUntil(rig, tally, { endMs, onProgress });
  await Promise.all([watcher, ...Array.from({ length: AT_ONCE }, worker)]);
  return {
    requestCount: tally.requestCount,
    statuses: tally.statuses,
    faults: tally.faults,
    firstMb,
    lastMb: await rig.rssMb().catch(() => Number.NaN), // It has ended, which is told.
  };
}

const TEXTS = [
  ...["meter", "tank", "bus", "sim", "meter/power", "meter/level", "tank/temperature", "power"],
  ...["viewer", "technician", "admin", "a sentence to remember", "someone", "1", "42", "230.1"],
  ...["holding:40", "kW", "en", "zh", "eastron-sdm120", "1-5", "1 s", "localhost", "simulated"],
];

async function watchUntil(
  rig: ApiRig,
  tally: Tally,
  { endMs, onProgress }: { endMs: number; onProgress: ApiFuzzOptions["onProgress"] | undefined },
): Promise<void> {
  while (performance.now() < endMs && tally.faults.size < FAULTS_MAX) {
    const leftMs = Math.min(CHECK_MS, Math.max(1, endMs - performance.now()));
    await new Promise((resolve) => setTimeout(resolve, leftMs));
    // Short of a whole step nothing need have been committed since the last one.
    if (leftMs < CHECK_MS) return;
    await whenBack(async () => {
      for (const fault of await rig.check()) tally.note(fault, "");
    }, tally);
    onProgress?.(`${tally.requestCount} requests, ${tally.faults.size} faults`);
  }
}

async function askOnce(rig: ApiRig, tally: Tally, asked: ApiRequest): Promise<void> {
  await whenBack(async () => {
    const answer = await send(rig.gateway.url, asked);
    if (answer === null) return;
    tally.count(asked.operation.name, `${answer.status}`);
    const fault = faultOf(asked, answer);
    if (fault) tally.note(`${asked.operation.name} ${fault}`, told(asked, answer.body));
  }, tally);
}

/** 503 where the document has it: what was asked for cannot be reached, or is not there yet. */
function faultOf(
  { operation, method }: ApiRequest,
  { status, body, problem }: Answered,
): string | null {
  const isDocumented = operation.statuses.has(status);
  if (status >= 500 && !(status === 503 && isDocumented)) return `answered ${status}`;
  const isUsual = ANY_ROUTE.includes(status) || [201, 304].includes(status);
  if (method === operation.method && !isDocumented && !isUsual) {
    return `answers ${status}, which is not in the document`;
  }
  // What is no HTTP at all the server refuses in its own words.
  // Pages without a script say in their header what is wrong, and in their body to whom it matters.
  const isPage = problem !== undefined && body.startsWith("<!doctype html>");
  const isForm =
    isPage ||
    body === "" ||
    /"code":"[a-z-]+"|"error":"(Bad Request|Client Error|Request Header Fields Too Large)"/.test(
      body,
    );
  return status >= 400 && !isForm ? `answers ${status} in another form` : null;
}

/** While the gateway begins anew nobody listens; that it comes back in time is looked at. */
async function whenBack(work: () => Promise<void>, tally: Tally): Promise<void> {
  const startedMs = performance.now();
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const awayMs = performance.now() - startedMs;
      if (awayMs > AWAY_MS_MAX)
        return tally.note(`nobody answers: ${codeOf(error)}`, String(error));
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

function codeOf(error: unknown): string {
  const { code, cause } = error as { code?: string; cause?: { code?: string } };
  return code ?? cause?.code ?? String(error);
}

interface Answered {
  readonly status: number;
  readonly body: string;
  readonly problem?: string | undefined;
}

/** Null where Node would not send it at all. */
function begin(url: string, { method, target, headers, from }: ApiRequest): ClientRequest | null {
  const { hostname: host, port } = new URL(url);
  try {
    return request({
      ...{ host, port, method, path: target, agent: false, localAddress: from, headers },
    });
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

function send(url: string, asked: ApiRequest): Promise<Answered | null> {
  const outgoing = begin(url, asked);
  if (outgoing === null) return Promise.resolve(null);
  return new Promise((resolve, reject) => {
    const isHalf = "content-length" in asked.headers;
    const limit = setTimeout(
      () => {
        if (isHalf) return end({ status: 408, body: "" });
        outgoing.destroy(new Error(`${asked.operation.name}: no answer in ${ANSWER_MS_MAX} ms`));
      },
      isHalf ? HALF_MS_MAX : ANSWER_MS_MAX,
    );
    const end = (answer: Answered) => {
      clearTimeout(limit);
      resolve(answer);
      outgoing.destroy();
    };
    outgoing.on("response", (incoming) => read(incoming, end));
    outgoing.on("upgrade", () => end({ status: 101, body: "" }));
    outgoing.on("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(limit);
      // It closes what it will not hear out.
      if (error.code === "ECONNRESET" || error.code === "EPIPE") resolve({ status: 400, body: "" });
      else reject(error);
    });
    outgoing.end(asked.body ?? undefined);
  });
}

function read(incoming: IncomingMessage, end: (answer: Answered) => void): void {
  const status = incoming.statusCode ?? 0;
  const problem = incoming.headers["x-problem"]?.toString();
  let body = "";
  const reading = setTimeout(() => end({ status, body, problem }), READ_MS_MAX);
  incoming.on("data", (chunk: Buffer) => {
    if (body.length < SHOWN_MAX) body += chunk.toString("latin1");
  });
  incoming.on("close", () => {
    clearTimeout(reading);
    end({ status, body, problem });
  });
}

function told({ asker, method, target, headers, body }: ApiRequest, answer: string): string {
  const given = body === null ? "" : ` ${body.toString().slice(0, 600)}`;
  const shown = JSON.stringify({ ...headers, cookie: undefined, authorization: undefined });
  const asked = `${asker.name}: ${method} ${target.slice(0, 150)} ${shown}${given}`;
  return `${asked} → ${answer.slice(0, 300)}`;
}

class Tally {
  requestCount = 0;
  readonly statuses = new Map<string, Map<string, number>>();
  readonly faults = new Map<string, string>();

  count(name: string, status: string): void {
    this.requestCount++;
    const own = this.statuses.get(name) ?? new Map<string, number>();
    own.set(status, (own.get(status) ?? 0) + 1);
    this.statuses.set(name, own);
  }

  note(fault: string, detail: string): void {
    if (!this.faults.has(fault)) this.faults.set(fault, detail);
  }
}
