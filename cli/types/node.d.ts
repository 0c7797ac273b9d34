declare module 'node:async_hooks' {
  export class AsyncLocalStorage<Store> {
    constructor(options?: { defaultValue?: Store; name?: string });
    static bind<Fn extends (...args: any[]) => any>(fn: Fn): Fn;
    static snapshot(): <Result, Arguments extends any[]>(fn: (...args: Arguments) => Result, ...args: Arguments) => Result;
    readonly name: string;
    getStore(): Store | undefined;
    run<Result, Arguments extends any[]>(store: Store, fn: (...args: Arguments) => Result, ...args: Arguments): Result;
    exit<Result, Arguments extends any[]>(fn: (...args: Arguments) => Result, ...args: Arguments): Result;
    enterWith(store: Store): void;
    disable(): void;
  }
  export class AsyncResource {
    constructor(type: string);
    static bind<Fn extends (...args: any[]) => any>(fn: Fn, type?: string): Fn;
    bind<Fn extends (...args: any[]) => any>(fn: Fn): Fn;
    runInAsyncScope<Result, Arguments extends any[]>(fn: (...args: Arguments) => Result, receiver?: unknown, ...args: Arguments): Result;
  }
}

declare const process: {
  readonly env: Record<string, string | undefined>;
  nextTick(callback: (...args: any[]) => void, ...args: any[]): void;
};
