// The thread that reads large configurations, so that no device waits for it meanwhile.
import { parentPort } from "node:worker_threads";
import { catalogue } from "../catalogue.ts";
import type { GatewayConfig } from "../config/config.ts";
import { createTextWork, type TextWork } from "../configuration/text-work.ts";
import { Turns } from "../turns.ts";
import { type Order, tellFault, type Word } from "./messages.ts";
import { packConfig } from "./pack-config.ts";

const port = parentPort;
if (!port) throw new Error("this file is a thread of the gateway, not a program");
const work = createTextWork(catalogue);
// One after the other: each takes much memory.
const turns = new Turns();
port.on("message", (order: Order) => {
  if (order === null) port.close();
  else void turns.take(async () => port.postMessage(await wordOn(order)));
});

async function wordOn({ id, name, wish }: NonNullable<Order>): Promise<Word> {
  try {
    const value = await (work[name] as (wish: unknown) => ReturnType<TextWork[typeof name]>)(wish);
    const isConfig = name === "load" && value !== null;
    return { id, value: isConfig ? packConfig(value as GatewayConfig) : value };
  } catch (error) {
    return { id, fault: tellFault(error) };
  }
}
