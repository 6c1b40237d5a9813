import { pick, type Random, varyText } from "@headgate/drivers/testing";
import type { Asker } from "./api-rig.ts";
import { hostileText, makeValue, type Words } from "./make-value.ts";
import type { Operation, Parameter } from "./operations.ts";

/** A request as it goes over the wire. */
export interface ApiRequest {
  readonly operation: Operation;
  readonly asker: Asker;
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | null;
  /** Each address has a budget of its own. */
  readonly from: string;
}

export interface Material {
  readonly operations: readonly Operation[];
  readonly askers: readonly Asker[];
  readonly words: Words;
  readonly configText: string;
}

const BODY_BYTES_MANY = 5 * 1024 * 1024;
const CONFIG_WORDS = ["&a ", "*a", "<<: ", "{", "}", "[", ":", '"', "\n", "\t", "points", "null"];

/** Right, nearly right, or meant badly: by anybody, with and without what shows that they may. */
export function makeRequest(material: Material, random: Random): ApiRequest {
  const operation = pick(random, material.operations);
  const asker = pick(random, material.askers);
  const strangeness = pick(random, [0, 0, 0.1, 0.3, 1]);
  const { body, type } = makeBody(operation, { material, strangeness, random });
  const headers: Record<string, string> = {
    ...asker.headers,
    ...(body !== null && { "content-type": type }),
    ...(asker.csrf !== null && random(4) > 0 && { "x-csrf-token": asker.csrf }),
    ...strangeHeaders(random, strangeness),
  };
  if (random(3) === 0) headers["if-match"] = pick(random, ['"1"', '"2"', 'W/"3"', "x", "*"]);
  return {
    operation,
    asker,
    method: random(40) === 0 ? pick(random, ["GET", "PUT", "PATCH", "TRACE"]) : operation.method,
    target: targetOf(operation, { material, strangeness, random }),
    headers,
    body,
    from: `127.0.${random(3)}.${1 + random(250)}`,
  };
}

interface Making {
  readonly material: Material;
  readonly strangeness: number;
  readonly random: Random;
}

function targetOf({ path, parameters }: Operation, making: Making): string {
  const { random, strangeness } = making;
  const text = (parameter: Parameter) => {
    const value = makeValue(parameter.schema, random, { ...making.material, strangeness });
    return typeof value === "string" ? value : JSON.stringify(value);
  };
  const encoded = (value: string) =>
    strangeness > 0 && random(6) === 0
      ? value.replaceAll(/[^!-~]/g, "_").slice(0, 300)
      : encodeURIComponent(value.toWellFormed());
  let target = path;
  const query: string[] = [];
  for (const parameter of parameters) {
    if (parameter.in === "path")
      target = target.replace(`{${parameter.name}}`, encoded(text(parameter)));
    else if (parameter.required || random(2) === 0) {
      query.push(`${parameter.name}=${encoded(text(parameter))}`);
    }
  }
  if (random(8) === 0) query.push(`lang=${pick(random, ["zh", "en", "x", "zh&lang=en", ""])}`);
  if (strangeness > 0 && random(6) === 0) query.push(`${encoded(hostileText(random))}=1`);
  if (strangeness > 0.2 && random(10) === 0)
    target += pick(random, ["/", "//", "/..", "%00", ";x"]);
  return query.length > 0 ? `${target}?${query.join("&")}` : target;
}

function makeBody({ body, path }: Operation, making: Making) {
  const { random, strangeness, material } = making;
  const type = strangeness > 0 && random(8) === 0 ? hostileType(random) : "application/json";
  if (body === null) return { body: random(10) === 0 ? "{}" : null, type };
  if (strangeness > 0.2 && random(6) === 0) return { body: hostileBody(random), type };
  const value = makeValue(body, random, { ...material, strangeness });
  if (typeof value === "object" && value !== null && "text" in value && random(4) > 0) {
    const seeds = { valid: [material.configText], words: CONFIG_WORDS };
    // What would be applied stays as it is: it must not move the page elsewhere.
    const isApplied = path === "/api/config";
    const own = isApplied ? `${material.configText}\n` : varyText(random, seeds);
    return { body: JSON.stringify({ ...value, text: own }), type };
  }
  return { body: JSON.stringify(value) ?? "", type };
}

function hostileType(random: Random): string {
  return pick(random, [
    ...["text/plain", "application/json; charset=utf-16", "multipart/form-data; boundary=x", "x"],
    ...["application/x-www-form-urlencoded", "application/problem+json", "application/json;"],
  ]);
}

function hostileBody(random: Random): string | Buffer {
  switch (random(8)) {
    case 0:
      return "[".repeat(50_000);
    case 1:
      return '{"__proto__":{"x":1},"constructor":{"prototype":{"y":1}}}';
    case 2:
      return random(20) === 0 ? Buffer.alloc(BODY_BYTES_MANY, 0x20) : "\ufeff{}";
    case 3:
      return '{"a":1,"a":2,';
    case 4:
      return Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x7b, 0x7d]);
    case 5:
      return `{"text":${"1".repeat(100_000)}}`;
    case 6:
      return `{"${"k".repeat(10_000)}":null}`;
    default:
      return pick(random, ["", "null", "0", '""', "[]", "nul", "{}", "true"]);
  }
}

function strangeHeaders(random: Random, strangeness: number): Record<string, string> {
  if (strangeness === 0 || random(3) > 0) return {};
  return pick<Record<string, string>>(random, [
    { origin: "https://evil.example" },
    { origin: "null" },
    { "sec-fetch-site": "cross-site" },
    { host: "evil.example" },
    { host: "localhost:1" },
    { cookie: `headgate-session=${"x".repeat(3000)}` },
    { cookie: "headgate-session; ; =; headgate-session=%00" },
    { authorization: "Bearer " },
    { authorization: "Basic YTpi" },
    { authorization: `Bearer hg_${"0".repeat(500)}_x` },
    { "x-csrf-token": "wrong" },
    { "accept-language": `${"zh-CN;q=0.1,".repeat(300)}en` },
    { "accept-language": ";;q=,*" },
    { "accept-encoding": "br;q=x, gzip, *" },
    { "content-encoding": "gzip" },
    { "transfer-encoding": "chunked" },
    { "x-forwarded-for": "1.2.3.4", "x-forwarded-proto": "https" },
    { "last-event-id": "-1" },
    { expect: "100-continue" },
    { range: "bytes=-1-" },
    { connection: "upgrade", upgrade: "websocket" },
    { "content-length": "5" },
  ]);
}
