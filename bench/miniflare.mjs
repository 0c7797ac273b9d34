// Serves a worker with miniflare, as `wrangler dev` does: miniflare.mjs PACKAGES SCRIPT PORT FOLDER.
import { createRequire } from 'node:module';
import path from 'node:path';

const [packages, scriptPath, port, folder] = process.argv.slice(2);
const { Miniflare } = createRequire(path.join(packages, 'node_modules', 'x.js'))('miniflare');
const miniflare = new Miniflare({
  modules: true,
  scriptPath,
  host: '127.0.0.1',
  port: Number(port),
  compatibilityDate: '2026-04-01',
  kvNamespaces: { NS: 'bench' },
  kvPersist: folder,
});
await miniflare.ready;
process.on('SIGTERM', async () => {
  await miniflare.dispose();
  process.exit(0);
});
