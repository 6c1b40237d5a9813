import type { Port } from "./port.ts";
import type { Request } from "./request.ts";

/** What modbus-serial made of an answer: `buffer` after a read, the others after a write. */
export interface Answer {
  readonly buffer?: Buffer;
  readonly address?: number;
  readonly state?: boolean;
  readonly value?: number;
  readonly length?: number;
}

/** An exception of the device carries its code, everything else only a text. */
export interface AnswerError extends Error {
  readonly modbusCode?: number;
}

/** Called at most once for each request, and never if no answer comes: it has no own timeout. */
export type OnAnswer = (error: AnswerError | null, answer?: Answer) => void;

type Ask<Payload> = (unitId: number, from: number, payload: Payload, next: OnAnswer) => void;

/** The few methods of modbus-serial that we call; its own types are partial. */
export interface Client {
  open(callback: (error?: Error | null) => void): void;
  close(callback: () => void): void;
  on(event: "error", listener: (error: Error) => void): unknown;
  readonly writeFC1: Ask<number>;
  readonly writeFC2: Ask<number>;
  readonly writeFC3: Ask<number>;
  readonly writeFC4: Ask<number>;
  readonly writeFC5: Ask<boolean>;
  readonly writeFC6: Ask<Buffer>;
  readonly writeFC15: Ask<readonly boolean[]>;
  readonly writeFC16: Ask<Buffer>;
}

/** Loads modbus-serial, which costs 0.15 s and 17 MB, and gives what makes its clients. */
export async function loadClient(): Promise<(port: Port) => Client> {
  // The default export: in a bundle a CommonJS package has no other.
  const { default: ModbusRTU } = await import("modbus-serial");
  const Constructor = ModbusRTU as unknown as new (port: Port) => Client;
  return (port) => new Constructor(port);
}

/** Has the library write `request` to its port. The unit id goes along: it must not be state. */
export function send(client: Client, request: Request, next: OnAnswer): void {
  const { unitId, from } = request;
  switch (request.code) {
    case 1:
      client.writeFC1(unitId, from, request.count, next);
      break;
    case 2:
      client.writeFC2(unitId, from, request.count, next);
      break;
    case 3:
      client.writeFC3(unitId, from, request.count, next);
      break;
    case 4:
      client.writeFC4(unitId, from, request.count, next);
      break;
    case 5:
      client.writeFC5(unitId, from, request.bits[0] === true, next);
      break;
    case 6:
      client.writeFC6(unitId, from, request.bytes, next);
      break;
    case 15:
      client.writeFC15(unitId, from, request.bits, next);
      break;
    case 16:
      client.writeFC16(unitId, from, request.bytes, next);
      break;
  }
}
