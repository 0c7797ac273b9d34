'use strict';

// node:path (https://nodejs.org/api/path.html), of POSIX systems; the working directory is "/".

const { TypeError } = internal.primordials;

function requireString(value, name) {
  if (typeof value === 'string') return;
  const error = new TypeError(`The "${name}" argument must be of type string. Received ${value === null ? 'null' : `type ${typeof value}`}`);
  error.code = 'ERR_INVALID_ARG_TYPE';
  throw error;
}

// Without "." and "..", where that can be; ".." above a beginning that is not the root stay.
function simplify(path, absolute) {
  const parts = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (!absolute) parts.push('..');
  }
  return parts.join('/');
}

function isAbsolute(path) {
  requireString(path, 'path');
  return path.startsWith('/');
}

function normalize(path) {
  requireString(path, 'path');
  if (path === '') return '.';
  const absolute = path.startsWith('/');
  const text = simplify(path, absolute);
  if (text === '') return absolute ? '/' : path.endsWith('/') ? './' : '.';
  return (absolute ? '/' : '') + text + (path.endsWith('/') ? '/' : '');
}

function join(...paths) {
  for (const path of paths) requireString(path, 'path');
  const text = paths.filter((path) => path !== '').join('/');
  return text === '' ? '.' : normalize(text);
}

function resolve(...paths) {
  let text = '';
  for (let i = paths.length - 1; i >= 0 && !text.startsWith('/'); i--) {
    requireString(paths[i], `paths[${i}]`);
    if (paths[i] !== '') text = text === '' ? paths[i] : `${paths[i]}/${text}`;
  }
  return `/${simplify(text, true)}`;
}

function relative(from, to) {
  requireString(from, 'from');
  requireString(to, 'to');
  const source = resolve(from).split('/').filter(Boolean);
  const target = resolve(to).split('/').filter(Boolean);
  let same = 0;
  while (same < source.length && same < target.length && source[same] === target[same]) same++;
  return [...source.slice(same).map(() => '..'), ...target.slice(same)].join('/');
}

function withoutTrailingSlashes(path) {
  let end = path.length;
  while (end > 1 && path[end - 1] === '/') end--;
  return path.slice(0, end);
}

function dirname(path) {
  requireString(path, 'path');
  if (path === '') return '.';
  const text = withoutTrailingSlashes(path);
  const slash = text.lastIndexOf('/');
  if (slash < 0) return '.';
  return slash === 0 ? '/' : text.slice(0, slash);
}

function basename(path, suffix) {
  requireString(path, 'path');
  if (suffix !== undefined) requireString(suffix, 'suffix');
  const text = withoutTrailingSlashes(path);
  const name = text === '/' ? '' : text.slice(text.lastIndexOf('/') + 1);
  return suffix && name !== suffix && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
}

function extname(path) {
  const name = basename(path);
  const dot = name.lastIndexOf('.');
  return dot <= 0 || name === '..' ? '' : name.slice(dot);
}

function parse(path) {
  requireString(path, 'path');
  const root = path.startsWith('/') ? '/' : '';
  const base = basename(path);
  const ext = extname(path);
  const dir = withoutTrailingSlashes(path).includes('/') ? dirname(path) : '';
  return { root, dir, base, ext, name: ext ? base.slice(0, -ext.length) : base };
}

function format({ dir, root = '', base, name = '', ext = '' }) {
  const file = base ?? name + (ext === '' || ext.startsWith('.') ? ext : `.${ext}`);
  if (!dir) return root + file;
  return dir === root ? dir + file : `${dir}/${file}`;
}

function matchesGlob() {
  throw new TypeError('path.matchesGlob() is not available in workers');
}

const path = {
  sep: '/', delimiter: ':', isAbsolute, normalize, join, resolve, relative, dirname, basename, extname, parse, format, matchesGlob,
  toNamespacedPath: (value) => value, win32: null,
};
path.posix = path;

return { __proto__: null, ...path, default: path };
