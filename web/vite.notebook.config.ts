import { defineConfig } from "vite";

// The widget of notebooks: one module without imports, styles inside, because a notebook gets it as text.
export default defineConfig({
  build: {
    outDir: "../mandala_graph/web/static/notebook",
    emptyOutDir: true,
    copyPublicDir: false,
    target: "es2022",
    lib: { entry: "src/notebook.ts", formats: ["es"], fileName: () => "explorer.js" },
    chunkSizeWarningLimit: 800,
    license: { fileName: "licences.md" },
  },
});
