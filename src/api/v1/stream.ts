import { defaultCreditBytes, type SubscribeFrame } from '../../contracts/websocket.ts';
import { failed, type Result } from '../../errors/result.ts';
import { limits } from '../../limits.ts';
import { dataAnswer } from '../answers.ts';
import { mediaTypes, negotiate } from '../media-types.ts';
import { metrics } from '../metrics.ts';
import { problemAnswer } from '../problem.ts';
import { integer, oneOf, readQuery, text } from '../query.ts';
import type { ApiContext, Handler } from '../services.ts';
import { heartbeat, RecordEvents } from './record-events.ts';
import { RelaySubscription, type SubscriptionEvent } from './relay-subscription.ts';

/** Proxies and browsers give up connections that say nothing for a minute or less. */
const heartbeatIntervalMs = 15_000;

/** Credit is granted in pieces of this size, because each wakes the relay. */
const grantBytes = 256 * 1024;

/** Longer than any position. */
const maxFromCharacters = 16_384;

const streamQuery = {
  partition: integer({ min: 0, max: limits.partitionsPerTopic.value - 1, absent: undefined }),
  from: text({ min: 1, max: maxFromCharacters, absent: undefined }),
  as: oneOf(['auto', 'json', 'text', 'base64'], 'auto'),
  isolation: oneOf(['read_uncommitted', 'read_committed'], 'read_uncommitted'),
};

export const streamHandlers = { streamRecords } as const satisfies Record<string, Handler>;

async function streamRecords(c: ApiContext): Promise<Response> {
  const { headers, url } = c.req.raw;
  const format = negotiate(headers, [mediaTypes.eventStream]);
  if (!format.ok) return problemAnswer(format.error);
  const query = readQuery(url, streamQuery);
  if (!query.ok) return problemAnswer(query.error);
  const { partition, from, as, isolation } = query.value;
  const opened = await openSubscription(c, {
    id: 'stream',
    from: headers.get('last-event-id') || (from ?? 'latest'),
    credit: defaultCreditBytes,
    as,
    isolation,
    ...(partition === undefined ? {} : { partitions: [partition] }),
  });
  if (!opened.ok) return problemAnswer(opened.error);
  const { readable, writable } = new IdentityTransformStream();
  // The runtime tells of a client that left only by a write that fails, and only to work it was asked to wait for.
  c.executionCtx.waitUntil(pumpEvents(opened.value, writable.getWriter()));
  return dataAnswer(readable, mediaTypes.eventStream);
}

async function openSubscription(
  c: ApiContext,
  frame: Omit<SubscribeFrame, 'type'>,
): Promise<Result<RelaySubscription>> {
  const route = await c.env.routes.find(c.req.param('topic') ?? '');
  if (!route.ok) return route;
  const handshake = new Request(c.req.raw.url, { headers: { upgrade: 'websocket' } });
  const answer = await c.env.relays.connect(handshake, route.value.topic);
  if (!answer.ok) return answer;
  const socket = answer.value.webSocket;
  if (socket === null) return failed('UNKNOWN_OUTCOME', 'The relay opened no socket; retry.');
  return RelaySubscription.open(socket, frame);
}

/**
 * Writes a subscription's events until it ends or the client leaves. A write waits until the client takes it, and the
 * relay is granted what was written, so that a slow client slows the relay.
 */
async function pumpEvents(subscription: RelaySubscription, writer: WritableStreamDefaultWriter): Promise<void> {
  const write = (bytes: Uint8Array) =>
    writer.write(bytes).then(
      () => true,
      () => false, // The client left: there is nobody to tell.
    );
  try {
    const isThere = await writeEvents(subscription, write);
    if (isThere) await writer.close().catch(() => undefined);
  } catch (thrown) {
    await writer.abort(thrown);
    throw thrown;
  } finally {
    subscription.close();
  }
}

/** Answers whether the client is still there at the end. `write` answers whether it was then. */
async function writeEvents(
  subscription: RelaySubscription,
  write: (bytes: Uint8Array) => Promise<boolean>,
): Promise<boolean> {
  const events = new RecordEvents(subscription.subscribed);
  let isThere = await write(events.opening());
  for (let writtenBytes = 0; isThere; ) {
    const event = await subscription.next(heartbeatIntervalMs);
    if (event?.kind === 'closed') return true;
    isThere = await write(event === null ? heartbeat : eventBytes(events, event));
    if (event?.kind === 'failure') return isThere;
    if (event?.kind === 'records') writtenBytes += event.frame.length;
    if (writtenBytes >= grantBytes) {
      subscription.grant(writtenBytes);
      writtenBytes = 0;
    }
  }
  return false;
}

function eventBytes(events: RecordEvents, event: Exclude<SubscriptionEvent, { kind: 'closed' }>): Uint8Array {
  switch (event.kind) {
    case 'records': {
      const bytes = events.records(event.frame, event.span);
      metrics.count('millrace_bytes_out_total', {}, bytes.length);
      return bytes;
    }
    case 'gap':
      return events.gap(event.gap);
    case 'throttle':
      return events.throttle(event.throttle);
    case 'failure':
      return events.error(event.failure);
  }
}
