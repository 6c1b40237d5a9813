/** Where a broker is, as the `mqtt` package takes it. */
export interface BrokerAddress {
  readonly protocol: "mqtt" | "mqtts" | "ws" | "wss";
  readonly host: string;
  readonly port?: number;
  /** For WebSockets. */
  readonly path: string;
  readonly username?: string;
  readonly password?: string;
}

/**
 * Takes a broker's URL apart. Given a text, the `mqtt` package would use Node's old URL parser,
 * which is deprecated and says so on stderr. Throws a TypeError if it is no URL.
 */
export function brokerAddress(url: string): BrokerAddress {
  const { protocol, hostname, port, pathname, search, username, password } = new URL(url);
  return {
    protocol: protocol.slice(0, -1) as BrokerAddress["protocol"],
    host: hostname.replace(/^\[|\]$/g, ""),
    path: pathname + search,
    ...(port === "" ? {} : { port: Number(port) }),
    ...(username === "" ? {} : { username: decodeURIComponent(username) }),
    ...(password === "" ? {} : { password: decodeURIComponent(password) }),
  };
}
