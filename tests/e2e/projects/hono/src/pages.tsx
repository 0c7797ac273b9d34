import { Hono } from 'hono';
import { css, Style } from 'hono/css';
import { html, raw } from 'hono/html';
import { type FC, type PropsWithChildren, Suspense, createContext, useContext } from 'hono/jsx';
import { jsxRenderer, useRequestContext } from 'hono/jsx-renderer';
import { renderToReadableStream } from 'hono/jsx/streaming';

const Theme = createContext('light');

const Layout: FC<PropsWithChildren<{ title: string }>> = ({ title, children }) => (
  <html lang="en">
    <head>
      <title>{title}</title>
      <Style />
    </head>
    <body class={css`font-weight: 700; color: rgb(1, 2, 3);`}>{children}</body>
  </html>
);

const Item: FC<{ name: string }> = ({ name }) => <li data-theme={useContext(Theme)}>{name}</li>;

async function Slow({ text }: { text: string }) {
  await new Promise((resolve) => setTimeout(resolve, 10));
  return <p id="slow">{text}</p>;
}

export const pages = new Hono();

pages.get('/list', jsxRenderer(({ children }) => <Layout title="List">{children}</Layout>), (c) =>
  c.render(
    <Theme.Provider value="dark">
      <ul>
        {['<script>alert(1)</script>', 'a & b'].map((name) => (
          <Item name={name} />
        ))}
      </ul>
      <Path />
    </Theme.Provider>,
  ),
);

function Path() {
  return <code>{useRequestContext().req.path}</code>;
}

pages.get('/html', (c) => c.html(html`<p title="${'"quoted"'}">${raw('<b>raw</b>')} ${'<i>'}</p>`));

pages.get('/suspense', (c) => {
  const stream = renderToReadableStream(
    <Layout title="Suspense">
      <Suspense fallback={<p id="fallback">loading</p>}>
        <Slow text="it has come" />
      </Suspense>
    </Layout>,
  );
  return c.body(stream, { headers: { 'Content-Type': 'text/html; charset=UTF-8', 'Transfer-Encoding': 'chunked' } });
});
