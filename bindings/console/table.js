'use strict';

// internal.formatTable(data, columns): console.table's text, or undefined when the data is not
// tabular (Console Standard §1.1.8 leaves the looks to us).

const {
  ArrayIsArray, Map, MapIteratorPrototypeNext, MapPrototypeEntries, MapPrototypeGet,
  MapPrototypeGetSize, MapPrototypeSet, MathMax, ObjectGetOwnPropertyDescriptor, ReflectOwnKeys,
  SetIteratorPrototypeNext, SetPrototypeGetSize, SetPrototypeValues, StringPrototypePadEnd,
  StringPrototypeRepeat, TypedArrayPrototypeGetLength,
  TypedArrayPrototypeGetSymbolToStringTag, isolate,
} = internal.primordials;
const { List, inspect } = internal;
const { isObject } = internal.webidl;

const MAX_ROWS = 100;
const MAX_COLUMNS = 50;
const VALUES = 'Values';

const cellOptions = { __proto__: null, depth: 0, breakLength: Infinity };

function cellText(value) {
  return inspect(value, cellOptions);
}

function elementCount(object) {
  if (ArrayIsArray(object)) return object.length;
  const isTypedArray = TypedArrayPrototypeGetSymbolToStringTag(object) !== undefined;
  return isTypedArray ? TypedArrayPrototypeGetLength(object) : 0;
}

// The innermost target of a proxy, whose traps must not run.
function withoutProxies(value) {
  for (;;) {
    const details = native.proxyDetails?.(value);
    if (details === undefined) return value;
    value = details[0];
  }
}

// Calls visit(key, text, value) for each enumerable own data property; getters are not run.
function forEachProperty(object, limit, visit) {
  // The list of a large array's keys would be larger still; its first elements are enough.
  const length = elementCount(object);
  const keys = length > limit ? undefined : ReflectOwnKeys(object);
  const count = keys === undefined ? limit : keys.length;
  for (let i = 0, seen = 0; i < count && seen < limit; i++) {
    const key = keys === undefined ? `${i}` : keys[i];
    if (typeof key !== 'string') continue;
    const descriptor = ObjectGetOwnPropertyDescriptor(object, key);
    if (descriptor === undefined || !descriptor.enumerable) continue;
    const isData = ObjectGetOwnPropertyDescriptor(descriptor, 'value') !== undefined;
    visit(key, isData ? cellText(descriptor.value) : '[Getter]',
          isData ? descriptor.value : undefined);
    seen++;
  }
}

// Widths count UTF-16 code units, which is right for most text.
function renderTable(head, rows) {
  const widths = new List();
  for (let column = 0; column < head.length; column++) {
    let width = head[column].length;
    for (let i = 0; i < rows.length; i++) width = MathMax(width, (rows[i][column] ?? '').length);
    widths.push(width);
  }
  const rule = (left, middle, right) => {
    let line = left;
    for (let i = 0; i < widths.length; i++) {
      line += (i === 0 ? '' : middle) + StringPrototypeRepeat('\u2500', widths[i] + 2);
    }
    return line + right;
  };
  const render = (row) => {
    let line = '\u2502';
    for (let i = 0; i < widths.length; i++) {
      line += ` ${StringPrototypePadEnd(row[i] ?? '', widths[i])} \u2502`;
    }
    return line;
  };
  let text = `${rule('\u250c', '\u252c', '\u2510')}\n${render(head)}\n${rule('\u251c', '\u253c', '\u2524')}\n`;
  for (let i = 0; i < rows.length; i++) text += `${render(rows[i])}\n`;
  return text + rule('\u2514', '\u2534', '\u2518');
}

// Collects rows whose cells are found by column name.
class Table {
  constructor(indexName, columns) {
    this.head = new List();
    this.head.push(indexName);
    this.columnOf = new Map();
    this.rows = new List();
    this.fixed = columns !== undefined;
    for (let i = 0; this.fixed && i < columns.length; i++) this.addColumn(columns[i]);
    this.valueCells = new Map();  // from row to the text of a primitive
  }

  addColumn(name) {
    MapPrototypeSet(this.columnOf, name, this.head.length);
    this.head.push(name);
  }

  addRow(index, value) {
    value = withoutProxies(value);
    const row = new List();
    row.push(index);
    this.rows.push(row);
    if (!isObject(value)) {
      MapPrototypeSet(this.valueCells, row, cellText(value));
      return;
    }
    forEachProperty(value, MAX_COLUMNS, (key, text) => {
      if (!this.fixed && MapPrototypeGet(this.columnOf, key) === undefined &&
          this.head.length <= MAX_COLUMNS) {
        this.addColumn(key);
      }
      const column = MapPrototypeGet(this.columnOf, key);
      if (column !== undefined) row[column] = text;
    });
  }

  toText() {
    if (MapPrototypeGetSize(this.valueCells) > 0) {
      const column = this.head.length;
      this.head.push(VALUES);
      for (let i = 0; i < this.rows.length; i++) {
        const text = MapPrototypeGet(this.valueCells, this.rows[i]);
        if (text !== undefined) this.rows[i][column] = text;
      }
    }
    return renderTable(this.head, this.rows);
  }
}
isolate(Table);

function sizeOf(getSize, value) {
  try {
    return getSize(value);
  } catch {
    return undefined;
  }
}

function formatTable(data, columns) {
  data = withoutProxies(data);
  if (!isObject(data) || typeof data === 'function') return undefined;
  try {
    const isMap = !ArrayIsArray(data) && sizeOf(MapPrototypeGetSize, data) !== undefined;
    const isSet = !isMap && !ArrayIsArray(data) && sizeOf(SetPrototypeGetSize, data) !== undefined;
    const table = new Table(isMap || isSet ? '(iteration index)' : '(index)', columns);
    if (isMap) {
      const iterator = MapPrototypeEntries(data);
      const row = { __proto__: null };
      for (let i = 0; i < MAX_ROWS; i++) {
        const { done, value } = MapIteratorPrototypeNext(iterator);
        if (done) break;
        row.Key = value[0];
        row.Values = value[1];
        table.addRow(`${i}`, row);
      }
    } else if (isSet) {
      const iterator = SetPrototypeValues(data);
      for (let i = 0; i < MAX_ROWS; i++) {
        const { done, value } = SetIteratorPrototypeNext(iterator);
        if (done) break;
        table.addRow(`${i}`, value);
      }
    } else {
      forEachProperty(data, MAX_ROWS, (key, text, value) => table.addRow(key, value));
    }
    return table.toText();
  } catch {
    // A proxy's trap threw.
    return undefined;
  }
}

internal.formatTable = formatTable;
