import { BlockList, isIP } from "node:net";
import { z } from "zod";
import { duration } from "../../duration.ts";
import type { Table } from "../request.ts";

const IDLE_MS_MIN = 1_000;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/** Where to listen: "127.0.0.1:1502", "[::1]:1502". */
const listenAt = z.string().transform((written, context) => {
  const [, six, four, digits] = /^(?:\[([0-9a-f:]+)\]|([^:[\]]+)):(\d{1,5})$/i.exec(written) ?? [];
  const host = six ?? four;
  const port = Number(digits);
  if (host !== undefined && port <= 65_535) return { host, port };
  const message = `${JSON.stringify(written)} is no address; write 127.0.0.1:1502`;
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

/** "192.168.1.50" or "192.168.1.0/24". */
const network = z.string().refine(isNetwork, {
  error: "is neither an IP address nor a network; write 192.168.1.50 or 192.168.1.0/24",
});

function isNetwork(written: string): boolean {
  const [address = "", bits, ...more] = written.split("/");
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

/** Registers that a client may write. */
export interface WritableRange {
  readonly table: Extract<Table, "coil" | "holding">;
  readonly from: number;
  readonly to: number;
}

/** "holding:40", "holding:40-49", "coil:0-7". */
const range = z.string().transform((written, context): WritableRange => {
  const [, table, first, last = first] = /^(coil|holding):(\d+)(?:-(\d+))?$/.exec(written) ?? [];
  const from = Number(first);
  const to = Number(last);
  const isTable = table === "coil" || table === "holding";
  if (isTable && from <= to && to <= 0xffff) return { table, from, to };
  const message = `${JSON.stringify(written)} is no range; write holding:40-49 or coil:3`;
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

const writeRule = z.strictObject({
  /** Who may write; whoever may connect, where this is left out. */
  clients: z.array(network).min(1).optional(),
  /** Of the client's certificate; only with `tls`. */
  roles: z.array(z.string().min(1)).min(1).optional(),
  units: z.array(z.int().min(0).max(255)).min(1),
  registers: z.array(range).min(1),
});

/** Key `proxy` of a Modbus channel: lets other masters use its line. */
export const proxySchema = z
  .strictObject({
    listen: listenAt,
    /** Who may connect; required where more than this machine can. */
    clients: z.array(network).min(1).optional(),
    /** Values that old at most are answered with at once; 0 asks the device each time. */
    maxAge: duration.or(z.literal(0)).default(1_000),
    /** Percent of the line's time for clients while scans wait for it too. */
    share: z.int().min(5).max(90).default(30),
    clientsMax: z.int().min(1).max(256).default(16),
    /** A client that asks nothing for so long is let go. */
    idle: duration
      .refine((ms) => ms >= IDLE_MS_MIN, "must be 1 s or longer; write a time such as 2 min")
      .default(120_000),
    writes: z.array(writeRule).default([]),
    /** Modbus/TCP Security: only clients with a certificate of `ca`. Paths of PEM files. */
    tls: z
      .strictObject({ ca: z.string().min(1), cert: z.string().min(1), key: z.string().min(1) })
      .optional(),
  })
  .refine(({ tls, writes }) => tls !== undefined || writes.every(({ roles }) => !roles), {
    path: ["tls"],
    error: "roles stand in certificates: name tls with ca, cert and key, or leave roles out",
  })
  .refine(({ listen, clients }) => clients !== undefined || LOOPBACK.test(listen.host), {
    path: ["clients"],
    error: "others can reach this address: name who may connect, such as [192.168.1.0/24]",
  });

export type ProxySettings = z.output<typeof proxySchema>;
export type WriteRule = ProxySettings["writes"][number];

/** The addresses of a list of networks. */
export function networksOf(written: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const one of written) {
    const [address = "", bits] = one.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (given) => {
    const address = plainAddress(given);
    return list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
  };
}

/** An IPv4 client of an IPv6 listener, "::ffff:10.0.0.5", is 10.0.0.5; "fe80::1%eth0" fe80::1. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
}
