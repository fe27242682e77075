import { defineConfig } from "vite";

// The page is served by the Python package from its own folder, under a policy that forbids inline scripts and styles.
export default defineConfig({
  base: "/",
  build: {
    outDir: "../mandala_graph/web/static",
    emptyOutDir: true,
    assetsDir: "assets",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    chunkSizeWarningLimit: 800,
    license: { fileName: "licences.md" }, // of the packages in the bundle: their notices go with it
  },
});
