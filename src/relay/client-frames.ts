import { type ClientFrame, clientFrameSchema } from '../contracts/websocket.ts';
import { type Failed, failed } from '../errors/result.ts';
import { scanMembers } from '../json/json-object.ts';
import type { JsonSpan } from '../json/json-scanner.ts';
import { decodeUtf8Lossily } from '../json/utf8-text.ts';

/** A frame that was read: its fields, and where its records stand if it has any. */
export type ReadFrame = {
  readonly frame: ClientFrame;
  /** The frame's text in UTF-8. */
  readonly bytes: Uint8Array;
  readonly records: JsonSpan | null;
};

/** Why a frame was not taken. An unreadable one ends the socket: what follows it cannot be trusted either. */
export type RefusedFrame = { readonly id: string | null; readonly failure: Failed; readonly isUnreadable: boolean };

/**
 * Reads a client's frame. `records` is not decoded, because values keep their source text; of a name that comes twice
 * the last counts; unknown fields are ignored.
 */
export function readClientFrame(text: string): { read: ReadFrame } | { refused: RefusedFrame } {
  const bytes = new TextEncoder().encode(text);
  const members = scanMembers(bytes);
  if (!members.ok) return { refused: { id: null, failure: members, isUnreadable: true } };
  const fields = Object.fromEntries(
    frameFields.flatMap((name) => {
      const span = members.value.get(name);
      return span === undefined ? [] : [[name, decode(bytes, span)]];
    }),
  );
  // The records of a credit frame are a number.
  const counted = members.value.get('records');
  if (fields.type === 'credit' && counted !== undefined) fields.records = decode(bytes, counted);
  const id = typeof fields.id === 'string' ? fields.id : null;
  if (typeof fields.type !== 'string') {
    return { refused: { id, failure: failed('INVALID_REQUEST', noType), isUnreadable: true } };
  }
  const parsed = clientFrameSchema.safeParse(fields);
  if (parsed.success) return { read: { frame: parsed.data, bytes, records: members.value.get('records') ?? null } };
  const issue = parsed.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  const message =
    where === 'type'
      ? `There is no frame of type "${fields.type.slice(0, 64)}"; send subscribe, credit, unsubscribe, produce, commit, revoked, acknowledge or ping.`
      : `Field "${where}" of the ${fields.type} frame is wrong: ${issue?.message ?? 'it cannot be read'}.`;
  return { refused: { id, failure: failed('INVALID_REQUEST', message, { field: where }), isUnreadable: false } };
}

/** Every field that a frame can have, but the records. */
const frameFields = [
  'type',
  'id',
  'topic',
  'partitions',
  'from',
  'credit',
  'as',
  'isolation',
  'bytes',
  'group',
  'topics',
  'topics_pattern',
  'member_id',
  'instance_id',
  'assignor',
  'session_timeout_ms',
  'rebalance_timeout_ms',
  'offsets',
  'ref',
  'member_epoch',
  'token',
  'share_group',
  'acknowledgements',
] as const;

const noType = 'A frame is a JSON object with a "type", such as {"type":"subscribe","id":"1","topic":"orders"}.';

function decode(bytes: Uint8Array, { start, end }: JsonSpan): unknown {
  return JSON.parse(decodeUtf8Lossily(bytes.subarray(start, end)));
}
