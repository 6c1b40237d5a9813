import {
  createVirtualMeter,
  createVirtualMeterLine,
  putPoint,
  tablesOfPoints,
} from "@headgate/drivers/testing";

// Meters without hardware, for as long as this runs: virtual-meters.yaml reads them.

const MODBUS_PORT = 1502;
const METERS_PORT = 4001;

const tank = tablesOfPoints(
  [
    { address: "holding:0", type: "float32", value: 4.2 },
    { address: "holding:10", type: "uint32", order: "CDAB", value: 48_211 },
  ],
  "ABCD",
);
const modbus = createVirtualMeter({ units: { 1: tank } });
await modbus.listen({ port: MODBUS_PORT });

// Electricity (DL/T 645-2007) and cold water (CJ/T 188) behind one serial server: data as they
// go over the wire, low byte first.
const meters = createVirtualMeterLine({
  electricity: {
    "000012345678": {
      items: {
        "00010000": "78 56 34 12", // 123456.78 kWh
        "02010100": "01 23", // 230.1 V
        "02020100": "00 50 00", // 5 A
        "02030000": "00 15 01", // 1.15 kW
        "02060000": "98 09", // 0.998
        "02800002": "98 49", // 49.98 Hz
        // 尖 峰 平 谷.
        ...{ "00010100": "00 10 00 00", "00010200": "00 20 00 00" },
        ...{ "00010300": "00 30 00 00", "00010400": "78 96 33 12" },
      },
    },
  },
  volume: {
    "78330011223344": {
      kind: 0x10,
      items: { "901F": "00 77 66 55 2C 00 77 66 55 2C 31 01 22 11 05 15 20 05 00" },
    },
  },
});
await meters.listen(METERS_PORT);

process.stdout.write(`Modbus TCP at 127.0.0.1:${MODBUS_PORT}, unit 1\n`);
process.stdout.write(`DL/T 645 and CJ/T 188 at 127.0.0.1:${METERS_PORT}\n`);
process.stdout.write("b: the tank is busy; d: the electricity meter is dead; Ctrl-C ends\n");

let degrees = 4.2;
const warming = setInterval(() => {
  degrees = degrees > 6 ? 4.2 : Number((degrees + 0.1).toFixed(1));
  putPoint(tank, { address: "holding:0", type: "float32", value: degrees }, "ABCD");
}, 1_000);

process.stdin.on("data", (keys: Buffer) => {
  const { faults } = modbus.unit(1);
  if (keys.includes("b")) faults.exception = faults.exception === null ? 6 : null;
  const electricity = meters.faults("000012345678");
  if (keys.includes("d")) electricity.isSilent = !electricity.isSilent;
});
process.once("SIGINT", async () => {
  clearInterval(warming);
  process.stdin.pause();
  await modbus.close();
  await meters.close();
});
