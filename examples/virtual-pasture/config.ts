/** Where the virtual devices are. */
export interface Places {
  readonly directory: string;
  readonly webPort: number;
  readonly brokerPort: number;
  readonly tankPort: number;
  readonly pumpPort: number;
  readonly meterPort: number;
  /** The serial line, or null where the system has no pseudo-terminals. */
  readonly tty: string | null;
  readonly plcEndpoint: string;
  readonly cameraPort: number;
}

const TANK_POINTS = `\
      temperature: { address: "holding:0", type: int16, scale: 0.1, unit: °C, name: 奶温 }
      volume:      { address: "holding:2", type: float32, order: CDAB, unit: L, name: 奶量 }
      stirrer:     { address: "coil:0", type: bool, access: readWrite, name: 搅拌 }
      target:
        address: "holding:4"
        type: int16
        scale: 0.1
        unit: °C
        name: 目标奶温
        access: readWrite
        write: { min: 2, max: 8, step: 0.5, select: 30 s }
`;

/** The gateway's file, as a technician would write it. */
export function configText(places: Places): string {
  const { directory, webPort, brokerPort, tankPort, pumpPort, meterPort, plcEndpoint } = places;
  const host = "host: 127.0.0.1";
  const parlour = "nsu=urn:dairy:parlour;s=Parlour.";
  const channel = places.tty
    ? `  bus-1:  { driver: modbus-rtu, path: ${places.tty}, baudRate: 19200 }\n`
    : "";
  const device = places.tty
    ? "  well-meter: { channel: bus-1, unitId: 3, profile: eastron-sdm630, scan: 2 s }\n"
    : "";
  return `gateway:  { id: virtual-pasture, name: 虚拟牧场 }
buffer:   { path: ${directory}/gateway, capacity: 200 MiB, commitInterval: 500 ms }
channels:
  tank:   { driver: modbus-tcp, ${host}, port: ${tankPort} }
  pump:   { driver: modbus-tcp, ${host}, port: ${pumpPort} }
  energy: { driver: modbus-tcp, ${host}, port: ${meterPort} }
${channel}  plc:    { driver: opcua, endpoint: "${plcEndpoint}" }
  gate:
    driver: onvif
    ${host}
    port: ${places.cameraPort}
    username: viewer
    password: pasture
devices:
  milk-tank:
    channel: tank
    unitId: 1
    scan: 500 ms
    points:
${TANK_POINTS}  vacuum-pump:
    channel: pump
    unitId: 1
    scan: 250 ms
    points:
      vacuum:      { address: "input:0", type: uint16, scale: 0.1, unit: kPa, name: 真空度 }
      speed:       { address: "input:1", type: uint16, unit: 1/min, name: 转速 }
      hours:       { address: "input:2", type: uint32, scale: 0.01, unit: h, name: 运行时间 }
  main-meter:   { channel: energy, unitId: 1, profile: eastron-sdm630, scan: 1 s }
  cooler-meter: { channel: energy, unitId: 2, profile: chint-dtsu666, scan: 1 s }
${device}  parlour:
    channel: plc
    points:
      cows-milked: { address: "${parlour}CowsMilked", subscribe: 500 ms, name: 已挤奶头数 }
      yield:       { address: "${parlour}Yield", subscribe: 500 ms, unit: L, name: 产奶量 }
      pulsation:   { address: "${parlour}Pulsation", subscribe: 250 ms, unit: 1/min, name: 脉动 }
      milking:     { address: "${parlour}Milking", subscribe: 500 ms, name: 正在挤奶 }
  gate-cam:
    channel: gate
    points:
      motion:      { address: "event:motion" }
      snapshot:    { address: "snapshot:main", every: 20 s, onEvent: [motion] }
uplinks:
  cloud: { type: mqtt, url: "mqtt://127.0.0.1:${brokerPort}", format: blocks, delivery: receiver }
web:      { host: 127.0.0.1, port: ${webPort} }
`;
}
