import { silentLog, systemClock } from "@headgate/model";
import { driverContract } from "@headgate/model/testing";
import { describe, it } from "vitest";
import { createVirtualMeter, VirtualRegisters } from "../../testing/index.ts";
import { modbusRtuOverTcpDriver, modbusTcpDriver } from "./driver.ts";

const device = modbusTcpDriver.deviceSchema?.parse({ unitId: 1 });

function point(name: string, settings: object) {
  const address = modbusTcpDriver.addressSchema.parse(settings);
  if (!device) throw new Error("the driver has a device schema");
  return { id: `meter/${name}`, address, device };
}

const transports = [
  { framing: "tcp", driver: modbusTcpDriver },
  { framing: "rtu", driver: modbusRtuOverTcpDriver },
] as const;

describe.each(transports)("a virtual meter read as $driver.type", ({ framing, driver }) => {
  driverContract(it, async () => {
    const holding = new VirtualRegisters().set(0, 1, 2, 3).setFloat32(10, 230.1, "CDAB");
    const meter = createVirtualMeter({ units: { 1: { holding, coil: [1, 0, 1] } } });
    const port = await meter.listen({ framing });
    return {
      driver,
      context: {
        clock: systemClock,
        log: silentLog,
        signal: new AbortController().signal,
        directory: "",
      },
      config: driver.configSchema.parse({ host: "127.0.0.1", port, timeout: "200 ms" }) as never,
      points: [
        point("a", { address: "holding:0" }),
        point("voltage", { address: "holding:10", type: "float32", order: "CDAB" }),
        point("b", { address: "holding:2", type: "int16" }),
        point("coil", { address: "coil:2" }),
      ],
      pointRefusedByDevice: point("refused", { address: "holding:5" }),
      cutLine: () => meter.unplug(),
      tearDown: () => meter.close(),
    };
  });
});
