/** Stamps the build with an id, so that a page can tell that the server carries a newer one. */
import { createHash } from "node:crypto";
import type { Plugin } from "vite";

/** The id is the hash of every emitted name; names hold content hashes, so equal ids mean equal code. */
export function buildId(): Plugin {
  return {
    name: "flusso-build-id",
    apply: "build",
    enforce: "post",
    generateBundle(_options, bundle) {
      const names = Object.keys(bundle).filter((name) => name.startsWith("assets/"));
      const id = createHash("sha256").update(names.sort().join("\n")).digest("hex").slice(0, 16);
      this.emitFile({
        type: "asset",
        fileName: "build.json",
        source: JSON.stringify({ build: id }),
      });
    },
  };
}
