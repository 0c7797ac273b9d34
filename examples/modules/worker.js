import page from './pages/index.html';
import style from './pages/style.css';
import settings from './settings.json' with { type: 'json' };
import { gcd } from './math.js';
import { render } from './render.js';

const html = { 'Content-Type': 'text/html;charset=UTF-8' };

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    switch (pathname) {
      case '/': {
        const a = searchParams.get('a') ?? settings.example.a;
        const b = searchParams.get('b') ?? settings.example.b;
        return new Response(render(page, { title: settings.title, a, b, gcd: gcd(a, b) }), { headers: html });
      }
      case '/style.css':
        return new Response(style, { headers: { 'Content-Type': 'text/css;charset=UTF-8' } });
      case '/about': {
        const { about } = await import('./about.js');
        return new Response(about(settings), { headers: html });
      }
      default:
        return new Response('Not found\n', { status: 404 });
    }
  },
};
