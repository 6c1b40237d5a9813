import type { Socket } from "node:net";
import {
  type Context,
  type GuestWriteOutcome,
  type LineProxy,
  type ProxyDeps,
  type ProxyReport,
  Unreachable,
} from "@headgate/model";
import type { ModbusConnection } from "../connection.ts";
import { GIVEN_UP, RESTING } from "../relay.ts";
import { exceptionText, isAboutAddresses, type Reply } from "../reply.ts";
import { isRead, type Request } from "../request.ts";
import type { ClientFrame } from "./client-frames.ts";
import { answerPdu, Exception, exceptionPdu, parseRequest } from "./client-request.ts";
import { ClientSession } from "./client-session.ts";
import { listen } from "./listener.ts";
import { mayWriteBy, type Writer } from "./may-write.ts";
import { networksOf, type ProxySettings, plainAddress } from "./settings.ts";

/** A request that waited longer for the line is not sent: its client has given it up. */
const WAIT_MS_MAX = 5_000;
/** Where all places are taken, a new client gets that of one that was idle for so long. */
const REPLACED_AFTER_MS = 10_000;
/** The same complaint is logged once in so long. */
const COMPLAIN_EVERY_MS = 60_000;
const COMPLAINTS_MAX = 64;

type Write = Exclude<Request, { readonly code: 1 | 2 | 3 | 4 }>;

/** Who asks, and whether it still waits. */
interface Client extends Writer {
  readonly name: string;
  readonly session: () => ClientSession;
}

/** Lets Modbus TCP clients onto a channel's line, whatever that line is. */
export class ModbusProxy implements LineProxy {
  readonly #settings: ProxySettings;
  readonly #deps: ProxyDeps;
  readonly #mayConnect: (address: string) => boolean;
  readonly #mayWrite: (writer: Writer, write: Write) => boolean;
  readonly #sessions = new Set<ClientSession>();
  readonly #complaints = new Map<string, number>();
  readonly #counts = {
    requestCount: 0,
    cachedCount: 0,
    writeCount: 0,
    deniedCount: 0,
    rejectedCount: 0,
  };
  #listensAt: string | null = null;

  constructor(settings: ProxySettings, deps: ProxyDeps) {
    this.#settings = settings;
    this.#deps = deps;
    this.#mayConnect = settings.clients ? networksOf(settings.clients) : () => true;
    this.#mayWrite = mayWriteBy(settings.writes);
  }

  report(): ProxyReport {
    const clientCount = this.#sessions.size;
    return { listensAt: this.#listensAt, clientCount, ...this.#counts };
  }

  async run(onUp: () => void, context: Context): Promise<void> {
    const { signal } = context;
    const runs = new Set<Promise<void>>();
    let fail: (bug: unknown) => void = () => {};
    const failed = new Promise<never>((_, reject) => {
      fail = reject;
    });
    const onClient = (socket: Socket, role: string | null) => {
      const run = this.#serve(socket, role, context)
        .catch(fail)
        .finally(() => runs.delete(run));
      runs.add(run);
    };
    const onStranger = (why: string, client: string) => {
      this.#counts.rejectedCount++;
      this.#complain(why, { client }, context);
    };
    const { server, at } = await listen(this.#settings, { onClient, onStranger });
    try {
      this.#listensAt = at;
      server.on("error", (error) => context.log.warn("a client could not be taken", { error }));
      onUp();
      await Promise.race([untilAborted(signal), failed]);
    } finally {
      this.#listensAt = null;
      server.close();
      for (const session of this.#sessions) session.end("stopped");
      await Promise.all(runs);
    }
  }

  async #serve(socket: Socket, role: string | null, context: Context): Promise<void> {
    const address = plainAddress(socket.remoteAddress ?? "");
    const name = `${address}:${socket.remotePort ?? 0}`;
    const refusal = this.#refusalOf(address, context);
    if (refusal !== null) {
      socket.on("error", () => socket.destroy()).destroy();
      this.#counts.rejectedCount++;
      this.#complain(refusal, { client: name }, context);
      return;
    }
    const { clock } = context;
    const { idle: idleMs } = this.#settings;
    const client: Client = { address, role, name, session: () => session };
    const answer = (frame: ClientFrame) => this.#answer(frame, client, context);
    const session: ClientSession = new ClientSession({ socket, clock, idleMs, answer });
    this.#sessions.add(session);
    context.log.debug("a client of the proxy came", { client: name });
    const end = await session.run().finally(() => this.#sessions.delete(session));
    context.log.debug("a client of the proxy has gone", { client: name, end });
    if (end !== "garbage") return;
    this.#counts.rejectedCount++;
    this.#complain("it does not speak modbus tcp", { client: name }, context);
  }

  /** Why a client is not let in; null if it is. */
  #refusalOf(address: string, { clock, signal }: Context): string | null {
    if (signal.aborted) return "the gateway stops";
    if (!this.#mayConnect(address)) return `${address} is not among proxy.clients`;
    const { clientsMax } = this.#settings;
    if (this.#sessions.size < clientsMax) return null;
    const [longest] = [...this.#sessions].toSorted((one, other) => one.lastMs - other.lastMs);
    if (longest && clock.monotonicMs() - longest.lastMs >= REPLACED_AFTER_MS) {
      longest.end("replaced");
      // Its place is free at once; its socket closes in its own time.
      this.#sessions.delete(longest);
      return null;
    }
    return `there are ${clientsMax} clients already (proxy.clientsMax)`;
  }

  #complain(why: string, fields: object, { clock, log }: Context): void {
    const nowMs = clock.monotonicMs();
    const saidMs = this.#complaints.get(why);
    if (saidMs !== undefined && nowMs - saidMs < COMPLAIN_EVERY_MS) return;
    if (this.#complaints.size >= COMPLAINTS_MAX) this.#complaints.clear();
    this.#complaints.set(why, nowMs);
    log.warn(`a client of the proxy was sent away: ${why}`, fields);
  }

  async #answer(frame: ClientFrame, client: Client, context: Context): Promise<Buffer> {
    const { pdu } = frame;
    this.#counts.requestCount++;
    const request = parseRequest(frame);
    if (typeof request === "number") return exceptionPdu(pdu, request);
    if (!isRead(request)) {
      this.#counts.writeCount++;
      if (!this.#mayWrite(client, request)) {
        this.#counts.deniedCount++;
        this.#tell(request, client, ["denied", "no rule of proxy.writes allows it"]);
        return exceptionPdu(pdu, Exception.illegalFunction);
      }
    }
    const { reply, isSent } = await this.#ask(request, client, context);
    if (isRead(request)) {
      if (!isSent && reply.kind === "answer") this.#counts.cachedCount++;
    } else this.#tell(request, client, fateOf(reply, isSent));
    if (reply.kind === "answer") return answerPdu(request, pdu, reply.bytes);
    return exceptionPdu(pdu, reply.kind === "exception" ? reply.code : Exception.noAnswer);
  }

  async #ask(request: Request, client: Client, { clock }: Context) {
    let isSent = false;
    const untilMs = clock.monotonicMs() + WAIT_MS_MAX;
    const isWanted = () => client.session().isOpen && clock.monotonicMs() < untilMs;
    const onSend = () => {
      isSent = true;
    };
    const connection = this.#deps.connection();
    try {
      const reply = isModbus(connection)
        ? await connection.relay({ request, isWanted, onSend })
        : LINE_DOWN;
      return { reply, isSent };
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      return { reply: LINE_DOWN, isSent };
    }
  }

  #tell(write: Write, { name }: Client, [outcome, reason]: Fate): void {
    const { unitId, from } = write;
    const isBits = "bits" in write;
    const values = isBits ? write.bits : wordsOf(write.bytes);
    const place = `${isBits ? "coil" : "holding"}:${from}`;
    this.#deps.audit({ client: name, unit: unitId, place, values, outcome, reason });
  }
}

const LINE_DOWN: Reply = { kind: "exception", code: Exception.noPath };

type Fate = readonly [outcome: GuestWriteOutcome, reason: string | null];

/** What became of a write. */
function fateOf(reply: Reply, isSent: boolean): Fate {
  if (reply.kind === "answer") return ["done", null];
  if (reply === GIVEN_UP) return ["not-sent", "the line was not free in time, or the client left"];
  if (reply === RESTING) return ["not-sent", "the unit does not answer and is asked rarely"];
  if (!isSent) return ["not-sent", "the line is down"];
  if (reply.kind !== "exception") return ["unknown", "no answer that fits"];
  const isRefused = isAboutAddresses(reply.code) || reply.code === Exception.busy;
  return [isRefused ? "refused" : "unknown", exceptionText(reply.code)];
}

function wordsOf(bytes: Buffer): readonly number[] {
  return Array.from({ length: bytes.length / 2 }, (_, at) => bytes.readUInt16BE(at * 2));
}

function isModbus(connection: object | null): connection is ModbusConnection {
  return connection !== null && "relay" in connection;
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
