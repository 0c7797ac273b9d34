export enum Currency {
  Euro = 'EUR',
  Dollar = 'USD',
  Yen = 'JPY',
}

export type Rates = Record<Currency, number>;

export function isCurrency(text: string): text is Currency {
  return Object.values<string>(Currency).includes(text);
}

// Rounded to what can be paid.
export function convert(euro: number, currency: Currency, rates: Rates): number {
  const decimals = currency === Currency.Yen ? 0 : 2;
  return Number((euro * rates[currency]).toFixed(decimals));
}
