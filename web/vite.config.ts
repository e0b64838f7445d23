import { defineConfig } from "vite";

// `npm run dev` talks to a mepd that runs beside it.
const mepd = process.env.MEPD ?? "http://127.0.0.1:8080";

export default defineConfig({
  base: "./",
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
  build: {
    target: "es2020",
    // data: URLs are not allowed by the pages' Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { "/api": { target: mepd, changeOrigin: true, headers: { origin: mepd } } } },
});
