import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { buildId } from "./build/build-id.ts";
import { precompress } from "./build/precompress.ts";

export default defineConfig({
  plugins: [react(), buildId(), precompress()],
  resolve: {
    // Animations that are never asked for: 5 KB of the editor.
    alias: {
      "d3-transition": fileURLToPath(new URL("src/graph/no-transitions.ts", import.meta.url)),
    },
  },
  build: {
    // light-dark() and popover are native from these on: no fallbacks are generated.
    target: ["chrome125", "firefox128", "safari18"],
    manifest: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { "/api": "http://127.0.0.1:8080" } },
});
