import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../src/kafka/wire/byte-reader.ts';
import { ByteWriter } from '../../src/kafka/wire/byte-writer.ts';
import { MessageCodec } from '../../src/kafka/wire/message-codec.ts';
import type { Fields } from '../../src/kafka/wire/schema.ts';
import { concatBytes } from '../../src/log/concat-bytes.ts';

type Vector = {
  readonly name: string;
  readonly v: number;
  readonly flex: boolean;
  readonly mode: string;
  readonly value: object;
  readonly hex: string;
};

type Values = Readonly<Record<string, unknown>>;

const root = join(import.meta.dirname, '../..');

const vectors = readFileSync(join(root, 'test/fixtures/kafka/messages.ndjson'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Vector);

const codecs = new Map<string, MessageCodec<Fields>>();
for (const file of readdirSync(join(root, 'src/kafka/messages'))) {
  const module: Record<string, unknown> = await import(join(root, 'src/kafka/messages', file));
  for (const codec of Object.values(module)) {
    if (codec instanceof MessageCodec) codecs.set(codec.name, codec);
  }
}

/** The fixture has Kafka's names in capitals, and bytes and uuids as objects. */
function asValue(given: unknown): unknown {
  if (Array.isArray(given)) return given.map(asValue);
  if (typeof given !== 'object' || given === null) return given;
  if ('$hex' in given) return new Uint8Array(Buffer.from(given.$hex as string, 'hex'));
  if ('$uuid' in given) return given.$uuid;
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [nameOf(name, given), asValue(value)]));
}

/** The codec that made the fixture has a name of its own for fields of one kind. */
function nameOf(name: string, holder: object): string {
  if (name !== 'authorized_operations') return name[0]!.toLowerCase() + name.slice(1);
  if ('ClusterId' in holder) return 'clusterAuthorizedOperations';
  return 'GroupState' in holder ? 'authorizedOperations' : 'topicAuthorizedOperations';
}

function encode(codec: MessageCodec<Fields>, version: number, value: Values): string {
  const writer = new ByteWriter();
  codec.write(writer, version, value);
  return Buffer.from(concatBytes(writer.finish())).toString('hex');
}

const vectorsOf = (codec: MessageCodec<Fields>) => vectors.filter(({ name }) => name === codec.name);

describe.each([...codecs.values()].filter((codec) => vectorsOf(codec).length > 0))('$name', (codec) => {
  const own = vectorsOf(codec);

  test(`reads and writes ${own.length} messages byte for byte`, () => {
    for (const { v, flex, value, hex } of own) {
      const expected = asValue(value) as Values;
      const reader = new ByteReader(new Uint8Array(Buffer.from(hex, 'hex')), 10_000);
      const read = codec.read(reader, v);
      expect(codec.isFlexible(v), `${codec.name} ${v}`).toBe(flex);
      expect([reader.failed, reader.remaining()], `${codec.name} ${v} ${hex}`).toEqual([false, 0]);
      expect(read).toMatchObject(expected);
      expect(encode(codec, v, expected), `${codec.name} ${v}`).toBe(hex);
      expect(encode(codec, v, read), `${codec.name} ${v} read and written`).toBe(hex);
    }
  });

  test('fails on every message that is cut off, and reads none of it past its end', () => {
    for (const { v, hex } of own) {
      const whole = new Uint8Array(Buffer.from(hex, 'hex'));
      for (let length = 0; length < whole.length; length += 1) {
        expect(codec.decode(whole.subarray(0, length), v).ok, `${codec.name} ${v} cut at ${length}`).toBe(false);
      }
    }
  });
});

test('every vector is of a message that is known', () => {
  expect(vectors.filter(({ name }) => !codecs.has(name))).toEqual([]);
  expect(vectors.length).toBe(859);
});
