import { Misconfigured } from "@headgate/model";
import { natsSink, type Sink, webhookSink } from "@headgate/sync/receiver";

const NAME = /^[\p{L}\p{N}._-]{1,64}$/u;
const HOW = "write nats://host:4222/STREAM or https://host/path, with name= before it if you like";

/** `[name=]nats://host:4222,host2:4222/STREAM` or `[name=]https://host/path`. No secrets in it. */
export function sinkFromUrl(text: string): Sink {
  const named = /^([^=:/?]+)=(.*)$/.exec(text);
  const url = named?.[2] ?? text;
  const name = named?.[1] ?? nameOf(url);
  if (!NAME.test(name)) throw new Misconfigured(`--sink "${text}": name "${name}" is no word`);
  if (url.startsWith("nats://")) return natsFromUrl(name, url);
  if (/^https?:\/\//.test(url)) return webhookFromUrl(name, url);
  throw new Misconfigured(`--sink "${text}": ${HOW}`);
}

function natsFromUrl(name: string, url: string): Sink {
  const [, hosts, stream, query] = /^nats:\/\/([^/@?]+)\/([^/?]+)(?:\?(.*))?$/.exec(url) ?? [];
  if (hosts === undefined || stream === undefined) {
    throw new Misconfigured(`--sink "${name}": ${HOW}; user and password go into a --sinks file`);
  }
  const subject = new URLSearchParams(query).get("subject");
  const servers = hosts.split(",");
  return natsSink({ name, servers, stream, ...(subject === null ? {} : { subject }) });
}

function webhookFromUrl(name: string, url: string): Sink {
  if (!URL.canParse(url) || new URL(url).username !== "") {
    throw new Misconfigured(`--sink "${name}": ${HOW}; secrets go into a --sinks file`);
  }
  return webhookSink({ name, url });
}

/** What stays the same while nobody edits the address: the host, and the stream of NATS. */
function nameOf(url: string): string {
  const [, host, rest] = /^\w+:\/\/([^/?,]+)[^/?]*\/?([^?]*)/.exec(url) ?? [];
  return `${host ?? ""}-${rest ?? ""}`.replace(/[^\p{L}\p{N}._]+/gu, "-").replace(/-+$/, "");
}
