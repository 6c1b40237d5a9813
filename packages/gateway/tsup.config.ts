import { mkdirSync, writeFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join, resolve } from "node:path";
import { defineConfig, type Options } from "tsup";
import { cycloneDxOf } from "./build/cyclone-dx.ts";
import { listParts } from "./build/list-parts.ts";

type PluginBuild = Parameters<NonNullable<Options["esbuildPlugins"]>[number]["setup"]>[0];

const common = { target: "node22", dts: false, sourcemap: true, splitting: true } as const;

/** The bundle leaves out what its libraries load and the gateway never asks of them. */
const leaveOut = {
  name: "leave-out",
  setup(build: PluginBuild) {
    // Parts of modbus-serial that load native code, 60 ms of it; it does without, and the serial
    // port is our own.
    build.onResolve({ filter: /\/(rtubufferedport|serverserial)$/ }, ({ importer, path }) =>
      importer.includes("modbus-serial") ? { path, namespace: "absent" } : null,
    );
    build.onLoad({ filter: /./, namespace: "absent" }, ({ path }) => {
      return { contents: `throw new Error("${path} is not part of the bundle");`, loader: "js" };
    });
    // Messages of the schemas in fifty languages; ours come from config/messages.ts.
    build.onResolve({ filter: /\/locales\/index\.js$/ }, ({ importer }) =>
      importer.includes("zod") ? { path: "locales", namespace: "empty" } : null,
    );
    build.onLoad({ filter: /./, namespace: "empty" }, () => ({ contents: "export {};" }));
  },
};

/** The bundle comes with the list of its parts, the page's among them. */
const tellParts = {
  name: "tell-parts",
  setup(build: PluginBuild) {
    build.onEnd(({ metafile }) => {
      const files = Object.keys(metafile?.inputs ?? {}).map((path) => resolve(path));
      const page = ["svelte", "uplot"].map((name) => join("../web/node_modules", name, "index.js"));
      const bundled = [...files, ...page.map((path) => resolve(path))];
      const parts = listParts(resolve("../.."), { folders: [resolve(".")], bundled });
      const own = parts.find(({ name }) => name === "@headgate/gateway");
      if (!own) throw new Error("the gateway is no part of itself");
      mkdirSync("dist", { recursive: true });
      writeFileSync("dist/parts.cdx.json", cycloneDxOf(parts, own));
    });
  },
};

export default defineConfig([
  {
    ...common,
    // The library: its dependencies stay outside.
    entry: { index: "src/index.ts" },
    format: ["esm", "cjs"],
    outDir: "dist",
    shims: true,
    dts: true,
    async onSuccess() {
      await cp("../../firmware-config/profiles", "dist/profiles", { recursive: true });
      await cp("../web/dist", "dist/web", { recursive: true });
    },
  },
  {
    ...common,
    // The command line: bundled, since one large file starts in half the time of many small ones.
    entry: {
      main: "src/main.ts",
      "buffer-worker": "../sync/src/buffer/buffer-worker.ts",
      "config-thread": "src/config-thread/config-thread.ts",
      "opcua-thread": "../drivers/src/opcua/thread/opcua-thread.ts",
    },
    format: ["esm"],
    outDir: "dist",
    platform: "node",
    sourcemap: false,
    esbuildPlugins: [leaveOut, tellParts],
    esbuildOptions(options) {
      options.conditions = ["headgate-source"];
      // Native code stays outside; proper-lockfile is optional and not installed.
      const outside = ["better-sqlite3", "serialport", "proper-lockfile"];
      options.external = [...(options.external ?? []), ...outside];
      // Comments of libraries hold letters that make V8 keep the whole text in two bytes a letter.
      options.minifyWhitespace = true;
      // CommonJS libraries in an ES module still ask for these.
      options.banner = {
        js: [
          'import { createRequire as __createRequire } from "node:module";',
          'import { fileURLToPath as __fileURLToPath } from "node:url";',
          'import { dirname as __pathDirname } from "node:path";',
          "const require = __createRequire(import.meta.url);",
          "const __filename = __fileURLToPath(import.meta.url);",
          "const __dirname = __pathDirname(__filename);",
        ].join("\n"),
      };
    },
    noExternal: [/^(?!better-sqlite3|serialport|proper-lockfile)/],
  },
  {
    ...common,
    // The launcher: one file that needs no other, since it outlasts the versions that it starts.
    entry: { launch: "src/update/launch.ts" },
    format: ["esm"],
    outDir: "dist",
    platform: "node",
    sourcemap: false,
    splitting: false,
    esbuildOptions(options) {
      options.conditions = ["headgate-source"];
    },
    noExternal: [/./],
  },
]);
