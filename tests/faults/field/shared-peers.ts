import { startLibmodbusUnit } from "../../integration/peers/libmodbus-unit.ts";
import { startPymodbus } from "../../integration/peers/pymodbus.ts";
import { pymodbusUnits, type SharedPeers } from "./rigs.ts";

interface Running {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts each peer when it is first asked for; its relays take as many clients as there are. */
export function sharedPeers(): SharedPeers {
  const started = new Map<string, Promise<Running>>();
  const start = (peer: "pymodbus" | "libmodbus", transport: "tcp" | "rtu-over-tcp") =>
    peer === "pymodbus" ? startPymodbus(pymodbusUnits(), { transport }) : startLibmodbusUnit("tcp");
  return {
    async port(peer, transport) {
      const name = `${peer} ${transport}`;
      const running = started.get(name) ?? start(peer, transport);
      started.set(name, running);
      return (await running).port;
    },
    async stop() {
      for (const running of started.values()) await (await running).stop();
    },
  };
}
