// What verge adds to the Web's interfaces, which TypeScript brings along itself.

// --- Handlers

interface ExecutionContext<Props = any> {
  waitUntil(promise: Promise<any>): void;
  passThroughOnException(): void;
  readonly props: Props;
}

interface ScheduledController {
  readonly scheduledTime: number;
  readonly cron: string;
  noRetry(): void;
}

type ExportedHandlerFetchHandler<E = unknown, Props = any> =
  (request: Request, env: E, ctx: ExecutionContext<Props>) => Response | Promise<Response>;
type ExportedHandlerScheduledHandler<E = unknown, Props = any> =
  (controller: ScheduledController, env: E, ctx: ExecutionContext<Props>) => void | Promise<void>;

interface ExportedHandler<E = unknown, Props = any> {
  fetch?: ExportedHandlerFetchHandler<E, Props>;
  scheduled?: ExportedHandlerScheduledHandler<E, Props>;
}

declare function addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;

interface FetchEvent {
  passThroughOnException(): void;
}

// --- Requests and responses

interface RequestInitCfProperties {
  cacheTtl?: number;
  cacheTtlByStatus?: Record<string, number>;
  cacheEverything?: boolean;
  cacheKey?: string;
  cacheTags?: string[];
  [key: string]: unknown;
}

interface Request {
  readonly cf?: Record<string, any>;
}

interface RequestInit {
  cf?: RequestInitCfProperties;
}

interface Response {
  readonly cf?: Record<string, any>;
  readonly webSocket: WebSocket | null;
}

interface ResponseInit {
  cf?: Record<string, any>;
  webSocket?: WebSocket | null;
  encodeBody?: 'automatic' | 'manual';
}

interface Fetcher {
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
}

// A service binding to a worker whose class is known: its methods can be called, and what they give is waited for.
type Service<T = undefined> = T extends abstract new (...args: any[]) => infer Instance
  ? Fetcher & ServiceMethods<Instance>
  : Fetcher;
type ServiceMethods<Instance> = {
  [Name in Exclude<keyof Instance, 'fetch'>]: Instance[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Awaited<Result>>
    : Promise<Awaited<Instance[Name]>>;
};

interface CacheStorage {
  readonly default: Cache;
}

interface Body {
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
}

// --- WebSockets

interface WebSocket {
  accept(): void;
}

declare const WebSocketPair: {
  new (): { 0: WebSocket; 1: WebSocket };
};

// --- Streams, cryptography, time

declare class IdentityTransformStream extends TransformStream<ArrayBuffer | ArrayBufferView, Uint8Array> {
  constructor();
}

declare class FixedLengthStream extends IdentityTransformStream {
  constructor(expectedLength: number | bigint);
}

interface SubtleCrypto {
  timingSafeEqual(a: ArrayBuffer | ArrayBufferView, b: ArrayBuffer | ArrayBufferView): boolean;
}

interface Crypto {
  readonly DigestStream: {
    new (algorithm: AlgorithmIdentifier): WritableStream<ArrayBuffer | ArrayBufferView> & { readonly digest: Promise<ArrayBuffer> };
  };
}

interface Scheduler {
  wait(milliseconds: number, options?: { signal?: AbortSignal }): Promise<void>;
}
declare var scheduler: Scheduler;

declare function setImmediate<Arguments extends any[]>(callback: (...args: Arguments) => void, ...args: Arguments): number;
declare function clearImmediate(id: number | null | undefined): void;

// --- KV

interface KVNamespaceGetOptions<Type> {
  type: Type;
  cacheTtl?: number;
}

interface KVNamespacePutOptions {
  expiration?: number;
  expirationTtl?: number;
  metadata?: any;
}

interface KVNamespaceListOptions {
  prefix?: string | null;
  limit?: number;
  cursor?: string | null;
}

interface KVNamespaceListKey<Metadata, Key extends string = string> {
  name: Key;
  expiration?: number;
  metadata?: Metadata;
}

type KVNamespaceListResult<Metadata, Key extends string = string> =
  | { list_complete: false; keys: KVNamespaceListKey<Metadata, Key>[]; cursor: string; cacheStatus: string | null }
  | { list_complete: true; keys: KVNamespaceListKey<Metadata, Key>[]; cacheStatus: string | null };

interface KVNamespaceGetWithMetadataResult<Value, Metadata> {
  value: Value | null;
  metadata: Metadata | null;
  cacheStatus: string | null;
}

interface KVNamespace<Key extends string = string> {
  get(key: Key, options?: Partial<KVNamespaceGetOptions<undefined>>): Promise<string | null>;
  get(key: Key, type: 'text' | KVNamespaceGetOptions<'text'>): Promise<string | null>;
  get<Value = unknown>(key: Key, type: 'json' | KVNamespaceGetOptions<'json'>): Promise<Value | null>;
  get(key: Key, type: 'arrayBuffer' | KVNamespaceGetOptions<'arrayBuffer'>): Promise<ArrayBuffer | null>;
  get(key: Key, type: 'stream' | KVNamespaceGetOptions<'stream'>): Promise<ReadableStream<Uint8Array> | null>;
  get(keys: Key[], type?: 'text' | Partial<KVNamespaceGetOptions<'text'>>): Promise<Map<string, string | null>>;
  get<Value = unknown>(keys: Key[], type: 'json' | KVNamespaceGetOptions<'json'>): Promise<Map<string, Value | null>>;
  getWithMetadata<Metadata = unknown>(
    key: Key, type?: 'text' | Partial<KVNamespaceGetOptions<'text'>>): Promise<KVNamespaceGetWithMetadataResult<string, Metadata>>;
  getWithMetadata<Value = unknown, Metadata = unknown>(
    key: Key, type: 'json' | KVNamespaceGetOptions<'json'>): Promise<KVNamespaceGetWithMetadataResult<Value, Metadata>>;
  getWithMetadata<Metadata = unknown>(
    key: Key, type: 'arrayBuffer' | KVNamespaceGetOptions<'arrayBuffer'>): Promise<KVNamespaceGetWithMetadataResult<ArrayBuffer, Metadata>>;
  getWithMetadata<Metadata = unknown>(
    key: Key, type: 'stream' | KVNamespaceGetOptions<'stream'>): Promise<KVNamespaceGetWithMetadataResult<ReadableStream<Uint8Array>, Metadata>>;
  put(key: Key, value: string | ArrayBuffer | ArrayBufferView | ReadableStream, options?: KVNamespacePutOptions): Promise<void>;
  delete(key: Key): Promise<void>;
  list<Metadata = unknown>(options?: KVNamespaceListOptions): Promise<KVNamespaceListResult<Metadata, Key>>;
}

// --- D1

interface D1Meta {
  duration: number;
  size_after: number;
  rows_read: number;
  rows_written: number;
  last_row_id: number;
  changed_db: boolean;
  changes: number;
  [key: string]: unknown;
}

interface D1Result<Row = unknown> {
  results: Row[];
  success: true;
  meta: D1Meta;
}

interface D1ExecResult {
  count: number;
  duration: number;
}

interface D1PreparedStatement {
  bind(...values: unknown[]): D1PreparedStatement;
  first<Value = unknown>(column: string): Promise<Value | null>;
  first<Row = Record<string, unknown>>(): Promise<Row | null>;
  run<Row = Record<string, unknown>>(): Promise<D1Result<Row>>;
  all<Row = Record<string, unknown>>(): Promise<D1Result<Row>>;
  raw<Row = unknown[]>(options: { columnNames: true }): Promise<[string[], ...Row[]]>;
  raw<Row = unknown[]>(options?: { columnNames?: false }): Promise<Row[]>;
}

interface D1DatabaseSession {
  prepare(query: string): D1PreparedStatement;
  batch<Row = unknown>(statements: D1PreparedStatement[]): Promise<D1Result<Row>[]>;
  getBookmark(): string | null;
}

interface D1Database {
  prepare(query: string): D1PreparedStatement;
  batch<Row = unknown>(statements: D1PreparedStatement[]): Promise<D1Result<Row>[]>;
  exec(query: string): Promise<D1ExecResult>;
  withSession(constraintOrBookmark?: string): D1DatabaseSession;
  dump(): Promise<ArrayBuffer>;
}

// --- Modules that come with the runtime

declare module 'cloudflare:workers' {
  export const env: Cloudflare.Env;
  export function waitUntil(promise: Promise<unknown>): void;
  export function withEnv<Result>(env: unknown, callback: () => Result): Result;
  export abstract class WorkerEntrypoint<E = Cloudflare.Env, Props = any> {
    constructor(ctx: ExecutionContext<Props>, env: E);
    protected ctx: ExecutionContext<Props>;
    protected env: E;
    fetch?(request: Request): Response | Promise<Response>;
  }
  export abstract class RpcTarget {}
}

// --- Files that are imported as what they contain

declare module '*.txt' {
  const text: string;
  export default text;
}
declare module '*.html' {
  const text: string;
  export default text;
}
declare module '*.sql' {
  const text: string;
  export default text;
}
declare module '*.bin' {
  const data: ArrayBuffer;
  export default data;
}
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
