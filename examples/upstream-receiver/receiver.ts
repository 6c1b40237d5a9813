import { handOn, keepShards, natsSink, receive } from "@headgate/sync/receiver";
import { again, contextOf } from "./again.ts";

/** What `receiver.ts` is told, as JSON in its one argument. */
export interface ReceiverOptions {
  readonly instance: string;
  readonly store: string;
  readonly shards: readonly string[];
  readonly leaseMs: number;
  readonly mqttUrls: readonly string[];
  readonly natsServers: readonly string[];
  readonly stream: string;
  readonly subject: string;
}

const options: ReceiverOptions = JSON.parse(process.argv[2] ?? "{}");
const { instance, store, shards, leaseMs, mqttUrls, natsServers, stream, subject } = options;
const stopping = new AbortController();
for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => stopping.abort());
const context = contextOf(stopping.signal, instance, "");
const sink = natsSink({ name: "bus", servers: natsServers, stream, subject });

// One receiver of several: each owns some shards, and receives for each of them from whichever
// node of the broker answers, into one PostgreSQL; what is committed goes on to the stream.
await again(
  () =>
    keepShards(
      {
        store,
        instance,
        shards,
        leaseMs,
        run: (shard, signal) => {
          const own = contextOf(signal, `${instance} shard ${shard.name}`, "");
          return again(async (at) => {
            const opened = await shard.openStore();
            const ending = new AbortController();
            const onAbort = () => ending.abort();
            signal.addEventListener("abort", onAbort);
            const inner = { ...own, signal: ending.signal };
            const url = mqttUrls[(at + Number(shard.name)) % mqttUrls.length] ?? "";
            const outbox = opened.outbox;
            const handing = outbox
              ? again(() => handOn({ sink, outbox }, inner, () => {}), inner)
              : Promise.resolve();
            try {
              await receive({ url, store: opened, shard: shard.name }, own, () => {});
            } finally {
              ending.abort();
              signal.removeEventListener("abort", onAbort);
              await handing;
              await opened.close();
            }
          }, own);
        },
      },
      context,
      () => {},
    ),
  context,
);
