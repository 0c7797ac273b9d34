import { AutoRouter, cors, error, json, text, withContent, withParams } from 'itty-router';

const { preflight, corsify } = cors({ origin: ['https://app.example'], allowMethods: ['GET', 'POST'] });
const notes = new Map([['1', { id: '1', text: 'first' }]]);

const router = AutoRouter({
  before: [preflight, withParams],
  finally: [corsify],
  catch: (failure) => error(failure.status ?? 500, failure.message),
});

router
  .get('/', () => text('itty'))
  .get('/notes', () => [...notes.values()])
  .get('/notes/:id', ({ id }) => notes.get(id) ?? error(404, 'no such note'))
  .post('/notes', withContent, ({ content }) => {
    const note = { id: String(notes.size + 1), ...content };
    notes.set(note.id, note);
    return json(note, { status: 201 });
  })
  .get('/files/:path+', ({ path, query }) => ({ path, query }))
  .get('/fail', () => {
    throw new Error('on purpose');
  });

export default router;
