import { renderToReadableStream, renderToString } from 'react-dom/server';
import { App } from './app';

// What pages wait for: it comes with a POST to /release.
let released: string | undefined;

async function whenReleased(): Promise<string> {
  while (released === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
  return released;
}

export default {
  async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    if (url.pathname === '/release') {
      released = await request.text();
      return new Response('released');
    }
    if (url.pathname === '/string') return new Response(renderToString(<b title={'"'}>{'<text>'}</b>));
    const name = url.searchParams.get('name') ?? 'you';
    const now = url.searchParams.get('quote');
    const quote = now ? Promise.resolve(now).then((text) => new Promise<string>((done) => setTimeout(() => done(text), 5)))
      : whenReleased();
    const errors: unknown[] = [];
    const stream = await renderToReadableStream(<App name={name} quote={quote} />, {
      bootstrapScriptContent: 'document.documentElement.dataset.bootstrapped = "yes"',
      onError: (error: unknown) => void errors.push(error),
    });
    return new Response(stream, { headers: { 'Content-Type': 'text/html; charset=utf-8' } });
  },
};
