// The thread of all OPC UA connections, so that their load never disturbs another line.
import { parentPort } from "node:worker_threads";
import { ThreadServer } from "./thread-server.ts";

const port = parentPort;
if (!port) throw new Error("this file is a thread of the gateway, not a program");
const server = new ThreadServer((word, handed) => port.postMessage(word, handed));
port.on("message", (order) => server.obey(order));
