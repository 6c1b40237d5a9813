// A driver of your own: a weighing scale that answers "W1\r\n" by "+12.34\r\n" over TCP.
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { type Connection, type Context, type Driver, missing, Unreachable } from "@headgate/model";
import { z } from "zod";

const configSchema = z.strictObject({
  host: z.string(),
  port: z.number().int().min(1).max(65_535),
  timeoutMs: z.number().positive().default(500),
});
const addressSchema = z.strictObject({ address: z.string().regex(/^W\d$/, "a pan: W1, W2 …") });
type Config = z.infer<typeof configSchema>;
type Address = z.infer<typeof addressSchema>;

export const scaleDriver: Driver<Config, Address> = {
  type: "weighing-scale",
  configSchema,
  addressSchema,

  async open(config, context): Promise<Connection<Address>> {
    const line = await dial(config, context);
    return {
      async read(points) {
        const samples = [];
        for (const { id, address } of points) {
          const answer = await line.ask(address.address);
          const timestampMs = context.clock.nowMs();
          const value = Number.parseFloat(answer);
          samples.push(
            Number.isNaN(value)
              ? missing(id, timestampMs, `the scale says "${answer}"`)
              : { pointId: id, timestampMs, quality: "good" as const, value },
          );
        }
        return samples;
      },
      close: async () => {
        line.hangUp();
      },
    };
  },
};

/** One question at a time. An answer that does not come in time is a lost line. */
async function dial({ host, port, timeoutMs }: Config, { clock, signal }: Context) {
  const socket: Socket = connect({ host, port, noDelay: true });
  let answered: (answer: string | Unreachable) => void = () => {};
  let lost: Unreachable | undefined;
  const lose = (why: string) => {
    lost ??= new Unreachable(`scale ${host}:${port}: ${why}; check power and cable`);
    socket.destroy();
    answered(lost);
  };
  const wait = async (what: string): Promise<string> => {
    const done = new AbortController();
    const answer = new Promise<string | Unreachable>((resolve) => {
      answered = resolve;
    });
    const timer = AbortSignal.any([done.signal, signal]);
    clock.sleep(timeoutMs, timer).then(() => done.signal.aborted || lose(`no ${what} in time`));
    const result = lost ?? (await answer);
    done.abort();
    if (typeof result !== "string") throw result;
    return result;
  };
  socket.on("connect", () => answered("connected"));
  socket.on("error", (error) => lose(error.message));
  socket.on("close", () => lose("connection closed"));
  createInterface({ input: socket })
    .on("line", (text) => answered(text))
    .on("error", (error: Error) => lose(error.message)); // It repeats the socket's.
  await wait("connection");
  return {
    ask(question: string) {
      socket.write(`${question}\r\n`);
      return wait("answer");
    },
    hangUp: () => socket.destroy(),
  };
}
