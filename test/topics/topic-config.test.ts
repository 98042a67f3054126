import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changeTopicConfig, topicConfigOf, topicConfigStrings } from '../../src/topics/topic-config.ts';
import { javaLongMax, topicConfigKeys } from '../../src/topics/topic-config-keys.ts';

const kafkaDefaults = {
  'cleanup.policy': 'delete',
  'compression.type': 'producer',
  'delete.retention.ms': '86400000',
  'max.compaction.lag.ms': '9223372036854775807',
  'max.message.bytes': '1048588',
  'message.timestamp.after.max.ms': '3600000',
  'message.timestamp.before.max.ms': '9223372036854775807',
  'message.timestamp.type': 'CreateTime',
  'min.cleanable.dirty.ratio': '0.5',
  'min.compaction.lag.ms': '0',
  'retention.bytes': '-1',
  'retention.ms': '604800000',
  'segment.bytes': '1073741824',
  'segment.ms': '604800000',
};

const ownDefaults = { 'millrace.tiering': 'true' };

const setOne = (key: string, value: string): string => {
  const changed = changeTopicConfig({}, { [key]: value });
  return changed.ok ? (changed.value[key] ?? '') : `${changed.error.code}: ${changed.error.message}`;
};

describe('topic configs', () => {
  it("are Kafka 4's keys with Kafka 4's defaults, and our own under our name", () => {
    expect(topicConfigStrings(topicConfigOf({}))).toEqual({ ...kafkaDefaults, ...ownDefaults });
  });

  it('have one field a key, one key a field, and a sentence of explanation each', () => {
    expect(new Set(topicConfigKeys.map((entry) => entry.field)).size).toBe(topicConfigKeys.length);
    expect(new Set(topicConfigKeys.map((entry) => entry.key)).size).toBe(topicConfigKeys.length);
    expect(Object.keys(topicConfigOf({})).length).toBe(15);
    for (const { key, field, description } of topicConfigKeys) {
      expect(description).toMatch(/^[A-Z].*\.$/);
      expect(field.toLowerCase()).toBe(key.replaceAll('.', ''));
    }
  });

  it.each([
    ['cleanup.policy', 'delete, compact', 'compact,delete'],
    ['cleanup.policy', 'compact', 'compact'],
    ['retention.ms', ' 1000 ', '1000'],
    ['retention.ms', '+7', '7'],
    ['retention.ms', '-1', '-1'],
    ['retention.ms', javaLongMax, javaLongMax],
    ['min.compaction.lag.ms', '-0', '0'],
    ['max.message.bytes', '1900000', '1900000'],
    ['max.message.bytes', '0', '0'],
    ['min.cleanable.dirty.ratio', '.25', '0.25'],
    ['min.cleanable.dirty.ratio', '1e-2', '0.01'],
    ['message.timestamp.type', 'LogAppendTime', 'LogAppendTime'],
  ])('accept %s=%j as %j', (key, value, kept) => {
    expect(setOne(key, value)).toBe(kept);
  });

  it.each([
    ['cleanup.policy', ''],
    ['cleanup.policy', 'compact,purge'],
    ['compression.type', 'brotli'],
    ['retention.ms', '-2'],
    ['retention.ms', '1.5'],
    ['retention.ms', '1e3'],
    ['retention.ms', ''],
    ['retention.ms', '0x10'],
    ['retention.ms', '9007199254740992'],
    ['retention.ms', '9223372036854775808'],
    ['max.message.bytes', '1900001'],
    ['max.message.bytes', javaLongMax],
    ['segment.bytes', '1048575'],
    ['segment.bytes', '2147483648'],
    ['segment.ms', '0'],
    ['message.timestamp.type', 'createtime'],
    ['min.cleanable.dirty.ratio', '1.01'],
    ['min.cleanable.dirty.ratio', 'NaN'],
    ['min.cleanable.dirty.ratio', 'Infinity'],
  ])('refuse %s=%j by name, with what is allowed', (key, value) => {
    expect(setOne(key, value)).toMatch(/^INVALID_CONFIG: /);
    expect(setOne(key, value)).toContain(key);
    expect(setOne(key, value)).toContain('it takes');
  });

  it('refuse an unknown key by name and offer the nearest one', () => {
    expect(setOne('retention.m', '1')).toBe(
      'INVALID_CONFIG: Unknown topic config "retention.m". Did you mean retention.ms?',
    );
    expect(setOne('retentionMs', '1')).toContain('Did you mean retention.ms?');
    expect(setOne('max_message_bytes', '1')).toContain('Did you mean max.message.bytes?');
    expect(setOne('min.insync.replicas', '1')).toBe('INVALID_CONFIG: Unknown topic config "min.insync.replicas".');
    expect(setOne('constructor', '1')).toContain('Unknown topic config "constructor"');
    expect(setOne('k'.repeat(100_000), '1').length).toBeLessThan(200);
  });

  it('refuse a minimum compaction lag above the maximum', () => {
    const changed = changeTopicConfig({ 'max.compaction.lag.ms': '10' }, { 'min.compaction.lag.ms': '11' });
    expect(changed).toMatchObject({ ok: false, error: { code: 'INVALID_CONFIG' } });
  });

  it('take an override away with null, and apply all changes or none', () => {
    const overrides = { 'retention.ms': '5', 'segment.ms': '6' };
    expect(changeTopicConfig(overrides, { 'retention.ms': null, 'segment.bytes': '2000000' })).toEqual({
      ok: true,
      value: { 'segment.bytes': '2000000', 'segment.ms': '6' },
    });
    expect(changeTopicConfig(overrides, { 'retention.ms': null, 'segment.ms': 'x' }).ok).toBe(false);
    expect(changeTopicConfig(overrides, { 'no.such.key': null }).ok).toBe(false);
    expect(overrides).toEqual({ 'retention.ms': '5', 'segment.ms': '6' });
  });

  it('come back as they were set, whatever they are', () => {
    const settings = fc.record(
      {
        // The largest safe integer is how "no limit" is kept, and comes back as Kafka spells that.
        'retention.ms': fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER - 1 }).map(String),
        'min.cleanable.dirty.ratio': fc.double({ min: 0, max: 1, noNaN: true }).map(String),
        'segment.bytes': fc.integer({ min: 1_048_576, max: 2_147_483_647 }).map(String),
        'message.timestamp.type': fc.constantFrom('CreateTime', 'LogAppendTime'),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(settings, (given) => {
        const changed = changeTopicConfig({}, given);
        expect(changed.ok).toBe(true);
        if (!changed.ok) return;
        const strings = topicConfigStrings(topicConfigOf(changed.value));
        const again = changeTopicConfig({}, strings);
        expect(again.ok && topicConfigOf(again.value)).toEqual(topicConfigOf(changed.value));
        for (const key of Object.keys(given))
          expect(Number(strings[key])).toEqual(Number(given[key as keyof typeof given]));
      }),
    );
  });
});
