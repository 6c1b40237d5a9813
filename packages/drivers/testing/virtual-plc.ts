import { createServer } from "node:net";
import { join } from "node:path";
import { type Clock, systemClock } from "@headgate/model";
import type { OPCUAServer, OPCUAServerOptions } from "node-opcua-server";
import type { VirtualPlcVariable } from "./virtual-plc-variable.ts";

/** What a virtual PLC is made of. */
export interface VirtualPlcOptions {
  /** 0 or absent: a free one. */
  readonly port?: number;
  readonly variables: Readonly<Record<string, VirtualPlcVariable>>;
  /** A folder of its own for key and certificates; nothing is written elsewhere. */
  readonly directory: string;
  /** With a user, nobody else may come in. */
  readonly user?: { readonly name: string; readonly password: string };
  readonly namespaceUri?: string;
  /** Nodes in one read and items in one create request; absent: the library's limits. */
  readonly operationMax?: number;
  readonly clock?: Clock;
  /** A fault: what is sent in place of each answer; it may be the same, changed. */
  readonly answerInstead?: AnswerInstead;
}

/** Both as the library has them: a ReadRequest and its ReadResponse. */
export type AnswerInstead = (request: object, response: object) => object;

/** A PLC of the parlour on a real socket of this machine. */
export interface VirtualPlc {
  readonly endpoint: string;
  readonly port: number;
  /** Puts more variables in place while it runs, as a download of a program does. */
  add(variables: Readonly<Record<string, VirtualPlcVariable>>): void;
  /** Says goodbye to its clients and closes the socket. Safe to call twice. */
  stop(): Promise<void>;
}

/** Starts an OPC UA server; the library behind it is loaded here, not before. */
export async function createVirtualPlc(options: VirtualPlcOptions): Promise<VirtualPlc> {
  const library = await import("node-opcua-server");
  const { fillAddressSpace, quietServerLog } = await import("./virtual-plc-space.ts");
  quietServerLog();
  const port = options.port || (await freePort());
  const server = new library.OPCUAServer(await serverOptions(options, port));
  await server.initialize();
  const namespaceUri = options.namespaceUri ?? "urn:dairy:parlour";
  const clock = options.clock ?? systemClock;
  const add: VirtualPlc["add"] = (variables) =>
    fillAddressSpace(server, variables, { namespaceUri, clock });
  add(options.variables);
  if (options.answerInstead) answerOtherwise(server, options.answerInstead);
  await server.start();
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= server.shutdown(0);
    return stopped;
  };
  return { endpoint: `opc.tcp://127.0.0.1:${port}`, port, add, stop };
}

interface Channel {
  send_response(type: string, response: object, message: { request: object }, done: unknown): void;
}

function answerOtherwise(server: OPCUAServer, answerInstead: AnswerInstead): void {
  server.on("newChannel", (given) => {
    const channel = given as unknown as Channel;
    const send = channel.send_response.bind(channel);
    channel.send_response = (type, response, message, done) =>
      send(type, answerInstead(message.request, response), message, done);
  });
}

async function serverOptions(options: VirtualPlcOptions, port: number) {
  const { MessageSecurityMode, SecurityPolicy } = await import("node-opcua-client");
  const { OPCUACertificateManager } = await import("node-opcua-certificate-manager");
  const { directory, user, operationMax } = options;
  const certificatesIn = (folder: string) =>
    new OPCUACertificateManager({
      rootFolder: join(directory, folder),
      automaticallyAcceptUnknownCertificate: true,
      disableFileWatchers: true,
    });
  const limits = operationMax ?? 0;
  const made: OPCUAServerOptions = {
    port,
    host: "127.0.0.1",
    hostname: "127.0.0.1",
    disableDiscovery: true,
    serverCertificateManager: certificatesIn("pki"),
    userCertificateManager: certificatesIn("user-pki"),
    serverInfo: { applicationUri: "urn:dairy:virtual-plc" },
    securityPolicies: [
      SecurityPolicy.None,
      SecurityPolicy.Basic256Sha256,
      SecurityPolicy.Aes128_Sha256_RsaOaep,
      SecurityPolicy.Aes256_Sha256_RsaPss,
    ],
    securityModes: [
      MessageSecurityMode.None,
      MessageSecurityMode.Sign,
      MessageSecurityMode.SignAndEncrypt,
    ],
    allowAnonymous: user === undefined,
    userManager: {
      isValidUser: (name: string, password: string) =>
        name === user?.name && password === user.password,
    },
    ...(limits > 0
      ? {
          serverCapabilities: {
            operationLimits: { maxNodesPerRead: limits, maxMonitoredItemsPerCall: limits },
          },
        }
      : {}),
  };
  return made;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
