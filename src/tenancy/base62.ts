const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const radix = alphabet.length;

/** The largest multiple of 62 that a byte can hold: bytes from it on are drawn again, so that no letter is likelier. */
const fairBytes = 248;

/** Random bytes, `count` of them. */
export type RandomBytes = (count: number) => Uint8Array;

/** `length` random letters of base62, each as likely as any other. */
export function randomBase62(length: number, randomBytes: RandomBytes): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length - text.length)) {
      if (byte < fairBytes) text += alphabet[byte % radix];
    }
  }
  return text;
}

/** A whole number in exactly `length` letters of base62; it must fit. */
export function numberToBase62(value: number, length: number): string {
  let text = '';
  let rest = value;
  for (let place = 0; place < length; place += 1) {
    text = alphabet[rest % radix] + text;
    rest = Math.floor(rest / radix);
  }
  return text;
}

/** What one letter stands for, 0 to 61; -1 when it is no letter of base62. */
export function base62Digit(letter: string): number {
  return letter.length === 1 ? alphabet.indexOf(letter) : -1;
}

/** The first `length` letters of base62 that a text's bytes give: for shortening a digest that is uniform already. */
export function digestToBase62(digest: string, length: number): string {
  // A digest of 43 characters of base64url has two of those that base62 lacks; folding them in costs under 0.1 bit each.
  let text = '';
  for (const character of digest.slice(0, length)) {
    text += character === '-' ? '0' : character === '_' ? '1' : character;
  }
  return text;
}
