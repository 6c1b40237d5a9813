import type { SerialPort } from "serialport";

/** Opens a serial port for a virtual device. */
export async function openTestPort(path: string, baudRate: number): Promise<SerialPort> {
  // The default export: in a bundle a CommonJS package has no other.
  const { default: serialport } = await import("serialport");
  const port = new serialport.SerialPort({ path, baudRate, autoOpen: false });
  await new Promise<void>((resolve, reject) =>
    port.open((error) => (error ? reject(error) : resolve())),
  );
  // Destroying the stream leaves the port open, and the process alive.
  port.once("close", () => port.isOpen && port.close(() => {}));
  return port;
}
