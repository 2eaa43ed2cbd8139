import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = dirname(fileURLToPath(import.meta.url));

/** One file that holds everything, for a script tag: a classic script and a module alike. */
export default defineConfig({
  root: here,
  logLevel: 'warn',
  publicDir: false,
  define: { 'process.env.NODE_ENV': '"production"' },
  build: {
    target: 'es2022',
    outDir: 'dist/script',
    emptyOutDir: true,
    sourcemap: true,
    reportCompressedSize: false,
    lib: { entry: 'dist/script.js', formats: ['iife'], name: 'ChatStream', fileName: () => 'chat-stream.js' },
  },
});
