import { Currency, convert, isCurrency, type Rates } from './money';
import { log, withRequest } from './log';

interface Env {
  DEFAULT_CURRENCY: string;
  RATES: Rates;
}

interface Handler<E> {
  fetch(request: Request, env: E): Response | Promise<Response>;
}

const pricesInEuro: Readonly<Record<string, number>> = { coffee: 2.8, cake: 4.2, water: 1.9 };

class HttpError extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

function price(url: URL, env: Env): { item: string; currency: Currency; price: number } {
  const item = url.pathname.match(/^\/price\/([a-z]+)$/)?.[1];
  if (item === undefined) throw new HttpError(404, `There is nothing at ${url.pathname}`);
  const inEuro = pricesInEuro[item];
  if (inEuro === undefined) throw new HttpError(404, `There is no price for ${item}`);
  const currency = url.searchParams.get('currency') ?? env.DEFAULT_CURRENCY;
  if (!isCurrency(currency)) {
    throw new HttpError(400, `${currency} is none of ${Object.values(Currency).join(', ')}`);
  }
  log(`${item} in ${currency}`);
  return { item, currency, price: convert(inEuro, currency, env.RATES) };
}

export default {
  fetch(request, env) {
    return withRequest(() => {
      try {
        return Response.json(price(new URL(request.url), env));
      } catch (error) {
        if (!(error instanceof HttpError)) throw error;
        log(error.message);
        return Response.json({ error: error.message }, { status: error.status });
      }
    });
  },
} satisfies Handler<Env>;
