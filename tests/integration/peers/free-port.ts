import { createServer } from "node:net";

// Below what Linux gives to outgoing connections and to `listen(0)`: nobody is lent one by chance.
const FIRST = 20_000;
const COUNT = 12_000;
const PER_PROCESS = 16;

let next = process.pid * PER_PROCESS;

/**
 * A loopback port that nobody listens on now, and that no other process of ours is told: a server
 * that takes seconds to listen must not find another one there.
 */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < COUNT; tried++) {
    const port = FIRST + (next++ % COUNT);
    if (await isFree(port)) return port;
  }
  throw new Error(`no port from ${FIRST} to ${FIRST + COUNT - 1} is free on 127.0.0.1`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
