/** An error that is meant for the client. */
export class HttpError extends Error {
  constructor(status, message, headers) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** Maps methods and paths such as "/books/:id" to handlers. */
export class Router {
  #routes = [];

  add(method, path, handler) {
    const names = [];
    const pattern = path.replace(/:(\w+)/g, (_, name) => {
      names.push(name);
      return '([^/]+)';
    });
    this.#routes.push({ method, names, pattern: new RegExp(`^${pattern}/?$`), handler });
    return this;
  }

  async handle(request, env, ctx) {
    const url = new URL(request.url);
    const allowed = [];
    for (const { method, names, pattern, handler } of this.#routes) {
      const match = pattern.exec(url.pathname);
      if (!match) continue;
      if (method !== request.method && !(method === 'GET' && request.method === 'HEAD')) {
        allowed.push(method);
        continue;
      }
      const params = Object.fromEntries(names.map((name, i) => [name, decode(match[i + 1])]));
      return handler({ request, env, ctx, url, params });
    }
    if (allowed.length > 0) {
      throw new HttpError(405, `${request.method} is not possible here`, { Allow: allowed.join(', ') });
    }
    throw new HttpError(404, `There is nothing at ${url.pathname}`);
  }
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new HttpError(400, `"${text}" is not percent-encoded correctly`);
  }
}
