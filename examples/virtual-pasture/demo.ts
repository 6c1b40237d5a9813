// `npx -y pnpm@12 demo`: the virtual pasture in this terminal.
import { runDemo } from "./run-demo.ts";

process.exitCode = await runDemo();
