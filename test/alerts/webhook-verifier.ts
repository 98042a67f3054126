import { createHmac, timingSafeEqual } from 'node:crypto';

/** A receiver may refuse what is older, or comes from the future. */
const toleranceSeconds = 5 * 60;

/**
 * Verifies a webhook as the specification of Standard Webhooks has receivers do it, without any code of the platform:
 * HMAC-SHA256 of `id.timestamp.body` under the decoded secret; one signature of the list that fits is enough.
 */
export function verifyWebhook(
  secret: string,
  headers: Readonly<Record<string, string | undefined>>,
  body: string,
  nowMs: number,
): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': given } = headers;
  if (id === undefined || timestamp === undefined || given === undefined || !/^\d+$/.test(timestamp)) return false;
  if (Math.abs(nowMs / 1_000 - Number(timestamp)) > toleranceSeconds) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest();
  return given.split(' ').some((one) => {
    const [version, signature = ''] = one.split(',');
    const bytes = Buffer.from(signature, 'base64');
    return version === 'v1' && bytes.length === expected.length && timingSafeEqual(bytes, expected);
  });
}
