import type { LineProtocol } from "@headgate/model";
import { RtuFrameReader } from "./rtu-frame-reader.ts";
import { TcpFrameReader } from "./tcp-frame-reader.ts";

const MODBUS_PORT = 502;

/** Modbus TCP: Wireshark knows it by its port. */
export const tcpLine: LineProtocol = {
  medium: "tcp",
  port: MODBUS_PORT,
  tsharkOptions: "",
  createFrameReader: () => new TcpFrameReader(),
};

/** Modbus RTU: what a recording of a serial line speaks must be said. */
export const rtuLine: LineProtocol = {
  medium: "serial",
  port: MODBUS_PORT,
  tsharkOptions: "-d rtacser.data,mbrtu",
  createFrameReader: () => new RtuFrameReader(),
};
