import {
  type Clock,
  type DeviceIdentity,
  type LineSearch,
  type Look,
  missing,
  type Sample,
  Unreachable,
} from "@headgate/model";
import type { Address } from "../address.ts";
import { DeviceReader } from "../device-reader.ts";
import { DevicePlan, type ModbusPoint } from "../read-plan.ts";
import { exceptionText, type Reply, silenceText } from "../reply.ts";
import { isRead, type Read, type Request, readLength, TABLE_OF_CODE } from "../request.ts";
import { ScanSamples } from "../scan-samples.ts";
import type { Device } from "../settings.ts";
import { collectSunspec, expandSunspec, wordAt } from "../sunspec/expand.ts";
import { type SunspecChain, walkSunspec } from "../sunspec/walk.ts";
import { Unit } from "../unit.ts";
import { answersIn, type Heard } from "./heard.ts";
import { identifyUnit } from "./identification.ts";
import { lookAt } from "./look.ts";
import type { SearchPort } from "./search-port.ts";

/** After so many places that stay silent it is the device's way to refuse. */
const VAIN_MAX = 3;
/** Some need so long after their own answer before they listen again. */
const QUIET_STEP_MS = 40;
const QUIET_MS_MAX = 320;
/** Silent places in one reading after which the rest of it counts as silent, too. */
const SILENCES_MAX = 6;

export interface ModbusSearchOptions {
  readonly port: SearchPort;
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Answers carry an id, so that a late one passes for no other. */
  readonly hasIds: boolean;
}

/** What is known of one unit that was found. */
interface Found {
  readonly unit: Unit;
  readonly answers: { readonly request: Read; readonly reply: Reply }[];
  /** Requests that stayed without an answer. */
  readonly silent: Read[];
  /** Undefined until it was asked for. */
  chain: SunspecChain | null | undefined;
  slowestMs: number;
  /** Silence it needs before it hears a question, beyond the line's own. */
  quietMs: number;
  /** Silent places that stayed silent when they were asked again, in a row. */
  vainCount: number;
}

/** Looks who is on a Modbus line. Only functions that read go out. */
export class ModbusSearch implements LineSearch<Address, Device> {
  readonly #options: ModbusSearchOptions;
  readonly #found = new Map<number, Found>();

  constructor(options: ModbusSearchOptions) {
    this.#options = options;
  }

  async look({ unitId, timeout }: Device, signal: AbortSignal): Promise<Look> {
    const { port, timeoutMs } = this.#options;
    this.#found.delete(unitId);
    return await lookAt(unitId, async (pdu, afterMs) => {
      const asking = { unitId, pdu, timeoutMs: timeout ?? timeoutMs, afterMs };
      return await port.ask(asking, signal);
    });
  }

  async identify(device: Device, signal: AbortSignal): Promise<DeviceIdentity | null> {
    const ask = async (pdu: Buffer): Promise<Buffer | null> => {
      const { frames } = await this.#ask(device, pdu, signal);
      const [answer] = answersIn(frames, { unitId: device.unitId, pdu });
      return answer && answer.pdu[0] === pdu[0] ? answer.pdu : null;
    };
    return (await identifyUnit(ask)) ?? (await this.#identifyBySunspec(device, signal));
  }

  async read(points: readonly ModbusPoint[], signal: AbortSignal): Promise<Sample[]> {
    const ofSunspec = points.find(({ address }) => address.sunspec !== undefined);
    if (ofSunspec === undefined) return await this.#readPlain(points, signal);
    const chain = await this.#chainOf(ofSunspec.device, signal);
    const expanded = expandSunspec(points, () => chain);
    const samples = await this.#readPlain(expanded.points, signal);
    return collectSunspec(points, expanded, { samples, nowMs: this.#options.clock.nowMs() });
  }

  async close(): Promise<void> {
    this.#options.port.close();
  }

  async #readPlain(points: readonly ModbusPoint[], signal: AbortSignal): Promise<Sample[]> {
    const { clock } = this.#options;
    const nowMs = clock.nowMs();
    const [first] = points;
    if (!first) return [];
    const samples = new ScanSamples(points);
    for (const [at, { id }] of points.entries()) samples.fail(at, missing(id, nowMs, "not read"));
    const plan = new DevicePlan(points, [...points.keys()], this.#know(first.device).unit);
    plan.refresh(clock.monotonicMs());
    const silences = { leftCount: SILENCES_MAX };
    const ask = (request: Request) => this.#put(first.device, request, { silences, signal });
    await new Promise<void>((resolve, reject) => {
      const done = (error: Error | null) => (error ? reject(error) : resolve());
      new DeviceReader({ clock, asking: { ask }, plan, samples }, done).read(signal);
    });
    return [...samples.take()].map((sample, index) => {
      const isRefused = sample.quality === "bad" && sample.reason === REFUSED;
      const { unit, ...known } = this.#know(first.device);
      if (!isRefused || !isSilent(points[index], known)) return sample;
      return missing(sample.pointId, nowMs, silenceText(unit.id, this.#options.timeoutMs));
    });
  }

  /** What was answered before is not asked again. */
  async #put(
    device: Device,
    request: Request,
    { silences, signal }: { silences: { leftCount: number }; signal: AbortSignal },
  ): Promise<Reply> {
    if (!isRead(request)) throw new Error("a search only reads");
    const { answers } = this.#know(device);
    const known = findAnswer(answers, request);
    if (known) return known;
    const pdu = Buffer.alloc(5);
    pdu[0] = request.code;
    pdu.writeUInt16BE(request.from, 1);
    pdu.writeUInt16BE(request.count, 3);
    const heard = await this.#ask(device, pdu, signal);
    const reply = replyOf(heard, request);
    if (reply.kind === "silence") {
      // Some devices say nothing where others refuse.
      this.#know(device).silent.push(request);
      return silences.leftCount-- > 0 ? { kind: "exception", code: 2 } : reply;
    }
    answers.push({ request, reply });
    return reply;
  }

  /** A unit that answered before and is silent now was perhaps asked too soon. */
  async #ask(device: Device, pdu: Buffer, signal: AbortSignal): Promise<Heard> {
    const found = this.#know(device);
    const heard = await this.#askOnce(device, pdu, signal);
    if (heard.answerMs !== null || found.vainCount >= VAIN_MAX) return heard;
    const again = await this.#askOnce(device, pdu, signal);
    if (again.answerMs === null) found.vainCount++;
    else {
      found.vainCount = 0;
      found.quietMs = Math.min(QUIET_MS_MAX, found.quietMs + QUIET_STEP_MS);
    }
    return again;
  }

  /** Where answers carry no id, a late one must be gone before the next question. */
  async #askOnce(device: Device, pdu: Buffer, signal: AbortSignal): Promise<Heard> {
    const { port, hasIds } = this.#options;
    const { unitId } = device;
    const found = this.#know(device);
    const timeoutMs = device.timeout ?? this.#options.timeoutMs;
    const heard = await port.ask({ unitId, pdu, timeoutMs, quietMs: found.quietMs }, signal);
    if (heard.answerMs !== null) found.slowestMs = Math.max(found.slowestMs, heard.answerMs);
    else if (!hasIds) await port.rest(Math.max(timeoutMs, 3 * found.slowestMs), signal);
    return heard;
  }

  #know({ unitId }: Device): Found {
    let found = this.#found.get(unitId);
    if (!found) {
      found = {
        unit: new Unit(unitId),
        answers: [],
        silent: [],
        chain: undefined,
        slowestMs: 0,
        quietMs: 0,
        vainCount: 0,
      };
      this.#found.set(unitId, found);
    }
    return found;
  }

  async #chainOf(device: Device, signal: AbortSignal): Promise<SunspecChain | null> {
    const found = this.#know(device);
    if (found.chain !== undefined) return found.chain;
    found.chain = await walkSunspec(async (from, count) => {
      if (signal.aborted) throw new Unreachable("the search was ended");
      const points = Array.from({ length: count }, (_, index): ModbusPoint => {
        return { id: String(index), address: wordAt(from + index), device };
      });
      const words = (await this.#readPlain(points, signal)).map(({ value }) => value);
      return words.every((word) => typeof word === "number") ? words : null;
    });
    return found.chain;
  }

  async #identifyBySunspec(device: Device, signal: AbortSignal): Promise<DeviceIdentity | null> {
    if ((await this.#chainOf(device, signal)) === null) return null;
    const names = ["Mn", "Md", "Vr", "SN"];
    const points = names.map((pointName): ModbusPoint => {
      const sunspec = [{ modelId: 1, index: null, pointName }];
      return { id: pointName, address: { ...wordAt(0), sunspec }, device };
    });
    const samples = await this.read(points, signal);
    const [manufacturer = "", model = "", version = "", serial = ""] = samples.map(({ value }) =>
      typeof value === "string" ? value : "",
    );
    return { by: "SunSpec", manufacturer, model, version, serial };
  }
}

/** What stands in for silence, for the reader to go on as with a refusal. */
const REFUSED = exceptionText(2);

/** Whether nobody refused a point in words: of what asked for it the narrowest had no answer. */
function isSilent(
  point: ModbusPoint | undefined,
  { silent, answers }: Pick<Found, "silent" | "answers">,
): boolean {
  if (!point) return false;
  const { table, from, count } = point.address;
  const narrowest = (requests: readonly Read[]) =>
    requests
      .filter((one) => TABLE_OF_CODE[one.code] === table)
      .filter((one) => one.from <= from && from + count <= one.from + one.count)
      .reduce((least, one) => Math.min(least, one.count), Number.POSITIVE_INFINITY);
  const refused = answers.filter(({ reply }) => reply.kind === "exception");
  return narrowest(silent) < narrowest(refused.map(({ request }) => request));
}

function findAnswer(answers: Found["answers"], { code, from, count }: Read): Reply | null {
  for (const { request, reply } of answers) {
    if (request.code !== code) continue;
    if (request.from === from && request.count === count) return reply;
    const isWithin = request.from <= from && from + count <= request.from + request.count;
    if (!isWithin || reply.kind !== "answer" || code <= 2) continue;
    const start = (from - request.from) * 2;
    return { kind: "answer", bytes: reply.bytes.subarray(start, start + count * 2) };
  }
  return null;
}

function replyOf({ frames }: Heard, request: Read): Reply {
  const [answer] = answersIn(frames, { unitId: request.unitId, pdu: Buffer.from([request.code]) });
  if (!answer) return { kind: "silence" };
  const { pdu } = answer;
  if (pdu[0] !== request.code) return { kind: "exception", code: pdu[1] ?? 0 };
  const bytes = pdu.subarray(2);
  const wanted = readLength(request.code, request.count);
  if (bytes.length === wanted && pdu[1] === wanted) return { kind: "answer", bytes };
  return { kind: "malformed", reason: `answered ${bytes.length} bytes, not ${wanted}` };
}
