const TLS_PORTS = ["8883", "443"];

/** An address as people say it, as a URL: "broker:8883" is mqtts://broker:8883. */
export function brokerUrl(written: string): string {
  const text = written.trim();
  if (text === "" || /^\w+:\/\//.test(text)) return text;
  const [, port = ""] = /:(\d+)$/.exec(text) ?? [];
  return `${TLS_PORTS.includes(port) ? "mqtts" : "mqtt"}://${text}`;
}

/** What takes the data: a receiver that says what it has stored, or whoever reads JSON. */
export type FarSide = "receiver" | "json";

/** An uplink as it stands in the configuration. */
export function uplinkOf(given: {
  readonly address: string;
  readonly farSide: FarSide;
  readonly username: string;
  readonly password: string;
}): Record<string, string> {
  const { address, farSide, username, password } = given;
  return {
    url: brokerUrl(address),
    format: farSide === "json" ? "json" : "blocks",
    ...(username !== "" && { username, password }),
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
