import { type ClientFrame, clientFrameSchema } from '../contracts/websocket.ts';
import { type Failed, failed, ok, type Result } from '../errors/result.ts';
import { JsonScanner, type JsonSpan } from '../json/json-scanner.ts';

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
  const members = readMembers(bytes);
  if (!members.ok) return { refused: { id: null, failure: members, isUnreadable: true } };
  const { fields, records } = members.value;
  const id = typeof fields.id === 'string' ? fields.id : null;
  if (typeof fields.type !== 'string') {
    return { refused: { id, failure: failed('INVALID_REQUEST', noType), isUnreadable: true } };
  }
  const parsed = clientFrameSchema.safeParse(fields);
  if (parsed.success) return { read: { frame: parsed.data, bytes, records } };
  const issue = parsed.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  const message =
    where === 'type'
      ? `There is no frame of type "${fields.type.slice(0, 64)}"; send subscribe, credit, unsubscribe, produce or ping.`
      : `Field "${where}" of the ${fields.type} frame is wrong: ${issue?.message ?? 'it cannot be read'}.`;
  return { refused: { id, failure: failed('INVALID_REQUEST', message, { field: where }), isUnreadable: false } };
}

const noType = 'A frame is a JSON object with a "type", such as {"type":"subscribe","id":"1","topic":"orders"}.';

type Members = { readonly fields: Readonly<Record<string, unknown>>; readonly records: JsonSpan | null };

function readMembers(bytes: Uint8Array): Result<Members> {
  const scanner = new JsonScanner(bytes);
  const fields: Record<string, unknown> = Object.create(null);
  let records: JsonSpan | null = null;
  scanner.enterObject();
  for (let isFirst = true; scanner.nextMember(isFirst); isFirst = false) {
    const name = String(decode(bytes, scanner.nameStart, scanner.nameEnd));
    scanner.peek();
    const start = scanner.position;
    if (!scanner.skipValue()) break;
    if (name === 'records') records = { start, end: scanner.position };
    else fields[name] = decode(bytes, start, scanner.position);
  }
  return scanner.finish() ? ok({ fields, records }) : scanner.failure();
}

function decode(bytes: Uint8Array, start: number, end: number): unknown {
  return JSON.parse(new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(bytes.subarray(start, end)));
}
