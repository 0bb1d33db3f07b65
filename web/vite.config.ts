import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

// One script, one style sheet, names without hashes: the bundle is committed, and its diff is read.
export default defineConfig({
  base: "./",
  plugins: [svelte()],
  build: {
    outDir: "../src/fizzlab/lab/static",
    emptyOutDir: true,
    assetsInlineLimit: 0, // a data: address would break the page's security policy
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    target: "es2022",
    rollupOptions: {
      output: {
        entryFileNames: "lab.js",
        assetFileNames: "lab[extname]",
        chunkFileNames: "[name].js",
      },
    },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8000", "/ws": { target: "ws://127.0.0.1:8000", ws: true } } },
});
