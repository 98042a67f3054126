import { defaultCreditBytes, type SubscribeFrame } from '../../contracts/websocket.ts';
import { failed, type Result } from '../../errors/result.ts';
import { limits } from '../../limits.ts';
import { encodeRelayRequest } from '../../relay/relay-request.ts';
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

/** Events that wait for the client's connection; the relay is granted no more while these do. */
const bufferedBytes = 256 * 1024;

/** Credit is granted in pieces of this size, because each wakes the relay. */
const grantBytes = 256 * 1024;

/** Longer than any position. */
const maxFromCharacters = 16_384;

const streamQuery = {
  partition: integer({ min: 0, max: limits.partitionsPerTopic.value - 1, absent: undefined }),
  from: text({ min: 1, max: maxFromCharacters, absent: undefined }),
  as: oneOf(['auto', 'json', 'text', 'base64'], 'auto'),
};

export const streamHandlers = { streamRecords } as const satisfies Record<string, Handler>;

async function streamRecords(c: ApiContext): Promise<Response> {
  const { headers, url } = c.req.raw;
  const format = negotiate(headers, [mediaTypes.eventStream]);
  if (!format.ok) return problemAnswer(format.error);
  const query = readQuery(url, streamQuery);
  if (!query.ok) return problemAnswer(query.error);
  const { partition, from, as } = query.value;
  const opened = await openSubscription(c, {
    id: 'stream',
    from: headers.get('last-event-id') || (from ?? 'latest'),
    credit: defaultCreditBytes,
    as,
    ...(partition === undefined ? {} : { partitions: [partition] }),
  });
  if (!opened.ok) return problemAnswer(opened.error);
  return dataAnswer(eventStream(opened.value), mediaTypes.eventStream);
}

async function openSubscription(
  c: ApiContext,
  frame: Omit<SubscribeFrame, 'type'>,
): Promise<Result<RelaySubscription>> {
  const route = await c.env.routes.find(c.req.param('topic') ?? '');
  if (!route.ok) return route;
  const handshake = new Request(c.req.raw.url, { headers: { upgrade: 'websocket' } });
  const answer = await c.env.relays.connect(encodeRelayRequest(handshake, route.value.topic));
  const socket = answer.webSocket;
  if (socket === null) return failed('UNKNOWN_OUTCOME', 'The relay opened no socket; retry.');
  return RelaySubscription.open(socket, frame);
}

/** The subscription as an endless body. The relay is granted what the client has taken, so that a slow one slows it. */
function eventStream(subscription: RelaySubscription): ReadableStream<Uint8Array> {
  const events = new RecordEvents(subscription.subscribed);
  let takenBytes = 0;
  let timer: ReturnType<typeof setInterval> | undefined;
  let isQuiet = true;
  const end = () => {
    clearInterval(timer);
    subscription.close();
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const send = (bytes: Uint8Array) => {
          isQuiet = false;
          controller.enqueue(bytes);
        };
        const finish = () => {
          end();
          controller.close();
        };
        send(events.opening());
        subscription.listen((event) => {
          if (event.kind === 'records') takenBytes += event.frame.length;
          const bytes = eventBytes(events, event);
          if (bytes !== null) send(bytes);
          if (event.kind === 'failure' || event.kind === 'closed') finish();
          else if ((controller.desiredSize ?? 0) > 0) grantTaken();
        });
        timer = setInterval(() => {
          if (isQuiet && (controller.desiredSize ?? 0) > 0) controller.enqueue(heartbeat);
          isQuiet = true;
        }, heartbeatIntervalMs);
      },
      pull: () => grantTaken(),
      cancel: end,
    },
    new ByteLengthQueuingStrategy({ highWaterMark: bufferedBytes }),
  );

  function grantTaken(): void {
    if (takenBytes < grantBytes) return;
    subscription.grant(takenBytes);
    takenBytes = 0;
  }
}

function eventBytes(events: RecordEvents, event: SubscriptionEvent): Uint8Array | null {
  switch (event.kind) {
    case 'records': {
      const bytes = events.records(event.frame, event.span);
      metrics.count('millrace_bytes_out_total', {}, bytes.length);
      return bytes;
    }
    case 'gap':
      return events.gap(event.gap);
    case 'failure':
      return events.error(event.failure);
    case 'closed':
      return null;
  }
}
