import { crc32c } from '../log/crc32c.ts';
import type { Signer } from '../platform/signer.ts';
import { base62Digit, digestToBase62, numberToBase62, type RandomBytes, randomBase62 } from './base62.ts';
import { isOrganizationId } from './organization-ref.ts';

/**
 * The text of an API key is `mr_{environment}_{id}_{secret}{checksum}`. The id proves itself: it holds the
 * organization, random letters, and a code over both that only the platform can make. So an invented id is refused
 * where it arrives, and which organization a request belongs to comes from the key alone. The checksum lets scanners for
 * leaked secrets, and the door, tell a key from a text that only looks like one.
 */
export type ApiKeyText = {
  readonly keyId: string;
  readonly orgId: string;
  /** 43 letters and the checksum: what Basic and SASL take as the password. */
  readonly password: string;
};

/** Where a key is for, which a person sees at once: a deployment, or a platform on a laptop. */
export type KeyEnvironment = 'live' | 'local';

const keyIdPrefix = 'mrk_';

/** Ids of signing secrets prove themselves as keys' do, and are none of keys. */
const signingSecretIdPrefix = 'mrs_';

/** 62^12 ids in an organization: 71 bits. */
const randomLetters = 12;

/** 59 bits: an invented id passes once in 10^17 tries, and then it is only an id that nobody has. */
const proofLetters = 10;

/** 62^43 is just over 2^256. */
const secretLetters = 43;

/** 62^6 is over 2^32. */
const checksumLetters = 6;

const passwordLetters = secretLetters + checksumLetters;

/** Keep the proof of an id from being taken for any other text that the same secret signs. */
const keyIdPurpose = 'millrace api key id v1';
const signingSecretIdPurpose = 'millrace signing secret id v1';

const keyShape = /^mr_(live|local)_([0-9A-Za-z]{24,60})_([0-9A-Za-z]{49})$/;
const letters = /^[0-9A-Za-z]+$/;
const utf8 = new TextEncoder();

/** Longer than any key, so that nothing longer is looked at. */
export const maxKeyTextLength = 160;

/** Issues the id of a new key of an organization, `mrk_...`. */
export function issueKeyId(orgId: string, signer: Signer, randomBytes: RandomBytes): string {
  const body = numberToBase62(orgId.length, 1) + orgId + randomBase62(randomLetters, randomBytes);
  return keyIdPrefix + body + proofOf(body, keyIdPurpose, signer);
}

/** Issues the id of a new signing secret of an organization, `mrs_...`. */
export function issueSigningSecretId(orgId: string, signer: Signer, randomBytes: RandomBytes): string {
  const body = numberToBase62(orgId.length, 1) + orgId + randomBase62(randomLetters, randomBytes);
  return signingSecretIdPrefix + body + proofOf(body, signingSecretIdPurpose, signer);
}

/** The organization that a `kid` of a browser token names, a key's or a signing secret's; null unless issued here. */
export function organizationOfTokenSigner(kid: string, signer: Signer): string | null {
  if (kid.startsWith(keyIdPrefix)) return organizationOfKeyId(kid, signer);
  return organizationOf(kid, signingSecretIdPrefix, signingSecretIdPurpose, signer);
}

/** Whether a `kid` is a key's, on whose behalf the platform signs. */
export function isKeyId(kid: string): boolean {
  return kid.startsWith(keyIdPrefix);
}

/**
 * The organization of a key's id; null unless this platform issued it. It takes about the same time for every text of a
 * key id's length.
 */
export function organizationOfKeyId(keyId: string, signer: Signer): string | null {
  return organizationOf(keyId, keyIdPrefix, keyIdPurpose, signer);
}

function organizationOf(proven: string, prefix: string, purpose: string, signer: Signer): string | null {
  if (!proven.startsWith(prefix) || proven.length > maxKeyTextLength) return null;
  const id = proven.slice(prefix.length);
  const orgLetters = base62Digit(id.charAt(0));
  if (orgLetters < 1 || id.length !== 1 + orgLetters + randomLetters + proofLetters || !letters.test(id)) return null;
  const body = id.slice(0, -proofLetters);
  const orgId = id.slice(1, 1 + orgLetters);
  if (!isOrganizationId(orgId) || !areEqual(id.slice(-proofLetters), proofOf(body, purpose, signer))) return null;
  return orgId;
}

/** A new secret of a key, as the whole text that its owner is shown once. */
export function issueKeyText(keyId: string, environment: KeyEnvironment, randomBytes: RandomBytes): string {
  const text = `mr_${environment}_${keyId.slice(keyIdPrefix.length)}_${randomBase62(secretLetters, randomBytes)}`;
  return text + checksumOf(text);
}

/** Reads a key's text; null when it is none, which costs no look-up anywhere. */
export function parseKeyText(text: string, signer: Signer): ApiKeyText | null {
  if (text.length > maxKeyTextLength) return null;
  const match = keyShape.exec(text);
  if (match === null) return null;
  const [, , id = '', password = ''] = match;
  if (checksumOf(text.slice(0, -checksumLetters)) !== text.slice(-checksumLetters)) return null;
  const keyId = keyIdPrefix + id;
  const orgId = organizationOfKeyId(keyId, signer);
  return orgId === null ? null : { keyId, orgId, password };
}

/**
 * Reads a key id with its password, as Basic and SASL clients send them; the whole key is taken as the password too.
 * The checksum, which covers the environment as well, must hold in one of them.
 */
export function parseKeyPair(user: string, password: string, signer: Signer): ApiKeyText | null {
  if (password.length > maxKeyTextLength || user.length > maxKeyTextLength) return null;
  if (password.length !== passwordLetters) {
    const whole = parseKeyText(password, signer);
    return whole?.keyId === user ? whole : null;
  }
  const id = user.slice(keyIdPrefix.length);
  const key = parseKeyText(`mr_live_${id}_${password}`, signer) ?? parseKeyText(`mr_local_${id}_${password}`, signer);
  return key?.keyId === user ? key : null;
}

/** What is stored of a password: a digest that only the platform's secret can make, since the password is random. */
export function passwordDigest(keyId: string, password: string, signer: Signer): string {
  return signer.sign(JSON.stringify(['millrace api key secret v1', keyId, password]));
}

function proofOf(body: string, purpose: string, signer: Signer): string {
  return digestToBase62(signer.sign(JSON.stringify([purpose, body])), proofLetters);
}

function checksumOf(text: string): string {
  return numberToBase62(crc32c(utf8.encode(text)), checksumLetters);
}

/** In a time that does not depend on where they differ. */
function areEqual(left: string, right: string): boolean {
  let difference = left.length ^ right.length;
  for (let index = 0; index < right.length; index += 1) {
    difference |= left.charCodeAt(index) ^ right.charCodeAt(index);
  }
  return difference === 0;
}

/** The password in the text of a key that was just issued. */
export function passwordOfKeyText(text: string): string {
  return text.slice(-passwordLetters);
}
