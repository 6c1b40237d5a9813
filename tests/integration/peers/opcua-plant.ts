// An OPC UA server in a process of its own: counters that count by the clock and are recorded, and
// a tree of nodes. Every counter holds the same number; its times are a period apart.
// Prints {"endpoint", "port"} once it listens.
import { createRequire } from "node:module";
import { join } from "node:path";

const options = JSON.parse(process.argv[2] ?? "{}") as {
  directory: string;
  port: number;
  periodMs: number;
  counters: number;
  machines: number;
  itemsMax: number;
};
const drivers = join(import.meta.dirname, "..", "..", "..", "packages", "drivers", "package.json");
const library = createRequire(drivers)("node-opcua-server");
const common = createRequire(drivers)("node-opcua-client");
const { OPCUACertificateManager } = createRequire(drivers)("node-opcua-certificate-manager");
common.setErrorLogger(() => {});
common.setWarningLogger(() => {});

const certificatesIn = (folder: string) =>
  new OPCUACertificateManager({
    rootFolder: join(options.directory, folder),
    automaticallyAcceptUnknownCertificate: true,
    disableFileWatchers: true,
  });
const server = new library.OPCUAServer({
  port: options.port,
  host: "127.0.0.1",
  hostname: "127.0.0.1",
  disableDiscovery: true,
  serverCertificateManager: certificatesIn("pki"),
  userCertificateManager: certificatesIn("user-pki"),
  serverInfo: { applicationUri: "urn:dairy:plant" },
  // The second one is there to hide passwords with.
  securityPolicies: [common.SecurityPolicy.None, common.SecurityPolicy.Basic256Sha256],
  securityModes: [common.MessageSecurityMode.None, common.MessageSecurityMode.Sign],
  userManager: {
    isValidUser: (name: string, word: string) => name === "viewer" && word === "milk",
  },
  serverCapabilities: {
    maxMonitoredItems: options.itemsMax,
    operationLimits: { maxNodesPerBrowse: 40, maxNodesPerRead: 30 },
  },
});
await server.initialize();
const space = server.engine.addressSpace;
const namespace = space.registerNamespace("urn:dairy:plant");
const objects = space.rootFolder.objects;

const counters = Array.from({ length: options.counters }, (_, n) => {
  const counter = namespace.addVariable({
    organizedBy: objects,
    browseName: `C${n}`,
    nodeId: `s=C${n}`,
    dataType: "UInt32",
  });
  space.installHistoricalDataNode(counter, { maxOnlineValues: 10_000 });
  return counter;
});
for (let machine = 0; machine < options.machines; machine++) {
  const browseName = `Machine${machine}`;
  const folder = namespace.addFolder(objects, { browseName, nodeId: `s=${browseName}` });
  for (let value = 0; value < 100; value++) {
    namespace.addVariable({
      organizedBy: folder,
      browseName: `Value${value}`,
      nodeId: `s=${browseName}.Value${value}`,
      dataType: "Double",
      value: { dataType: "Double", value },
    });
  }
}

const beginMs = Math.floor(Date.now() / options.periodMs) * options.periodMs;
let count = 0;
// On a busy machine it falls behind rather than hold two values between two looks at it.
setInterval(() => {
  count++;
  const value = { dataType: common.DataType.UInt32, value: count };
  const time = new Date(beginMs + count * options.periodMs);
  for (const counter of counters) counter.setValueFromSource(value, common.StatusCodes.Good, time);
}, options.periodMs);
await server.start();
const endpoint = `opc.tcp://127.0.0.1:${options.port}`;
process.stdout.write(`${JSON.stringify({ endpoint, port: options.port })}\n`);
