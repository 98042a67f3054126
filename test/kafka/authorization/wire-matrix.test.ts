import { beforeAll, describe, expect, test } from 'vitest';
import type { KafkaApi } from '../../../src/kafka/kafka-api.ts';
import type { Fields } from '../../../src/kafka/wire/schema.ts';
import { type Caller, ClosedWorld, callers, canary, refusedCallers } from '../../api/authorization/closed-world.ts';
import { decodeAnswer, encodeRequest, type TestedApi } from '../../support/kafka-client.ts';
import { KafkaTestConnection } from '../../support/memory-kafka.ts';
import { authenticateApi, bearerMessage, handshakeApi, signIn } from '../../support/sasl-client.ts';
import { expectOk } from '../../tenancy/organization-world.ts';
import { wireMatrix } from './wire-matrix.ts';
import { messagesOf, requestOf, spokenApis, type WireRequest, wireRequests } from './wire-requests.ts';

/** Who may see the canary, which stands in a record of the topic. */
const readers: ReadonlySet<string> = new Set(['owner', 'admin', 'developer', 'viewer', 'consumer', 'readToken']);

const letters: Readonly<Record<number, string>> = { 29: 'T', 30: 'G', 31: 'C', 53: 'X' };

const authenticationFailed = 58;

/** What a client may ask before it has said who it is; nothing else may ever be among them. */
const openApis: ReadonlySet<string> = new Set(['ApiVersions', 'SaslHandshake', 'SaslAuthenticate']);

/** Every code in an answer but success. */
function codesIn(answer: unknown): number[] {
  if (Array.isArray(answer)) return answer.flatMap(codesIn);
  if (typeof answer !== 'object' || answer === null || ArrayBuffer.isView(answer)) return [];
  return Object.entries(answer).flatMap(([name, value]) =>
    /errorCode$/i.test(name) && typeof value === 'number' && value !== 0 ? [value] : codesIn(value),
  );
}

/** `+` for let in; the letter of the code for refused. */
const outcomeOf = (codes: readonly number[]): string =>
  codes.map((code) => letters[code]).find((letter) => letter !== undefined) ?? '+';

const exactly = (codes: readonly number[]): string => [...new Set(codes)].join('/') || '0';

describe('the authorization matrix of the wire', () => {
  const world = new ClosedWorld();

  beforeAll(() => world.start());

  const connect = () => new KafkaTestConnection({ kafka: world.platform.kafka });

  async function ask(caller: Caller, api: KafkaApi, messages: TestedApi<Fields, Fields>, request: WireRequest) {
    await world.restore('app', false);
    const connection = connect();
    const token = world.credentials.get(caller) ?? '';
    expect((await signIn(connection, 'OAUTHBEARER', bearerMessage(token))).errorCode).toBe(0);
    const { version = api.versions.max, body } = request;
    connection.stream.send(encodeRequest(messages, version, 1_000, body as never));
    const frame = await connection.stream.nextFrame();
    if (frame === null) throw new Error(`${api.name} ended the connection of ${caller}`);
    if (!readers.has(caller)) expect([caller, Buffer.from(frame).includes(canary)]).toEqual([caller, false]);
    connection.stream.destroy();
    expect([caller, connection.errors]).toEqual([caller, []]);
    const answer = decodedBy(messages, version, frame);
    return codesIn(answer);
  }

  test('has a row and a request for every API that is spoken: give a new one both', () => {
    expect(Object.keys(wireMatrix), 'add a row to wire-matrix.ts').toEqual(spokenApis.map(({ name }) => name));
    expect(Object.keys(wireRequests), 'add a request to wire-requests.ts').toEqual(spokenApis.map(({ name }) => name));
  });

  test.each(spokenApis)(
    '$name answers every caller as its row says, and shows records to readers only',
    async (api) => {
      const messages = await messagesOf(api);
      const cells: string[] = [];
      for (const caller of callers) {
        const codes = await ask(caller, api, messages, requestOf(api));
        cells.push(caller === 'owner' || caller === 'other' ? exactly(codes) : outcomeOf(codes));
      }
      const [owner, other, ...rest] = cells;
      const row = `${owner} ${other}  ${rest.join(' ')}`.trim();
      expect(row).toBe(wireMatrix[api.name]?.replace(/ +/g, ' ').replace(/^(\S+ \S+) /, '$1  '));
    },
  );

  test.each(spokenApis)(
    '$name is answered to nobody who has not said who they are, unless it is for that',
    async (api) => {
      const messages = await messagesOf(api);
      const { version = api.versions.max, body } = requestOf(api);
      for (const caller of refusedCallers) {
        const { organizationCalls, admissions } = world.platform;
        const connection = connect();
        const credential = world.credentials.get(caller) ?? null;
        if (credential !== null) {
          connection.send(handshakeApi, 1, { mechanism: 'OAUTHBEARER' });
          connection.send(authenticateApi, 2, { authBytes: bearerMessage(credential) });
        }
        connection.stream.send(encodeRequest(messages, version, 1_000, body as never));
        connection.stream.finish();
        if (credential !== null) {
          await connection.answer(handshakeApi, 1);
          const { errorCode } = (await connection.answer(authenticateApi, 2)).body;
          expect([caller, errorCode]).toEqual([caller, authenticationFailed]);
        }
        const frame = await connection.stream.nextFrame();
        const isAnswered = credential === null && openApis.has(api.name);
        expect([caller, frame !== null]).toEqual([caller, isAnswered]);
        await connection.served;
        expect([caller, connection.errors, world.platform.admissions]).toEqual([caller, [], admissions]);
        const asked = world.platform.organizationCalls - organizationCalls;
        if (caller === 'nobody' || caller === 'garbage' || caller === 'forged')
          expect([caller, asked]).toEqual([caller, 0]);
      }
    },
  );

  test('what was refused stands in the audit log, under the name of the API', async () => {
    // What the tests before were refused has used up this hour's share of the log.
    world.platform.nowMs += 60 * 60 * 1_000;
    await ask('viewer', ...(await asked('DeleteTopics')));
    const { organization } = world.acme.world;
    const filter = { principal: null, action: 'kafka.DeleteTopics', outcome: 'refused' } as const;
    const page = expectOk(await organization.listAudit('acme', { filter, order: 'oldest', after: null, limit: 10 }));
    expect(page.entries.length).toBeGreaterThan(0);
    expect(page.entries.every(({ resource }) => resource === 'orders')).toBe(true);
  });

  async function asked(name: string): Promise<[KafkaApi, TestedApi<Fields, Fields>, WireRequest]> {
    const api = spokenApis.find((one) => one.name === name)!;
    return [api, await messagesOf(api), requestOf(api)];
  }
});

function decodedBy(messages: TestedApi<Fields, Fields>, version: number, frame: Uint8Array): unknown {
  return decodeAnswer(messages, version, frame).body;
}
