import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defaultClientConditions, defineConfig } from "vite";
import { keepBudget } from "./build/keep-budget.ts";
import { packFiles } from "./build/pack-files.ts";

export default defineConfig({
  // Relative: the gateway may be served under any prefix.
  base: "./",
  plugins: [svelte({ compilerOptions: { runes: true } }), keepBudget(), packFiles()],
  resolve: { conditions: [...defaultClientConditions, "headgate-source"] },
  build: {
    // Tablets that were bought years ago.
    target: ["chrome90", "safari15.4", "firefox98"],
    modulePreload: { polyfill: false },
    // No file within a file: the page's policy forbids it for scripts and styles.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  server: {
    proxy: { "/api": "http://127.0.0.1:8420", "/basic": "http://127.0.0.1:8420" },
  },
});
