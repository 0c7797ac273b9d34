import { HttpError, Router } from './router.js';

const books = new Map([
  ['1', { id: '1', title: 'The Left Hand of Darkness', year: 1969 }],
  ['2', { id: '2', title: 'Invisible Cities', year: 1972 }],
]);
let nextId = 3;

function find(id) {
  const book = books.get(id);
  if (!book) throw new HttpError(404, `There is no book ${id}`);
  return book;
}

async function readBook(request) {
  let input;
  try {
    input = await request.json();
  } catch {
    throw new HttpError(400, 'The body is not JSON');
  }
  const { title, year } = input ?? {};
  if (typeof title !== 'string' || title === '') throw new HttpError(422, 'title has to be a text');
  if (!Number.isInteger(year)) throw new HttpError(422, 'year has to be a whole number');
  return { title, year };
}

const router = new Router()
  .add('GET', '/books', ({ url }) => {
    const word = url.searchParams.get('q')?.toLowerCase() ?? '';
    return Response.json([...books.values()].filter((book) => book.title.toLowerCase().includes(word)));
  })
  .add('POST', '/books', async ({ request, url }) => {
    const book = { id: String(nextId++), ...(await readBook(request)) };
    books.set(book.id, book);
    return Response.json(book, { status: 201, headers: { Location: new URL(`/books/${book.id}`, url).href } });
  })
  .add('GET', '/books/:id', ({ params }) => Response.json(find(params.id)))
  .add('PUT', '/books/:id', async ({ request, params }) => {
    const book = Object.assign(find(params.id), await readBook(request));
    return Response.json(book);
  })
  .add('DELETE', '/books/:id', ({ params }) => {
    find(params.id);
    books.delete(params.id);
    return new Response(null, { status: 204 });
  });

export default {
  async fetch(request, env, ctx) {
    try {
      return await router.handle(request, env, ctx);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      return Response.json({ error: error.message }, { status: error.status, headers: error.headers });
    }
  },
};
