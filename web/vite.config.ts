import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";

// The page is at /, its files under static/: relative, because a proxy may put it under a path.
const relative: Plugin = {
  name: "relative-addresses",
  apply: "build",
  transformIndexHtml: { order: "post", handler: (html) => html.replaceAll("/static/", "static/") },
};

// One script, one dictionary a language, one style sheet; names without hashes: the bundle is committed, and its diff is read.
export default defineConfig({
  base: "/static/",
  plugins: [svelte(), relative],
  json: { namedExports: false },
  esbuild: { charset: "utf8", legalComments: "none" },
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
        manualChunks: (id) => /texts\/.*(en|fr)\.json/.exec(id)?.[1],
      },
    },
  },
  server: {
    proxy: { "/api": "http://127.0.0.1:8000", "/ws": { target: "ws://127.0.0.1:8000", ws: true } },
  },
});
