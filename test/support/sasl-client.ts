import { saslAuthenticateRequest, saslAuthenticateResponse } from '../../src/kafka/messages/sasl-authenticate.ts';
import { saslHandshakeRequest, saslHandshakeResponse } from '../../src/kafka/messages/sasl-handshake.ts';
import { parseKeyText } from '../../src/tenancy/api-key-text.ts';
import { OrganizationWorld } from '../tenancy/organization-world.ts';
import type { KafkaTestConnection } from './memory-kafka.ts';

export const handshakeApi = { key: 17, request: saslHandshakeRequest, response: saslHandshakeResponse };
export const authenticateApi = { key: 36, request: saslAuthenticateRequest, response: saslAuthenticateResponse };

const utf8 = new TextEncoder();

/** The message of PLAIN for a user and a password. */
export const plainMessage = (user: string, password: string) => utf8.encode(`\0${user}\0${password}`);

/** The message of OAUTHBEARER, with extensions if there are any. */
export function bearerMessage(token: string, extensions: Readonly<Record<string, string>> = {}): Uint8Array {
  const pairs = Object.entries({ auth: `Bearer ${token}`, ...extensions }).map(([name, value]) => `${name}=${value}`);
  return utf8.encode(`n,,\u0001${pairs.join('\u0001')}\u0001\u0001`);
}

/** The id and the secret of a key of the test worlds, by its text. */
export function partsOfKey(text: string): { readonly keyId: string; readonly password: string } {
  const parsed = parseKeyText(text, new OrganizationWorld('none').signer);
  if (parsed === null) throw new Error('no key');
  return parsed;
}

/** Signs in with one message, and answers what came of it. */
export async function signIn(connection: KafkaTestConnection, mechanism: string, message: Uint8Array, version = 2) {
  const { errorCode } = await connection.ask(handshakeApi, 1, { mechanism });
  if (errorCode !== 0) throw new Error(`the handshake was answered with ${errorCode}`);
  return connection.ask(authenticateApi, version, { authBytes: message });
}

/** Signs in with an API key by PLAIN. */
export function signInWithKey(connection: KafkaTestConnection, text: string) {
  const { keyId, password } = partsOfKey(text);
  return signIn(connection, 'PLAIN', plainMessage(keyId, password));
}
