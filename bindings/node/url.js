'use strict';

// node:url (https://nodejs.org/api/url.html).

const { TypeError } = internal.primordials;
const { URL, URLSearchParams } = globalThis;
const querystring = native.builtinModule('node:querystring').default;

const specials = { __proto__: null, 'http:': true, 'https:': true, 'ftp:': true, 'ws:': true, 'wss:': true, 'file:': true };

class Url {
  protocol = null;
  slashes = null;
  auth = null;
  host = null;
  port = null;
  hostname = null;
  hash = null;
  search = null;
  query = null;
  pathname = null;
  path = null;
  href = null;

  format() {
    return format(this);
  }

  resolve(to) {
    return resolve(format(this), to);
  }
}

// The older form of a URL; whatever stands in the place of one is taken apart.
function parse(text, parseQuery = false, slashesDenoteHost = false) {
  if (text instanceof Url) return text;
  if (typeof text !== 'string') {
    const error = new TypeError(`The "url" argument must be of type string. Received type ${typeof text}`);
    error.code = 'ERR_INVALID_ARG_TYPE';
    throw error;
  }
  const url = new Url();
  let rest = text.trim().replaceAll('\\', '/');
  const hash = rest.indexOf('#');
  if (hash >= 0) {
    url.hash = rest.slice(hash);
    rest = rest.slice(0, hash);
  }
  const search = rest.indexOf('?');
  if (search >= 0) {
    url.search = rest.slice(search);
    rest = rest.slice(0, search);
  }
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(rest);
  if (scheme) {
    url.protocol = scheme[0].toLowerCase();
    rest = rest.slice(scheme[0].length);
  }
  if (rest.startsWith('//') && (scheme || slashesDenoteHost)) {
    url.slashes = true;
    const end = rest.indexOf('/', 2);
    let authority = rest.slice(2, end < 0 ? undefined : end);
    rest = end < 0 ? '' : rest.slice(end);
    const at = authority.lastIndexOf('@');
    if (at >= 0) {
      url.auth = decodeURIComponent(authority.slice(0, at));
      authority = authority.slice(at + 1);
    }
    const port = /:(\d*)$/.exec(authority);
    if (port) {
      if (port[1]) url.port = port[1];
      authority = authority.slice(0, -port[0].length);
    }
    url.hostname = authority.replace(/^\[(.*)\]$/, '$1').toLowerCase();
    url.host = authority.toLowerCase() + (url.port ? `:${url.port}` : '');
  }
  url.pathname = rest || (specials[url.protocol] && url.host ? '/' : null);
  if (url.search !== null || url.pathname !== null) url.path = (url.pathname ?? '') + (url.search ?? '');
  url.query = url.search === null ? null : url.search.slice(1);
  if (parseQuery) {
    url.search ??= '';
    url.query = querystring.parse(url.query ?? '');
  }
  url.href = format(url);
  return url;
}

function format(url, options) {
  if (typeof url === 'string') return format(parse(url));
  if (url instanceof URL) {
    const copy = new URL(url);
    if (options?.auth === false) copy.username = copy.password = '';
    if (options?.fragment === false) copy.hash = '';
    if (options?.search === false) copy.search = '';
    return copy.href;
  }
  const auth = url.auth ? `${encodeURIComponent(url.auth).replace(/%3A/i, ':')}@` : '';
  const protocol = url.protocol ? (url.protocol.endsWith(':') ? url.protocol : `${url.protocol}:`) : '';
  let host = null;
  if (url.host) host = auth + url.host;
  else if (url.hostname) host = auth + (url.hostname.includes(':') ? `[${url.hostname}]` : url.hostname) + (url.port ? `:${url.port}` : '');
  let search = url.search ?? '';
  if (!search && url.query !== null && typeof url.query === 'object') search = querystring.stringify(url.query);
  if (search && !search.startsWith('?')) search = `?${search}`;
  let pathname = url.pathname ?? '';
  const slashes = url.slashes || ((!protocol || specials[protocol]) && host !== null);
  if (slashes && host !== null && pathname && !pathname.startsWith('/')) pathname = `/${pathname}`;
  const hash = url.hash ? (url.hash.startsWith('#') ? url.hash : `#${url.hash}`) : '';
  return protocol + (slashes ? `//${host ?? ''}` : host ?? '') + pathname.replace(/[?#]/g, encodeURIComponent) + search.replaceAll('#', '%23') + hash;
}

function resolve(from, to) {
  const base = new URL(from, 'resolve://');
  const resolved = new URL(to, base);
  if (resolved.protocol === 'resolve:') return resolved.pathname + resolved.search + resolved.hash;
  return resolved.href;
}

function fileURLToPath(value) {
  const url = typeof value === 'string' ? new URL(value) : value;
  if (url.protocol !== 'file:') {
    const error = new TypeError('The URL must be of scheme file');
    error.code = 'ERR_INVALID_URL_SCHEME';
    throw error;
  }
  if (/%2f/i.test(url.pathname)) {
    const error = new TypeError('File URL path must not include encoded / characters');
    error.code = 'ERR_INVALID_FILE_URL_PATH';
    throw error;
  }
  return decodeURIComponent(url.pathname);
}

function pathToFileURL(path) {
  const { resolve: absolute } = native.builtinModule('node:path').default;
  const url = new URL('file:///');
  url.pathname = absolute(path).replace(/%/g, '%25').replace(/\\/g, '%5C').replace(/\n/g, '%0A').replace(/\r/g, '%0D').replace(/\t/g, '%09')
    .replace(/\?/g, '%3F').replace(/#/g, '%23') + (path.endsWith('/') && path !== '/' ? '/' : '');
  return url;
}

function domainToASCII(domain) {
  try {
    return new URL(`ws://${domain}`).hostname;
  } catch {
    return '';
  }
}

const urlToHttpOptions = (url) => ({
  protocol: url.protocol, hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'), hash: url.hash, search: url.search, pathname: url.pathname,
  path: url.pathname + url.search, href: url.href, ...(url.port ? { port: Number(url.port) } : {}),
  ...(url.username || url.password ? { auth: `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` } : {}),
});

const module = {
  URL, URLSearchParams, Url, parse, format, resolve, fileURLToPath, pathToFileURL, domainToASCII, domainToUnicode: domainToASCII, urlToHttpOptions,
  resolveObject: (from, to) => parse(resolve(from, to)),
};

return { __proto__: null, ...module, default: module };
