/** Written without a scheme, this port is taken for what it is everywhere: MQTT in clear. */
const PLAIN_PORT = "1883";
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i;

/** An address as people say it, as a URL: "broker:8883" is mqtts://broker:8883. */
export function brokerUrl(written: string): string {
  const text = written.trim();
  if (text === "" || /^\w+:\/\//.test(text)) return text;
  const [, host = "", port = ""] = /^(.*?)(?::(\d+))?$/.exec(text) ?? [];
  const isPlain = port === PLAIN_PORT || LOOPBACK.test(host);
  return `${isPlain ? "mqtt" : "mqtts"}://${text}`;
}

/** Whether it sends in clear to another machine: somebody has to want that. */
export function isPlainElsewhere(url: string): boolean {
  const [, host] = /^(?:mqtt|ws):\/\/(?:[^/]*@)?(\[[^\]]*\]|[^:/]+)/.exec(url) ?? [];
  return host !== undefined && !LOOPBACK.test(host);
}

/** What takes the data: a receiver that says what it has stored, or whoever reads JSON. */
export type FarSide = "receiver" | "json";

/** An uplink as it stands in the configuration. */
export function uplinkOf(given: {
  readonly address: string;
  readonly farSide: FarSide;
  readonly username: string;
  readonly password: string;
  /** It was said that a VPN or a closed network protects what is sent. */
  readonly isProtected: boolean;
}): Record<string, string | boolean> {
  const { address, farSide, username, password, isProtected } = given;
  const url = brokerUrl(address);
  return {
    url,
    format: farSide === "json" ? "json" : "blocks",
    ...(username !== "" && { username, password }),
    ...(isProtected && isPlainElsewhere(url) && { allowPlain: true }),
  };
}

/** "upstream", or with a number behind it where that is taken. */
export function freeUplinkId(taken: readonly string[]): string {
  const id = "upstream";
  if (!taken.includes(id)) return id;
  let number = 2;
  while (taken.includes(`${id}-${number}`)) number++;
  return `${id}-${number}`;
}
