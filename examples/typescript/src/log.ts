import { AsyncLocalStorage } from 'node:async_hooks';

const requestNumber = new AsyncLocalStorage<number>();
let requests = 0;

// Whatever `handle` does, and what it waits for, logs with the number of this request.
export function withRequest<T>(handle: () => T): T {
  return requestNumber.run(++requests, handle);
}

export function log(message: string): void {
  console.log(`#${requestNumber.getStore()}: ${message}`);
}
