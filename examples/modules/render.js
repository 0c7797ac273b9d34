const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Replaces {{name}} by a value, safe to be put into HTML. */
export function render(template, values) {
  return template.replace(/\{\{(\w+)\}\}/g, (_, name) => String(values[name]).replace(/[&<>"]/g, (c) => entities[c]));
}
