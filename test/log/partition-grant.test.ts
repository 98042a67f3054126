import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grantText, signGrant, verifyGrant } from '../../src/log/partition-grant.ts';
import type { PartitionGrant } from '../../src/log/partition-rpc.ts';
import { HmacSigner } from '../../src/platform/cloudflare/hmac-signer.ts';
import { topicConfigOf } from '../../src/topics/topic-config.ts';

const signer = new HmacSigner('secret');
const unsigned: Omit<PartitionGrant, 'signature'> = {
  ref: { orgId: 'org', clusterId: 'cluster', topicId: 'topic-id', partition: 3 },
  topic: 'orders',
  config: topicConfigOf({}),
  configVersion: 7,
  expiresAtMs: 1_000,
};
const grant = signGrant(unsigned, signer);

describe('partition grants', () => {
  it('are believed until they expire', () => {
    expect(verifyGrant(grant, signer, 1_000)).toEqual({ ok: true, value: null });
    expect(verifyGrant(grant, signer, 1_001)).toMatchObject({ ok: false, error: { code: 'GRANT_REQUIRED' } });
    expect(verifyGrant(grant, new HmacSigner('another'), 0)).toMatchObject({
      ok: false,
      error: { code: 'WRONG_OBJECT' },
    });
  });

  it('[I-0a] are not believed when any field was changed', () => {
    const forged: PartitionGrant[] = [
      { ...grant, topic: 'other' },
      { ...grant, configVersion: 8 },
      { ...grant, expiresAtMs: 2_000 },
      { ...grant, config: { ...grant.config, retentionMs: 1 } },
      { ...grant, config: { ...grant.config, cleanupPolicy: 'compact' } },
      { ...grant, ref: { ...grant.ref, orgId: 'cluster', clusterId: 'org' } },
      { ...grant, ref: { ...grant.ref, topicId: 'topic-i', partition: 3 } },
      { ...grant, ref: { ...grant.ref, partition: 4 } },
      { ...grant, signature: signer.sign(`${grantText(grant)} `) },
    ];
    for (const each of forged) expect(verifyGrant(each, signer, 0).ok).toBe(false);
  });

  it('do not depend on the order in which the config travelled', () => {
    const reversed = Object.fromEntries(Object.entries(grant.config).reverse()) as unknown as PartitionGrant['config'];
    expect(verifyGrant({ ...grant, config: reversed }, signer, 0).ok).toBe(true);
  });

  it('have one text a grant: texts are equal exactly when all fields are', () => {
    const name = fc.string({ maxLength: 3, unit: fc.constantFrom('a', '"', ',', '[', ']', '\\', '1') });
    const fields = fc.tuple(name, name, name, fc.nat(3), name, fc.nat(3), fc.nat(3));
    const textOf = ([orgId, clusterId, topicId, partition, topic, configVersion, expiresAtMs]: [
      string,
      string,
      string,
      number,
      string,
      number,
      number,
    ]): string =>
      grantText({
        ref: { orgId, clusterId, topicId, partition },
        topic,
        config: grant.config,
        configVersion,
        expiresAtMs,
      });
    fc.assert(
      fc.property(fields, fields, (left, right) => {
        expect(textOf(left) === textOf(right)).toBe(JSON.stringify(left) === JSON.stringify(right));
      }),
      { numRuns: 2_000 },
    );
  });
});
