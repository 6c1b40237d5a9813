import { Misconfigured } from "@headgate/model";
import { natsSink, type Sink, webhookSink } from "@headgate/sync/receiver";
import { refusePlain } from "../config/plain-address.ts";

const NAME = /^[\p{L}\p{N}._-]{1,64}$/u;
const HOW = "write tls://host:4222/STREAM or https://host/path, with name= before it if you like";

/**
 * `[name=]tls://host:4222,host2:4222/STREAM` of NATS or `[name=]https://host/path`; nats:// and
 * http:// to other machines where that is allowed. No secrets in it.
 */
export function sinkFromUrl(text: string, allowPlain = false): Sink {
  const named = /^([^=:/?]+)=(.*)$/.exec(text);
  const url = named?.[2] ?? text;
  const name = named?.[1] ?? nameOf(url);
  if (!NAME.test(name)) throw new Misconfigured(`--sink "${text}": name "${name}" is no word`);
  if (/^(nats|tls):\/\//.test(url)) return natsFromUrl(name, url, allowPlain);
  if (/^https?:\/\//.test(url)) return webhookFromUrl(name, url, allowPlain);
  throw new Misconfigured(`--sink "${text}": ${HOW}`);
}

function natsFromUrl(name: string, url: string, allowPlain: boolean): Sink {
  const [, scheme, hosts, stream, query] =
    /^(nats|tls):\/\/([^/@?]+)\/([^/?]+)(?:\?(.*))?$/.exec(url) ?? [];
  if (hosts === undefined || stream === undefined) {
    throw new Misconfigured(`--sink "${name}": ${HOW}; user and password go into a --sinks file`);
  }
  const subject = new URLSearchParams(query).get("subject");
  const servers = hosts.split(",");
  for (const one of servers) refusePlain(`--sink "${name}"`, `${scheme}://${one}`, allowPlain);
  const isTls = scheme === "tls";
  return natsSink({ name, servers, stream, isTls, ...(subject === null ? {} : { subject }) });
}

function webhookFromUrl(name: string, url: string, allowPlain: boolean): Sink {
  if (!URL.canParse(url) || new URL(url).username !== "") {
    throw new Misconfigured(`--sink "${name}": ${HOW}; secrets go into a --sinks file`);
  }
  refusePlain(`--sink "${name}"`, url, allowPlain);
  return webhookSink({ name, url });
}

/** What stays the same while nobody edits the address: the host, and the stream of NATS. */
function nameOf(url: string): string {
  const [, host, rest] = /^\w+:\/\/([^/?,]+)[^/?]*\/?([^?]*)/.exec(url) ?? [];
  return `${host ?? ""}-${rest ?? ""}`.replace(/[^\p{L}\p{N}._]+/gu, "-").replace(/-+$/, "");
}
