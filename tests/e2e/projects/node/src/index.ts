// Packages that were written for Node.js: CommonJS, with require() of its modules.
import bcrypt from 'bcryptjs';
import signature from 'cookie-signature';
import etag from 'etag';
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import qs from 'qs';

const routes: Record<string, () => unknown> = {
  '/bcrypt': async () => bcrypt.compare('secret', await bcrypt.hash('secret', 4)),
  '/signature': () => signature.unsign(signature.sign('value', 'secret'), 'secret'),
  '/etag': () => etag(Buffer.from('text')),
  '/qs': () => qs.parse('a[b]=c&d[]=1'),
  '/events': () => {
    const emitter = new EventEmitter();
    const seen: string[] = [];
    emitter.on('x', (text: string) => seen.push(text));
    emitter.emit('x', 'emitted');
    return seen;
  },
  '/files': () => {
    try {
      return readFileSync('/etc/passwd');
    } catch (error) {
      return (error as Error).message;
    }
  },
};

export default {
  async fetch(request: Request): Promise<Response> {
    return Response.json(await routes[new URL(request.url).pathname]());
  },
};
