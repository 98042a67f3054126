import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { conditionSentence, renderAmount } from '../../src/alerts/alert-sentence.ts';
import { deliveryAttemptsMax, isDelivered, nextAttemptAtMs } from '../../src/alerts/delivery-schedule.ts';
import { newWebhookSecret, signedHeaders } from '../../src/alerts/webhook-signature.ts';
import { nodeKeyedHash } from '../../src/platform/cloudflare/node-keyed-hash.ts';
import { verifyWebhook } from './webhook-verifier.ts';

const nowMs = 1_795_000_000_000;
const secret = newWebhookSecret(randomBytes);
const message = { id: 'msg_1', body: '{"type":"alert.firing","text":"ü"}', nowMs };

describe('the signature of a webhook', () => {
  test('is the one that the specification gives for its example', () => {
    const example = {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      body: '{"test": 2432232314}',
      nowMs: 1_614_265_330_000,
    };
    const headers = signedHeaders(nodeKeyedHash, ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'], example);
    expect(headers).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  test('verifies under its secret, and under no other; nor another body, id or time', () => {
    const headers = signedHeaders(nodeKeyedHash, [secret], message);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(verifyWebhook(secret, headers, message.body, nowMs)).toBe(true);
    expect(verifyWebhook(newWebhookSecret(randomBytes), headers, message.body, nowMs)).toBe(false);
    expect(verifyWebhook(secret, headers, `${message.body} `, nowMs)).toBe(false);
    expect(verifyWebhook(secret, { ...headers, 'webhook-id': 'msg_2' }, message.body, nowMs)).toBe(false);
    expect(verifyWebhook(secret, { ...headers, 'webhook-timestamp': '1795000001' }, message.body, nowMs)).toBe(false);
    expect(verifyWebhook(secret, headers, message.body, nowMs + 6 * 60_000)).toBe(false);
  });

  test('verifies under either of two secrets while one follows the other', () => {
    const old = newWebhookSecret(randomBytes);
    const headers = signedHeaders(nodeKeyedHash, [secret, old], message);
    expect([secret, old].map((one) => verifyWebhook(one, headers, message.body, nowMs))).toEqual([true, true]);
  });
});

describe('attempts at a delivery', () => {
  const now = { nowMs: 0, random: 0 };

  test('come further and further apart, and end', () => {
    const pauses: (number | null)[] = [];
    for (let attempts = 1; attempts <= deliveryAttemptsMax; attempts += 1) {
      pauses.push(nextAttemptAtMs(attempts, { status: 500 }, now));
    }
    expect(pauses.pop()).toBeNull();
    expect(pauses).toEqual(pauses.toSorted((one, other) => one! - other!));
    expect(new Set(pauses).size).toBe(deliveryAttemptsMax - 1);
    expect(nextAttemptAtMs(1, { status: 500 }, { nowMs: 0, random: 1 })).toBeGreaterThan(pauses[0]!);
  });

  test('end at once where the receiver is gone for good, or may not be called', () => {
    expect(nextAttemptAtMs(1, { status: 410 }, now)).toBeNull();
    expect(nextAttemptAtMs(1, { error: 'may not be called', isFinal: true }, now)).toBeNull();
    expect(nextAttemptAtMs(1, { error: 'cannot be reached', isFinal: false }, now)).not.toBeNull();
  });

  test.each([
    [200, true],
    [204, true],
    [302, false],
    [404, false],
    [500, false],
  ])('are delivered by a status of two hundred: %i %s', (status, delivered) => {
    expect(isDelivered({ status })).toBe(delivered);
  });
});

test.each([
  ['lag', 1_234, '1,234 records'],
  ['lag_ms', 5_400_000, '1 h 30 min'],
  ['lag_ms', 400, '400 ms'],
  ['records_in_per_second', 0.25, '0.25 records/s'],
  ['bytes_in_per_second', 1_500_000, '1.5 MB/s'],
  ['stored_bytes', 0, '0 B'],
  ['stored_bytes', 2_000_000_000, '2 GB'],
  ['budget_percent', 83.4, '83%'],
] as const)('amounts are for people: %s %d is %s', (metric, value, text) => {
  expect(renderAmount(metric, value)).toBe(text);
});

test('a rule is a sentence', () => {
  const common = { comparison: 'above', resolveAfterMs: 0 } as const;
  const target = { type: 'group', name: 'billing', pattern: 'literal' } as const;
  expect(conditionSentence({ ...common, metric: 'lag', target, threshold: 1_000, forMs: 300_000 })).toBe(
    'lag of group billing above 1,000 records for 5 min',
  );
  const topics = { type: 'topic', name: 'web-', pattern: 'prefixed' } as const;
  expect(
    conditionSentence({
      ...common,
      comparison: 'below',
      metric: 'records_in_per_second',
      target: topics,
      threshold: 1,
      forMs: 0,
    }),
  ).toBe('records into topics web-* below 1 records/s');
});
