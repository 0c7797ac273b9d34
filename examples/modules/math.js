import module from './gcd.wasm';

const { exports } = new WebAssembly.Instance(module);

/** The greatest common divisor of two numbers or texts of numbers, both taken as 32-bit integers. */
export function gcd(a, b) {
  return exports.gcd(Math.abs(a), Math.abs(b)) >>> 0;
}
