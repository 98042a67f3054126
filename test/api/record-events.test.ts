import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecordEvents } from '../../src/api/v1/record-events.ts';
import type { SubscribedFrame } from '../../src/contracts/websocket.ts';
import { scanMembers } from '../../src/json/json-object.ts';
import { encodePosition, parsePosition } from '../../src/relay/position.ts';
import { readEvents } from '../support/event-stream.ts';

const topicId = '0198f1d2-5b3c-7a10-8e4f-0123456789ab';

function subscribedAt(...offsets: number[]): SubscribedFrame {
  const entries = offsets.map((from, partition) => [
    String(partition),
    { from, high_watermark: 99, log_start_offset: 0 },
  ]);
  return {
    type: 'subscribed',
    id: 'a',
    topic: 'flights',
    partitions: Object.fromEntries(entries),
    position: encodePosition(topicId, offsets.entries()),
  };
}

/** A frame's events as a client reads them, with the offsets that each id stands for. */
async function eventsOf(bytes: Uint8Array) {
  const events = [];
  for await (const event of readEvents(new Blob([bytes.slice()]).stream())) {
    const position = parsePosition(event.id);
    events.push({ ...event, offsets: position.ok ? [...position.value.offsets] : null });
  }
  return events;
}

function recordsOf(events: RecordEvents, frame: string): Uint8Array {
  const bytes = new TextEncoder().encode(frame);
  const members = scanMembers(bytes);
  if (!members.ok) throw new Error(members.error.message);
  const numberOf = (name: string) => Number(JSON.parse(frame)[name]);
  const records = members.value.get('records');
  if (records === undefined) throw new Error('no records');
  return events.records(bytes, { partition: numberOf('partition'), to: numberOf('to'), records });
}

describe('events of records', () => {
  it('begin with an id alone, so that a reader without a record resumes', async () => {
    const events = await eventsOf(new RecordEvents(subscribedAt(3, 0)).opening());
    expect(events).toMatchObject([{ data: '', offsets: [[0, 3]] }]);
  });

  it('carry the position after each record, in all partitions', async () => {
    const events = new RecordEvents(subscribedAt(3, 7));
    const first = await eventsOf(
      recordsOf(
        events,
        '{"partition":0,"from":3,"to":5,"records":[{"offset":3,"value":"a"},{"offset":4,"value":"b"}]}',
      ),
    );
    expect(first).toMatchObject([
      {
        type: 'message',
        data: '{"offset":3,"value":"a"}',
        offsets: [
          [0, 4],
          [1, 7],
        ],
      },
      {
        data: '{"offset":4,"value":"b"}',
        offsets: [
          [0, 5],
          [1, 7],
        ],
      },
    ]);
    const second = await eventsOf(recordsOf(events, '{"partition":1,"from":7,"to":8,"records":[{"offset":7}]}'));
    expect(second).toMatchObject([
      {
        offsets: [
          [0, 5],
          [1, 8],
        ],
      },
    ]);
  });

  it('move past offsets that hold no record', async () => {
    const events = new RecordEvents(subscribedAt(0));
    const seen = await eventsOf(recordsOf(events, '{"partition":0,"from":0,"to":9,"records":[{"offset":2}]}'));
    expect(seen).toMatchObject([
      { data: '{"offset":2}', offsets: [[0, 3]] },
      { data: '', offsets: [[0, 9]] },
    ]);
    const empty = await eventsOf(recordsOf(events, '{"partition":0,"from":9,"to":12,"records":[]}'));
    expect(empty).toMatchObject([{ data: '', offsets: [[0, 12]] }]);
  });

  it('say why nothing comes for a while', async () => {
    const throttle = { throttle_ms: 900, code: 'THROTTLING_QUOTA_EXCEEDED', message: 'wait' };
    const bytes = new RecordEvents(subscribedAt(0)).throttle({ type: 'throttle', id: 'a', ...throttle });
    expect(new TextDecoder().decode(bytes)).toBe(`event: throttle\ndata: ${JSON.stringify(throttle)}\n\n`);
  });

  it('are one line each, and say the same JSON', async () => {
    const value = fc.json({ maxDepth: 3 }).map((json) => JSON.stringify(JSON.parse(json), null, '\r\n'));
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 5 }), async (values) => {
        const texts = values.map((json, offset) => `{"offset":${offset},"value":${json}, "note":"zürich ☃ \\n"}`);
        const frame = `{"partition":0,"from":0,"to":${values.length},"records":[${texts.join(',')}]}`;
        const seen = await eventsOf(recordsOf(new RecordEvents(subscribedAt(0)), frame));
        expect(seen.map(({ data }) => JSON.parse(data))).toEqual(texts.map((each) => JSON.parse(each)));
        for (const { data } of seen) expect(data).not.toMatch(/[\r\n]/);
      }),
    );
  });

  it('tell of a gap, and continue behind it', async () => {
    const events = new RecordEvents(subscribedAt(1));
    const gap = { type: 'gap', id: 'a', partition: 0, from: 1, to: 6, reason: 'retention' } as const;
    const seen = await eventsOf(events.gap(gap));
    expect(seen).toMatchObject([
      { type: 'gap', data: '{"partition":0,"from":1,"to":6,"reason":"retention"}', offsets: [[0, 6]] },
    ]);
  });

  it('end with what went wrong, at the last position', async () => {
    const events = new RecordEvents(subscribedAt(1));
    const seen = await eventsOf(events.error({ code: 'UNKNOWN_TOPIC_OR_PARTITION', message: 'deleted' }));
    expect(seen).toMatchObject([{ type: 'error', data: '{"code":"UNKNOWN_TOPIC_OR_PARTITION","message":"deleted"}' }]);
  });
});
