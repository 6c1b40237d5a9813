import { Refused, Unreachable, type Value } from "@headgate/model";
import { lettersFor } from "./byte-order.ts";
import { asBoolean, encode } from "./encode.ts";
import type { Port } from "./port.ts";
import type { ModbusPoint } from "./read-plan.ts";
import { exceptionText, isAboutAddresses, type Reply, silenceText } from "./reply.ts";
import { type Request, readRequest, writeCoil, writeRegisters } from "./request.ts";

export interface WriteOptions {
  readonly point: ModbusPoint;
  readonly value: Value;
  readonly ask: (request: Request) => Promise<Reply>;
  readonly port: Pick<Port, "needsReadBeforeWrite">;
  readonly timeoutMs: number;
}

/** Sets one point. Rejects with `Refused`, or with `Unreachable`: then the outcome is unknown. */
export async function writePoint(options: WriteOptions): Promise<void> {
  const { point, ask, port } = options;
  const { table, from } = point.address;
  const what = `write modbus "${point.id}" ${table}:${from}`;
  if (table === "input" || table === "discrete") {
    throw new Refused(`${what}: the ${table} table can only be read`);
  }
  const { unitId } = point.device;
  const words = { what, silence: silenceText(unitId, options.timeoutMs) };
  // What it answers does not matter: the line learns from it whether an adapter echoes.
  if (port.needsReadBeforeWrite) await ask(readRequest({ unitId, table, from, count: 1 }));
  const request = await requestFor(options, words);
  try {
    let reply = await ask(request);
    const several = asSeveral(request);
    if (several && reply.kind === "exception" && reply.code === ILLEGAL_FUNCTION) {
      reply = await ask(several);
    }
    judge(reply, words);
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    // Once is enough.
    const cause = new Unreachable(error.message.replace(`${what}: `, ""));
    throw new Unreachable(`${what}: whether it took effect is unknown; read it back`, { cause });
  }
}

const ILLEGAL_FUNCTION = 1;

/** The same by the function that writes several: some devices know no other. */
function asSeveral(request: Request): Request | null {
  if (request.code === 5) return { ...request, code: 15 };
  return request.code === 6 ? { ...request, code: 16 } : null;
}

/** What is done, and what it means if nobody answers. */
interface Words {
  readonly what: string;
  readonly silence: string;
}

async function requestFor({ point, value, ask }: WriteOptions, words: Words): Promise<Request> {
  const { what } = words;
  const { address, device } = point;
  const { unitId } = device;
  const { table, from } = address;
  if (table === "coil")
    return writeCoil(
      unitId,
      from,
      named(what, () => asBoolean(value)),
    );
  const encoded = named(what, () => encode(address, device.order, value));
  if (encoded.kind === "registers") return writeRegisters(unitId, from, encoded.bytes);
  const current = judge(await ask(readRequest({ unitId, table, from, count: 1 })), words);
  const bytes = Buffer.from(current);
  // Bits are counted in the register as it is read: its byte order counts here too.
  const isSwapped = lettersFor(address.order ?? device.order, 2) === "BA";
  if (isSwapped) bytes.swap16();
  bytes.writeUInt16BE((bytes.readUInt16BE(0) & ~encoded.mask) | encoded.bits);
  if (isSwapped) bytes.swap16();
  return writeRegisters(unitId, from, bytes);
}

/** The bytes that were read, or the fault that it stands for. */
function judge(reply: Reply, { what, silence }: Words): Buffer {
  switch (reply.kind) {
    case "answer":
      return reply.bytes;
    case "silence":
      throw new Unreachable(`${what}: ${silence}`);
    case "malformed":
      throw new Unreachable(`${what}: ${reply.reason}`);
    case "exception": {
      const text = `${what}: ${exceptionText(reply.code)}`;
      throw isAboutAddresses(reply.code) ? new Refused(text) : new Unreachable(text);
    }
  }
}

function named<T>(what: string, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (cause instanceof Refused) throw new Refused(`${what}: ${cause.message}`);
    throw cause;
  }
}
