import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** `vite` beside a running `npm start`: the console with what one is writing, the API of ops. */
const ops = process.env.OPS_URL ?? 'http://localhost:8085';

/** The console has its types from the server's sources, and none of their code: it would bring libraries with it. */
const noServerCode = {
  name: 'no-server-code',
  generateBundle(_options, bundle) {
    for (const { modules = {} } of Object.values(bundle))
      for (const path of Object.keys(modules))
        if (/\/(apps\/ops\/src|libs)\//.test(path))
          this.error(`${path} must not be part of the console: import types of it only`);
  },
};

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [noServerCode],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // light-dark() as it is: what Vite makes of it for older browsers knows no switch.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    target: ['chrome123', 'firefox120', 'safari17.5'],
    modulePreload: { polyfill: false },
    // The console's policy has no data: addresses.
    assetsInlineLimit: 0,
  },
  server: {
    proxy: Object.fromEntries(
      ['/api', '/dev', '/console-settings'].map((path) => [path, { target: ops, ws: path === '/api' }]),
    ),
  },
});
