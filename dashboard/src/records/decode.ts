const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** How bytes are shown. `auto` takes JSON or text where they are, and hex elsewhere. */
export type Rendering = 'auto' | 'text' | 'hex' | 'base64';

/** Bytes as a person reads them. `null` and `empty` are told apart: a tombstone is no empty value. */
export type Decoded =
  | { readonly kind: 'null' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'json' | 'text' | 'hex' | 'base64'; readonly text: string };

/** Decodes as asked, or as it fits. JSON is never parsed and printed again, so every digit stays as it was sent. */
export function decode(bytes: Uint8Array | null, rendering: Rendering = 'auto'): Decoded {
  if (bytes === null) return { kind: 'null' };
  if (bytes.length === 0) return { kind: 'empty' };
  if (rendering === 'hex') return { kind: 'hex', text: hexOf(bytes) };
  if (rendering === 'base64') return { kind: 'base64', text: encodeBase64(bytes) };
  const text = textOf(bytes);
  if (text === null) return { kind: 'hex', text: hexOf(bytes) };
  return { kind: rendering === 'auto' && isJson(text) ? 'json' : 'text', text };
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return null;
  }
}

/** Only objects and arrays: a bare number or word is text that happens to be JSON. */
function isJson(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function encodeBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

/**
 * JSON with line breaks and two spaces a level. It moves white space between tokens and touches nothing else: numbers
 * keep their digits, keys their order, strings their escapes.
 */
export function indentJson(text: string): string {
  let indented = '';
  let level = 0;
  const lineBreak = () => `\n${'  '.repeat(level)}`;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    if (token === '{' || token === '[') {
      level += 1;
      indented += token + lineBreak();
    } else if (token === '}' || token === ']') {
      level -= 1;
      const isEmpty = /[{[]\s*$/.test(indented);
      indented = isEmpty ? indented.trimEnd() + token : indented + lineBreak() + token;
    } else if (token === ',') indented += token + lineBreak();
    else indented += token === ':' ? ': ' : token;
  }
  return indented;
}
