import { z } from "zod";
import { shardRoot } from "../protocol/topics.ts";
import { budgetSchema } from "./budget-config.ts";

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 };

/** Milliseconds, written as a number or with a unit: "500 ms", "15 s", "2 min". */
const duration = z.union([z.number().positive(), z.string()]).transform((value, context) => {
  if (typeof value === "number") return value;
  const [, amount, unit = ""] = /^(\d+(?:\.\d+)?) ?(ms|s|min|h)$/.exec(value.trim()) ?? [];
  const durationMs = Number(amount) * (UNITS_MS[unit] ?? Number.NaN);
  if (durationMs > 0) return durationMs;
  context.addIssue({ code: "custom", message: 'write a duration with a unit, like "15 s"' });
  return z.NEVER;
});

const path = z.string().min(1);
const topicPart = z
  .string()
  .regex(/^[^#+\0]+$/, "a topic has no wildcards; write it without # and +");
const receiverId = z
  .string()
  .regex(/^[^/#+\0]+$/, "a receiver id is one topic level; write it without /, # and +");

const shardName = z
  .string()
  .regex(/^[^/#+\0]{1,100}$/, "a shard is one topic level; write it without /, # and +");

const settings = z.strictObject({
  url: z.string().regex(/^(mqtts?|wss?):\/\/[^/\s]+/, 'write "mqtt://host:1883" or "mqtts://…"'),
  format: z.enum(["blocks", "blocks-json", "json"]).default("blocks"),
  /** Who says that data has arrived: the receiver's store, or the broker, at once or for good. */
  delivery: z.enum(["receiver", "broker+hold", "broker"]).optional(),
  /** With "broker+hold": so long what the broker took is kept, to be sent again if it forgets. */
  hold: duration.prefault("10 min"),
  root: topicPart.optional(),
  /** The shard whose receiver this gateway reports to; a topic level after the root. */
  shard: shardName.optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  ca: path.optional(),
  cert: path.optional(),
  key: path.optional(),
  rejectUnauthorized: z.boolean().default(true),
  clientId: z.string().min(1).max(200).optional(),
  /** Messages on the way at a time; the server's Receive Maximum bounds it further. */
  window: z.number().int().min(1).max(1000).default(20),
  /** The oldest message without an answer for this long: the connection is dead. */
  ackTimeout: duration.prefault("15 s"),
  connectTimeout: duration.prefault("10 s"),
  keepalive: duration.prefault("30 s"),
  protocol: z.enum(["auto", "5", "3.1.1"]).default("auto"),
  /** Receivers whose acknowledgement counts; all of them must have a block. */
  receivers: z.array(receiverId).min(1).default(["main"]),
  /**
   * Without a receiver, over MQTT 5: a message that nobody subscribes to is not delivered. A broker
   * that has lost its memory knows no subscriber either: with "broker+hold" blocks need one.
   */
  requireSubscriber: z.boolean().optional(),
  /** How fast, how much a month and when; without it as fast as the server takes it. */
  budget: budgetSchema.optional(),
});

/** Settings of the `mqtt` uplink. */
export const mqttConfigSchema = settings.transform((config, context) => {
  const isJson = config.format === "json";
  if (isJson && config.delivery === "receiver") {
    const message =
      'format "json" has no receiver that could acknowledge it; write delivery: broker, ' +
      "or format: blocks-json";
    context.addIssue({ code: "custom", path: ["delivery"], message });
    return z.NEVER;
  }
  const top = (config.root ?? (isJson ? "headgate/json" : "headgate/1")).replace(/\/+$/, "");
  const delivery = config.delivery ?? (isJson ? ("broker" as const) : ("receiver" as const));
  return {
    ...config,
    delivery,
    requireSubscriber: config.requireSubscriber ?? (delivery === "broker+hold" && !isJson),
    root: shardRoot(top, config.shard),
  };
});

/** Settings of the `mqtt` uplink, checked. */
export type MqttConfig = z.infer<typeof mqttConfigSchema>;
