import { fileURLToPath } from "node:url";
import type { Broker } from "./broker.ts";
import { ServedBroker } from "./served-broker.ts";

const UP_MS_MAX = 20_000;
const SERVER = fileURLToPath(new URL("aedes-server.ts", import.meta.url));

/** aedes in a process of its own; it keeps everything in memory. */
export function startAedes(): Promise<Broker> {
  return ServedBroker.start(async (port) => {
    return { command: process.execPath, words: [SERVER, String(port)], upMsMax: UP_MS_MAX };
  });
}
