import type { Principal } from '../authorization/principal.ts';
import { accountOf, isMetered } from '../authorization/principal.ts';
import { credentialIsOver, type PrincipalAuthority } from '../authorization/principal-authority.ts';
import { PrincipalWatch } from '../authorization/principal-watch.ts';
import type { QuotaGate } from '../authorization/quota-gate.ts';
import { type Failed, type Failure, failed, type Result } from '../errors/result.ts';
import { recordsIn } from './batch-walk.ts';
import {
  clientFrame,
  encodeErrorFrame,
  encodeGapFrame,
  encodeRecordsFrame,
  encodeSubscribedFrame,
  noCorrelation,
  subscribeCommittedFlag,
  subscribeEarliest,
  subscribeFrameBytes,
  subscribeLatest,
} from './fast-door-frames.ts';
import { FastQuotas } from './fast-quotas.ts';
import { type FastAttachment, FastSession, type FastSubscription, noHolder } from './fast-session.ts';
import { offsetOutOfRange } from './partition-read.ts';
import type { AppendReply } from './partition-rpc.ts';
import type { BatchesRead } from './remote-segment-reader.ts';
import type { LogRow } from './segment-store.ts';
import { committedBatches } from './transactions/aborted-ranges.ts';
import type { AbortedTransaction } from './transactions/open-transaction.ts';
import { stretchesByDay, type UsageCounts } from './usage/usage-counts.ts';
import { readInt32, readInt64 } from './varint.ts';

/** One push frame carries about this much, so that a reader far behind does not hold up the object for long. */
const pushFrameBytes = 256 * 1024;

/** What is pushed to one reader before other work of the object gets its turn. */
const pushTurnBytes = 1024 * 1024;

/** More credit than this is not remembered: it bounds what may wait in a socket that does not drain. */
const creditBytesMax = 16 * 1024 * 1024;

/** What the fast door needs of a socket; a Durable Object's WebSocket is one. The attachment survives hibernation. */
export interface FastSocket {
  send(frame: Uint8Array<ArrayBuffer>): void;
  close(code: number, reason: string): void;
  serializeAttachment(attachment: FastAttachment): void;
  deserializeAttachment(): FastAttachment;
}

/** What the fast door needs of the partition. */
export interface FastDoorLog {
  readonly topic: string;
  readonly authority: PrincipalAuthority;
  readonly quotas: QuotaGate;
  /** Told of what a principal was refused, for its organization's audit log. */
  refused(principal: Principal, action: string, resource: string): void;
  /** Told of records that were sent to somebody whose usage is counted, by key or member. */
  sent(keyId: string, counts: Partial<UsageCounts>, atMs?: number): void;
  pause(ms: number): Promise<void>;
  nowMs(): number;
  readonly highWatermark: number;
  /** Below it every transaction is decided. */
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  /** Nothing at or above `endOffset` is read. */
  read(offset: number, maxBytes: number, endOffset: number): Result<BatchesRead>;
  /** Aborted transactions that reach into these offsets, the last exclusive. */
  aborted(from: number, to: number): readonly AbortedTransaction[];
  /** Whether `offset` was moved to an object, and {@link FastDoorLog.readRemote} finds it. */
  isRemote(offset: number): boolean;
  readRemote(offset: number, maxBytes: number): Promise<Result<BatchesRead>>;
  /** Checks and queues one request; `settle` is called once, when it is written or refused. */
  submit(
    payload: ({ looseRecords: Uint8Array } | { batches: Uint8Array }) & { readonly keyId: string },
    settle: (outcome: Result<AppendReply>) => void,
  ): void;
  /** Lets other work of the object have its turn. */
  yieldTurn(): Promise<void>;
}

/** The binary WebSocket door of one partition: produce frames in, acks and pushed batches out. */
export class FastDoor<Socket extends FastSocket> {
  readonly #log: FastDoorLog;
  readonly #sessions = new Map<Socket, FastSession>();
  readonly #unsentAcks = new Map<Socket, FastSession>();
  readonly #sockets = new WeakMap<FastSession, Socket>();
  readonly #watch: PrincipalWatch<FastSession>;
  readonly #quotas: FastQuotas;

  constructor(log: FastDoorLog) {
    this.#log = log;
    this.#watch = new PrincipalWatch<FastSession>({
      authority: log.authority,
      nowMs: () => log.nowMs(),
      // A socket's frame, or a flush, is under way, and the object stays for it.
      keepAlive: () => {},
      holders: () => this.#sessions.values(),
      end: (session) =>
        this.#endSession(session, credentialIsOver().error, 4401, 'the credential has expired or was revoked'),
      refuse: (session, failure) =>
        this.#endSession(session, failure, 4429, 'there are too many connections; see the error before'),
      resume: (session) => this.#resume(session),
      wasOpen: (session, fromMs, toMs) => this.#wasOpen(session, fromMs, toMs),
    });
    this.#quotas = new FastQuotas({
      gate: log.quotas,
      topic: log.topic,
      pause: (ms) => log.pause(ms),
      send: (session, frame) => this.#sendTo(session, (socket) => this.#send(socket, frame)),
      end: (session, failure) => this.#sendTo(session, (socket) => this.#endSubscription(socket, session, failure)),
      resume: (session) => this.#resume(session),
    });
  }

  /** Takes up a new socket, on behalf of `holder` (fast-session.ts). */
  open(socket: Socket, holder: string = noHolder): void {
    const session = FastSession.begin(holder, this.#log.nowMs());
    this.#take(socket, session);
    if (holder !== noHolder) socket.serializeAttachment(session.attachment);
  }

  /** Takes up a socket that outlived the object's memory. */
  restore(socket: Socket): void {
    const session = FastSession.restore(socket.deserializeAttachment());
    const { subscription } = session;
    this.#take(socket, session);
    const { highWatermark, logStartOffset } = this.#log;
    if (subscription === null || subscription.next <= highWatermark) return;
    // The log lost what this reader has seen: new records at those offsets must not pass for the ones that follow.
    this.#setSubscription(socket, session, null);
    this.#refuse(socket, offsetOutOfRange(subscription.next, { logStartOffset, highWatermark }).error);
  }

  #take(socket: Socket, session: FastSession): void {
    this.#sessions.set(socket, session);
    this.#sockets.set(session, socket);
    this.#watch.add(session);
  }

  close(socket: Socket): void {
    // The socket's end may be what woke the object, which then did not find it among the open ones.
    const session = this.#sessions.get(socket) ?? FastSession.restore(socket.deserializeAttachment());
    session.isClosed = true;
    this.#sessions.delete(socket);
    this.#sockets.set(session, socket);
    this.#unsentAcks.delete(socket);
    this.#watch.removed(session);
  }

  /** Ends a socket of a partition that cannot be served, with the reason. */
  dismiss(socket: Socket, failure: Failure): void {
    if (!this.#sessions.has(socket)) return;
    this.#refuse(socket, failure);
    this.close(socket);
    // The cluster may say that the topic was deleted before it has told the partition: there is nothing to come back to.
    if (failure.code === 'UNKNOWN_TOPIC_ID') socket.close(4404, 'the topic was deleted');
    else socket.close(1012, 'the partition cannot be served; see the error before');
  }

  /** Ends every socket, because the topic was deleted. */
  closeAll(): void {
    for (const socket of this.#sessions.keys()) socket.close(4404, 'the topic was deleted');
    this.#sessions.clear();
    this.#unsentAcks.clear();
  }

  /** Somebody's rights were taken; answers whether any socket here is left that has some. */
  rightsTaken(): Promise<Result<boolean>> {
    return this.#watch.lookAgain();
  }

  onFrame(socket: Socket, frame: Uint8Array): void {
    this.#watch.touch();
    const session = this.#sessions.get(socket);
    if (session?.isHeld === true) void this.#watch.settled(session).then(() => this.#onVouched(socket, frame));
    else if (session !== undefined) this.#onFrame(socket, session, frame);
  }

  /** A frame that waited until somebody vouched for its sender, or nobody did in time. */
  #onVouched(socket: Socket, frame: Uint8Array): void {
    const session = this.#sessions.get(socket);
    if (session === undefined) return;
    if (session.isHeld) this.#refuse(socket, unvouched().error);
    else this.#onFrame(socket, session, frame);
  }

  #endSession(session: FastSession, failure: Failure, code: number, reason: string): void {
    const socket = this.#sockets.get(session);
    if (socket === undefined) return;
    this.#refuse(socket, failure);
    this.close(socket);
    socket.close(code, reason);
  }

  #onFrame(socket: Socket, session: FastSession, frame: Uint8Array): void {
    if (session.principal.quotas === undefined) this.#handle(socket, session, frame);
    else this.#quotas.admit(session, frame, () => this.#handle(socket, session, frame));
  }

  #handle(socket: Socket, session: FastSession, frame: Uint8Array): void {
    const isUnderstood = frame.length > 0 && this.#dispatch(socket, session, frame);
    if (!isUnderstood) socket.close(4400, 'a frame that cannot be read; see docs/websocket.md');
  }

  /** After a flush: acks of every socket in one frame each, and the new row to every reader that waits for it. */
  onFlush(rows: readonly LogRow[]): void {
    this.#watch.touch();
    for (const [socket, session] of this.#unsentAcks) this.#send(socket, session.acks.take());
    this.#unsentAcks.clear();
    for (const row of rows) this.#broadcast(row);
  }

  #dispatch(socket: Socket, session: FastSession, frame: Uint8Array): boolean {
    const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
    switch (frame[0]) {
      case clientFrame.produceBatches:
      case clientFrame.produceRecords:
        if (frame.length < 5) return false;
        this.#produce(socket, session, view.getUint32(1), frame);
        return true;
      case clientFrame.subscribe:
        if (frame.length < subscribeFrameBytes) return false;
        this.#subscribe(socket, session, frame);
        return true;
      case clientFrame.credit:
        if (frame.length < 5) return false;
        this.#addCredit(socket, session, view.getUint32(1));
        return true;
      case clientFrame.unsubscribe:
        this.#setSubscription(socket, session, null);
        return true;
      default:
        return false;
    }
  }

  #produce(socket: Socket, session: FastSession, correlationId: number, frame: Uint8Array): void {
    const allowed = session.check('WRITE', this.#log.topic);
    if (!allowed.ok) {
      this.#log.refused(session.principal, 'binary-websocket', allowed.error.message);
      this.#send(socket, encodeErrorFrame(correlationId, allowed.error));
      return;
    }
    const payload = frame.subarray(5);
    const request = frame[0] === clientFrame.produceRecords ? { looseRecords: payload } : { batches: payload };
    this.#log.submit({ ...request, keyId: accountOf(session.principal) }, (outcome) => {
      if (!outcome.ok) {
        this.#send(socket, encodeErrorFrame(correlationId, outcome.error));
        return;
      }
      session.acks.add(correlationId, outcome.value.ranges, outcome.value.duplicate);
      this.#unsentAcks.set(socket, session);
    });
  }

  #subscribe(socket: Socket, session: FastSession, frame: Uint8Array): void {
    const allowed = session.check('READ', this.#log.topic);
    if (!allowed.ok) {
      this.#log.refused(session.principal, 'binary-websocket', allowed.error.message);
      this.#refuse(socket, allowed.error);
      return;
    }
    const creditBytes = readInt32(frame, 1) >>> 0;
    const offset = readInt64(frame, 5);
    const isCommitted = ((frame[subscribeFrameBytes] ?? 0) & subscribeCommittedFlag) !== 0;
    const { highWatermark, logStartOffset } = this.#log;
    if (offset > highWatermark || offset < subscribeEarliest) {
      this.#refuse(socket, offsetOutOfRange(offset, { logStartOffset, highWatermark }).error);
      return;
    }
    const latest = isCommitted ? this.#log.lastStableOffset : highWatermark;
    const named = offset === subscribeEarliest ? logStartOffset : offset === subscribeLatest ? latest : offset;
    const from = Math.max(named, logStartOffset);
    this.#send(socket, encodeSubscribedFrame(from, highWatermark, logStartOffset));
    if (named < from) this.#send(socket, encodeGapFrame(named, from, 'retention'));
    const credit = Math.min(creditBytes, creditBytesMax);
    this.#setSubscription(socket, session, isCommitted ? { next: from, credit, isCommitted } : { next: from, credit });
    void this.#push(socket, session);
  }

  #addCredit(socket: Socket, session: FastSession, bytes: number): void {
    const { subscription } = session;
    if (subscription === null) return;
    const credit = Math.min(subscription.credit + bytes, creditBytesMax);
    this.#setSubscription(socket, session, { ...subscription, credit });
    void this.#push(socket, session);
  }

  #refuse(socket: Socket, failure: Failure): void {
    this.#send(socket, encodeErrorFrame(noCorrelation, failure));
  }

  /** A socket that is already gone must not disturb the flush that has news for it. */
  #send(socket: Socket, frame: Uint8Array<ArrayBuffer>): void {
    if (!this.#sessions.has(socket)) return;
    try {
      socket.send(frame);
    } catch {
      this.close(socket);
    }
  }

  #setSubscription(socket: Socket, session: FastSession, subscription: FastSubscription | null): void {
    session.subscription = subscription;
    socket.serializeAttachment(session.attachment);
  }

  /** What its principal may do now is in force; what was held back is sent. */
  #resume(session: FastSession): void {
    const socket = this.#sockets.get(session);
    if (socket === undefined || session.subscription === null) return;
    const allowed = session.check('READ', this.#log.topic);
    if (allowed.ok) {
      void this.#push(socket, session);
      return;
    }
    this.#endSubscription(socket, session, allowed.error);
  }

  #endSubscription(socket: Socket, session: FastSession, failure: Failure): void {
    this.#setSubscription(socket, session, null);
    this.#refuse(socket, failure);
  }

  #sendTo(session: FastSession, send: (socket: Socket) => void): void {
    const socket = this.#sockets.get(session);
    if (socket !== undefined) send(socket);
  }

  /** One frame for all readers that have everything before this row; the others are still being pushed to. */
  #broadcast(row: LogRow): void {
    let frame: Uint8Array<ArrayBuffer> | null = null;
    const next = row.lastOffset + 1;
    for (const [socket, session] of this.#sessions) {
      const { subscription } = session;
      if (subscription === null || subscription.credit <= 0 || session.isHeld || session.isThrottled) continue;
      if (subscription.isCommitted === true) {
        void this.#push(socket, session);
        continue;
      }
      if (subscription.next !== row.baseOffset) continue;
      frame ??= encodeRecordsFrame(row.baseOffset, next, this.#log.highWatermark, row.batches);
      this.#send(socket, frame);
      this.#setSubscription(socket, session, { ...subscription, next, credit: subscription.credit - frame.length });
      this.#sent(session, row.batches, frame.length);
    }
  }

  /** Pushes what a reader is behind, as far as its credit goes. */
  async #push(socket: Socket, session: FastSession): Promise<void> {
    if (session.isPushing) return;
    session.isPushing = true;
    let turnBytes = 0;
    while (this.#canPush(socket, session)) {
      const from = this.#skipDeleted(socket, session);
      if (this.#log.isRemote(from)) await this.#pushRemote(socket, session, from);
      else
        turnBytes += this.#pushRead(socket, session, from, this.#log.read(from, pushFrameBytes, this.#endOf(session)));
      if (turnBytes >= pushTurnBytes) {
        turnBytes = 0;
        await this.#log.yieldTurn();
      }
    }
    session.isPushing = false;
  }

  #canPush(socket: Socket, session: FastSession): boolean {
    const { subscription } = session;
    if (subscription === null || session.isHeld || session.isThrottled || !this.#sessions.has(socket)) return false;
    return subscription.credit > 0 && subscription.next < this.#endOf(session);
  }

  /** What is pushed to this reader ends here for now. */
  #endOf({ subscription }: FastSession): number {
    return subscription?.isCommitted === true ? this.#log.lastStableOffset : this.#log.highWatermark;
  }

  /** Tells a reader what was deleted before it got there; answers the offset to go on at. */
  #skipDeleted(socket: Socket, session: FastSession): number {
    const subscription = session.subscription ?? { next: 0, credit: 0 };
    const { next } = subscription;
    const from = Math.max(next, this.#log.logStartOffset);
    if (from > next) {
      this.#send(socket, encodeGapFrame(next, from, 'retention'));
      this.#setSubscription(socket, session, { ...subscription, next: from });
    }
    return from;
  }

  /** One frame out of an object. */
  async #pushRemote(socket: Socket, session: FastSession, from: number): Promise<void> {
    const read = await this.#log.readRemote(from, pushFrameBytes);
    // Meanwhile the client may have left, or asked for something else.
    if (!this.#sessions.has(socket) || session.subscription?.next !== from) return;
    this.#pushRead(socket, session, from, read);
  }

  /** One frame of what was read. What cannot be read ends the subscription with the reason, and is never skipped. */
  #pushRead(socket: Socket, session: FastSession, from: number, read: Result<BatchesRead>): number {
    if (read.ok) return this.#pushFrame(socket, session, from, read.value);
    this.#endSubscription(socket, session, read.error);
    return 0;
  }

  /** Sends one frame, and answers its size. */
  #pushFrame(socket: Socket, session: FastSession, from: number, { batches, nextOffset }: BatchesRead): number {
    const subscription = session.subscription ?? { next: 0, credit: 0 };
    const shown =
      subscription.isCommitted === true ? committedBatches(batches, this.#log.aborted(from, nextOffset)) : batches;
    const frame = encodeRecordsFrame(from, nextOffset, this.#log.highWatermark, shown);
    this.#send(socket, frame);
    this.#setSubscription(socket, session, {
      ...subscription,
      next: nextOffset,
      credit: subscription.credit - frame.length,
    });
    this.#sent(session, shown, frame.length);
    return frame.length;
  }

  /** What is counted is kept with the socket first, so that nobody counts it again. */
  #wasOpen(session: FastSession, fromMs: number, toMs: number): void {
    this.#sendTo(session, (socket) => socket.serializeAttachment(session.attachment));
    if (!isMetered(session.principal)) return;
    const account = accountOf(session.principal);
    for (const { startMs, ms } of stretchesByDay(fromMs, toMs)) this.#log.sent(account, { connectionMs: ms }, startMs);
  }

  /** A frame with these batches was sent: it counts against quotas, and for usage. */
  #sent(session: FastSession, batches: Uint8Array, frameBytes: number): void {
    this.#quotas.pushed(session, frameBytes);
    const { principal, isClosed } = session;
    if (isClosed || !isMetered(principal)) return;
    const recordsOut = recordsIn(batches);
    if (recordsOut > 0) this.#log.sent(accountOf(principal), { recordsOut, bytesOut: frameBytes });
  }
}

const unvouched = (): Failed =>
  failed('OVERLOADED', 'It could not be found out in time whether the credential still holds; send the frame again.');
