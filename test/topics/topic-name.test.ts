import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PartitionRef, partitionObjectName } from '../../src/log/partition-ref.ts';
import { clusterObjectName } from '../../src/topics/cluster-object-name.ts';
import { quoteTopicName, topicCollisionKey, validateTopicName } from '../../src/topics/topic-name.ts';

const legalCharacters = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-'];
const codeOf = (name: string): string => {
  const result = validateTopicName(name);
  return result.ok ? 'ok' : `${result.error.code}: ${result.error.message}`;
};

describe('validateTopicName', () => {
  it('accepts what Kafka accepts', () => {
    for (const name of ['a', 'orders', 'a.b_c-D9', '...', '_private', '-', 'x'.repeat(249)])
      expect(codeOf(name)).toBe('ok');
  });

  it.each([
    ['', /empty/],
    ['.', /cannot be/],
    ['..', /cannot be/],
    ['x'.repeat(250), /250 characters, 249/],
    ['a b', /ASCII letters/],
    ['a/b', /ASCII letters/],
    ['naïve', /ASCII letters/],
    ['a\n', /ASCII letters/],
    ['\u0000', /ASCII letters/],
    ['__consumer_offsets', /platform's own/],
  ])('refuses %j and says why', (name, why) => {
    expect(codeOf(name)).toMatch(/^INVALID_TOPIC_EXCEPTION/);
    expect(codeOf(name)).toMatch(why);
  });

  it('accepts exactly the names of the grammar', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...legalCharacters) })),
        (name) => {
          const isLegal =
            /^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..' && !name.startsWith('__');
          expect(validateTopicName(name).ok).toBe(isLegal && !name.includes('\n'));
        },
      ),
    );
  });

  it('never repeats a long or unprintable name in full', () => {
    expect(quoteTopicName('x'.repeat(10_000)).length).toBeLessThan(100);
    expect(quoteTopicName('a\u0007"b')).toBe('"a\\u0007\\"b"');
  });
});

describe('topicCollisionKey', () => {
  it('is equal exactly for names that differ in "." and "_" only', () => {
    expect(topicCollisionKey('a.b_c')).toBe(topicCollisionKey('a_b.c'));
    expect(topicCollisionKey('a-b')).not.toBe(topicCollisionKey('a_b'));
  });
});

describe('object names', () => {
  const part = fc.oneof(fc.string({ maxLength: 4, unit: fc.constantFrom('1', ':', 'a', '2') }), fc.string());
  const ref: fc.Arbitrary<PartitionRef> = fc.record({
    orgId: fc.constant('org'),
    clusterId: part,
    topicId: part,
    partition: fc.nat(1_200),
  });

  it('[I-0c] never map two partitions to one object', () => {
    const sameObject = (left: PartitionRef, right: PartitionRef): boolean =>
      partitionObjectName(left) === partitionObjectName(right);
    fc.assert(
      fc.property(ref, ref, (left, right) => {
        const isSame =
          left.clusterId === right.clusterId && left.topicId === right.topicId && left.partition === right.partition;
        expect(sameObject(left, right)).toBe(isSame);
      }),
      { numRuns: 2_000 },
    );
  });

  it('[I-0c] never map two clusters to one object, nor a cluster to the object of a partition', () => {
    fc.assert(
      fc.property(part, part, ref, (left, right, partition) => {
        const nameOf = (clusterId: string): string => clusterObjectName({ orgId: 'org', clusterId });
        expect(nameOf(left) === nameOf(right)).toBe(left === right);
        expect(nameOf(left)).not.toBe(partitionObjectName(partition));
      }),
    );
  });
});
