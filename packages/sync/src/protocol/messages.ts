import { STREAMS } from "@headgate/model";
import { z } from "zod";
import { BadFrame } from "./bad-frame.ts";
import { PROTOCOL_VERSION } from "./wire-code.ts";

// Unknown fields are dropped, not refused: a newer peer may say more.
const STREAMS_MAX = 64;
const RANGES_MAX = 256;
const MESSAGE_BYTES_MAX = 256 * 1024;

const version = z.literal(PROTOCOL_VERSION);
const name = z.string().min(1).max(200);
const stream = z.enum(STREAMS);
const number = z.number().int().nonnegative();
const blockHash = z.string().regex(/^[0-9a-f]{16}$/);
const blockNumber = z.number().int().positive();

export const helloSchema = z.object({
  v: version,
  gw: name,
  online: z.boolean(),
  /** When it was written, UTC milliseconds; absent in the will. */
  at: number.optional(),
  /** Names this session of the gateway. */
  inc: name.optional(),
  /** Format of the data frames that will come. */
  format: name.optional(),
  streams: z
    .array(z.object({ st: stream, ep: name, next: number, durable: number, oldest: number }))
    .max(STREAMS_MAX)
    .optional(),
});

export const ackSchema = z.object({
  v: version,
  /** The receiver's id, also in the topic. */
  c: name,
  /** Names one life of the receiver's store. */
  inc: name,
  at: number,
  streams: z
    .array(
      z.object({
        st: stream,
        ep: name,
        /** All of 1..w is committed. */
        w: number,
        /** Committed beyond `w`: ranges, both ends included, ascending. */
        sack: z.array(z.tuple([blockNumber, blockNumber])).max(RANGES_MAX),
        /** Highest number ever seen. */
        max: number,
        /** Hash of block `max`, if that is stored as a block. */
        h: blockHash.optional(),
        /** A number that came twice with different contents. */
        fork: blockNumber.optional(),
      }),
    )
    .max(STREAMS_MAX),
  /** What it asks this gateway to stay under: bytes unacknowledged, bytes a second of b and r. */
  lim: z.object({ bytes: number.optional(), rate: z.number().positive().optional() }).optional(),
});

export const requestSchema = z.discriminatedUnion("op", [
  z.object({
    v: version,
    id: name,
    op: z.literal("resend"),
    st: stream,
    ep: name,
    lo: blockNumber,
    hi: blockNumber,
  }),
  z.object({ v: version, id: name, op: z.literal("points"), hash: name }),
]);

export const fenceSchema = z.object({
  v: version,
  streams: z
    .array(
      z.object({
        st: stream,
        ep: name,
        next: number,
        /** Hash of block `next - 1`. */
        h: blockHash.optional(),
      }),
    )
    .max(STREAMS_MAX),
});

/** The gateway's standing, retained; its will says `online: false` and no more. */
export type Hello = z.infer<typeof helloSchema>;
/** What one receiver has committed, of all streams and epochs of a gateway. Retained. */
export type Ack = z.infer<typeof ackSchema>;
/** What a receiver asks for. */
export type Request = z.infer<typeof requestSchema>;
/** How far a gateway has published, to be found again by itself after a restore. Retained. */
export type Fence = z.infer<typeof fenceSchema>;

/** Any of the protocol's small messages as bytes. */
export function encodeMessage(message: Hello | Ack | Request | Fence): Uint8Array {
  return Buffer.from(JSON.stringify(message));
}

/** Reads a hello or throws `BadFrame`. */
export const parseHello = (payload: Uint8Array): Hello => parse("hello", helloSchema, payload);
/** Reads an ack or throws `BadFrame`. */
export const parseAck = (payload: Uint8Array): Ack => parse("ack", ackSchema, payload);
/** Reads an ack that came on the topic of this receiver, or throws `BadFrame`. */
export function ackFrom(receiverId: string | undefined, payload: Uint8Array): Ack {
  const ack = parseAck(payload);
  if (ack.c === receiverId) return ack;
  throw new BadFrame(`the ack names receiver "${ack.c}", the topic "${receiverId}"`);
}
/** Reads a request or throws `BadFrame`. */
export const parseRequest = (payload: Uint8Array): Request =>
  parse("request", requestSchema, payload);
/** Reads a fence or throws `BadFrame`. */
export const parseFence = (payload: Uint8Array): Fence => parse("fence", fenceSchema, payload);

function parse<T>(what: string, schema: z.ZodType<T>, payload: Uint8Array): T {
  if (payload.byteLength > MESSAGE_BYTES_MAX) throw new BadFrame(`${what} is too large`);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
  } catch (error) {
    throw new BadFrame(`${what} is not json`, { cause: error });
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw new BadFrame(`${what} is malformed`, { cause: parsed.error });
  return parsed.data;
}
