import { assert } from '../errors/assert.ts';
import type { Failed, Failure, Result } from '../errors/result.ts';
import { ok } from '../errors/result.ts';
import { encodeBase64 } from '../json/base64.ts';
import { decodeBase64 } from '../json/base64-decoder.ts';
import { recordsIn } from '../log/batch-walk.ts';
import type { PartitionRef } from '../log/partition-ref.ts';
import type { ReadFrom, ReadReply } from '../log/partition-rpc.ts';
import type { RemoteSegment } from '../log/remote-segments.ts';
import type { Asked } from './tiered-reader.ts';

/**
 * The partition object's HTTP face, spoken only inside the platform: sockets and pass-through reads need a Response
 * where RPC would copy. Everything is in headers that the edge sets and strips, never in what a client sent.
 */
const refHeader = 'millrace-partition';
const failureHeader = 'millrace-failure';

export type PartitionHttpRequest =
  | {
      readonly verb: 'socket';
      readonly ref: PartitionRef;
      readonly configVersion: number;
      /** On whose behalf the socket is (fast-session.ts). */
      readonly holder: string;
    }
  | {
      readonly verb: 'read';
      readonly ref: PartitionRef;
      readonly configVersion: number;
      readonly from: ReadFrom;
      readonly maxBytes: number;
      readonly currentLeaderEpoch: number;
    };

/** A request to the partition's object; `upgrade` is the client's WebSocket handshake, passed on. */
export function encodePartitionRequest(message: PartitionHttpRequest, upgrade?: Request): Request {
  const headers = new Headers(upgrade?.headers);
  headers.set(refHeader, JSON.stringify(message));
  return new Request('http://partition/', { headers });
}

export function decodePartitionRequest(request: Request): PartitionHttpRequest | null {
  const text = request.headers.get(refHeader);
  return text === null ? null : (JSON.parse(text) as PartitionHttpRequest);
}

/** A failure on its way back over the HTTP face. */
export function encodeFailure(failure: Failure): Response {
  return new Response(null, { status: 500, headers: { [failureHeader]: encodeURIComponent(JSON.stringify(failure)) } });
}

/** What the partition's object answered: a response to pass on, or a failure as a value. */
export function decodeResponse(response: Response): Result<Response> {
  const text = response.headers.get(failureHeader);
  if (text === null) return ok(response);
  const failure: Failed = { ok: false, error: JSON.parse(decodeURIComponent(text)) as Failure };
  return failure;
}

/** Where a pass-through read says what it covers; the batches are the body. */
export const readHeaders = {
  startOffset: 'millrace-start-offset',
  nextOffset: 'millrace-next-offset',
  highWatermark: 'millrace-high-watermark',
  logStartOffset: 'millrace-log-start-offset',
  lastStableOffset: 'millrace-last-stable-offset',
  leaderEpoch: 'millrace-leader-epoch',
  recordCount: 'millrace-record-count',
} as const;

/** Set when the body is a plan and no batches. */
const planHeader = 'millrace-plan';

/** A read's batches as a stream that was not looked at, and the offsets that go with them. */
export type ReadThrough = Omit<ReadReply, 'batches' | 'plan'> & { readonly response: Response };

/** A read as the partition's object answers it, or as an edge that read objects for it would. */
export function encodeReadReply(reply: ReadReply): Response {
  const { batches, startOffset, nextOffset, highWatermark, logStartOffset, lastStableOffset, leaderEpoch, plan } =
    reply;
  const headers = {
    [readHeaders.startOffset]: String(startOffset),
    [readHeaders.nextOffset]: String(nextOffset),
    [readHeaders.highWatermark]: String(highWatermark),
    [readHeaders.logStartOffset]: String(logStartOffset),
    [readHeaders.lastStableOffset]: String(lastStableOffset),
    [readHeaders.leaderEpoch]: String(leaderEpoch),
  };
  if (plan === undefined) {
    const length = {
      'content-length': String(batches.length),
      [readHeaders.recordCount]: String(recordsIn(batches)),
    };
    return new Response(batches as Uint8Array<ArrayBuffer>, { headers: { ...headers, ...length } });
  }
  const segments = plan.segments.map((segment) => ({ ...segment, index: encodeBase64(segment.index) }));
  return Response.json({ ...plan, segments }, { headers: { ...headers, [planHeader]: '1' } });
}

/** The batches to pass on, or the plan to follow. */
export async function decodeReadReply(response: Response): Promise<Asked<ReadThrough>> {
  const offset = (name: string) => Number(response.headers.get(name));
  const offsets = {
    startOffset: offset(readHeaders.startOffset),
    nextOffset: offset(readHeaders.nextOffset),
    highWatermark: offset(readHeaders.highWatermark),
    logStartOffset: offset(readHeaders.logStartOffset),
    lastStableOffset: offset(readHeaders.lastStableOffset),
    leaderEpoch: offset(readHeaders.leaderEpoch),
  };
  if (response.headers.get(planHeader) === null) return { local: { ...offsets, response } };
  type PlanJson = Omit<NonNullable<ReadReply['plan']>, 'segments'> & {
    readonly segments: readonly (Omit<RemoteSegment, 'index'> & { readonly index: string })[];
  };
  const { segments, ...rest } = (await response.json()) as PlanJson;
  const plan = { ...rest, segments: segments.map((segment) => ({ ...segment, index: decodeIndex(segment.index) })) };
  return { planned: { ...offsets, batches: new Uint8Array(0), plan } };
}

function decodeIndex(text: string): Uint8Array {
  const index = decodeBase64(new TextEncoder().encode(text));
  assert(index !== null, 'a plan carries its indexes in base64');
  return index;
}
