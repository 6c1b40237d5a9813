import { createServer, type Server, type Socket } from "node:net";
import * as mqttPacket from "mqtt-packet";

const { generate, parser } = mqttPacket;

/** What the script says to one packet: packets to answer with, or nothing. */
export type Script = (
  packet: mqttPacket.Packet,
  broker: ScriptedBroker,
) => readonly mqttPacket.Packet[] | "close" | undefined;

/** A broker that says what a script tells it, for what real ones hardly ever say. */
export class ScriptedBroker {
  readonly received: mqttPacket.Packet[] = [];
  /** QoS 1 publishes not yet answered, and the most there ever were. */
  unanswered = 0;
  unansweredMax = 0;
  url = "";
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(version: 4 | 5, script: Script) {
    this.#server = createServer((socket) => this.#serve(socket, version, script));
  }

  static async start(script: Script, version: 4 | 5 = 5): Promise<ScriptedBroker> {
    const broker = new ScriptedBroker(version, script);
    await new Promise<void>((resolve) => broker.#server.listen(0, "127.0.0.1", resolve));
    const address = broker.#server.address();
    broker.url = `mqtt://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
    return broker;
  }

  #serve(socket: Socket, version: 4 | 5, script: Script): void {
    this.#sockets.add(socket);
    const reading = parser({ protocolVersion: version });
    // To a client of the older version, in the older version.
    let spoken: number = version;
    const write = (packet: mqttPacket.Packet) => {
      if (packet.cmd === "puback") this.unanswered--;
      if (!socket.destroyed) socket.write(generate(packet, { protocolVersion: spoken }));
    };
    reading.on("packet", (packet) => {
      this.received.push(packet);
      if (packet.cmd === "connect") spoken = Math.min(version, packet.protocolVersion ?? version);
      if (packet.cmd === "publish" && packet.qos > 0) {
        this.unansweredMax = Math.max(this.unansweredMax, ++this.unanswered);
      }
      const said = script(packet, this) ?? defaultAnswer(packet, spoken === 5 ? 5 : 4);
      if (said === "close") socket.destroy();
      else for (const answer of said) write(answer);
    });
    // A client that speaks another version, or leaves: the socket's end is answer enough.
    reading.on("error", () => socket.destroy());
    socket.on("error", () => socket.destroy());
    socket.on("data", (bytes) => reading.parse(bytes));
    socket.on("close", () => this.#sockets.delete(socket));
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** What a friendly broker answers. */
export function defaultAnswer(
  packet: mqttPacket.Packet,
  version: 4 | 5 = 5,
): readonly mqttPacket.Packet[] {
  if (packet.cmd === "connect") return [connack(0, version)];
  if (packet.cmd === "subscribe") {
    const granted = packet.subscriptions.map(() => 1);
    return [{ cmd: "suback", messageId: packet.messageId ?? 0, granted }];
  }
  if (packet.cmd === "publish" && packet.qos === 1) return [puback(packet, 0)];
  if (packet.cmd === "pingreq") return [{ cmd: "pingresp" }];
  return [];
}

/** CONNACK with a code, in MQTT 5 with properties. */
export function connack(
  code: number,
  version: 4 | 5 = 5,
  properties: NonNullable<mqttPacket.IConnackPacket["properties"]> = {},
): mqttPacket.Packet {
  if (version === 4) return { cmd: "connack", returnCode: code, sessionPresent: false };
  return { cmd: "connack", reasonCode: code, sessionPresent: false, properties };
}

/** PUBACK of a publish, with a code. */
export function puback(packet: mqttPacket.IPublishPacket, reasonCode: number): mqttPacket.Packet {
  return { cmd: "puback", messageId: packet.messageId ?? 0, reasonCode };
}
