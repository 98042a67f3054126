import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextBatch } from '../../../src/groups/share/dead-letter.ts';
import { defaultShareConfig, type ShareGroupConfig } from '../../../src/groups/share/share-config.ts';
import {
  type AcknowledgeType,
  acknowledge,
  acquire,
  archiveGap,
  buryDead,
  dropDead,
  emptyShareState,
  expire,
  giveBack,
  type ShareState,
  windowRecords,
} from '../../../src/groups/share/share-state.ts';
import { decodeShareState, encodeShareState } from '../../../src/groups/share/share-state-text.ts';

/** What the model knows of one offset; what it does not know was never acquired. */
type Fate = {
  state: 'available' | 'acquired' | 'dead' | 'done';
  count: number;
  lockId: string;
  atMs: number;
};

/** The same rules, one offset at a time, without ranges. */
class OffsetModel {
  readonly fates = new Map<number, Fate>();
  /** How often each record was handed out. */
  readonly delivered = new Map<number, number>();
  readonly letters = new Map<number, number>();
  highWatermark = 0;
  logStartOffset = 0;
  nowMs = 1_000;
  config: ShareGroupConfig = { ...defaultShareConfig, lockDurationMs: 1_000, deadLetterTopic: 'letters' };

  get start(): number {
    let at = this.firstKept;
    while (this.fates.get(at)?.state === 'done') at += 1;
    return at;
  }

  get end(): number {
    return Math.max(this.firstKept, ...[...this.fates.keys()].map((offset) => offset + 1));
  }

  readonly firstKept = 0;

  expire(): void {
    for (const fate of this.fates.values()) {
      if (fate.state === 'acquired' && fate.atMs <= this.nowMs) this.release(fate, this.config.redeliveryDelayMs);
    }
  }

  release(fate: Fate, delayMs: number): void {
    if (fate.count >= this.config.deliveryLimit) this.kill(fate);
    else Object.assign(fate, { state: 'available', lockId: '', atMs: delayMs === 0 ? 0 : this.nowMs + delayMs });
  }

  kill(fate: Fate): void {
    const state = this.config.deadLetterTopic === null ? 'done' : 'dead';
    Object.assign(fate, { state, lockId: '' });
  }

  acquire(lockId: string, maxRecords: number): number[] {
    this.expire();
    for (let offset = this.start; offset < this.logStartOffset; offset += 1) {
      const fate = this.fates.get(offset);
      if (fate === undefined) this.fates.set(offset, { state: 'done', count: 0, lockId: '', atMs: 0 });
      else if (fate.state === 'available') fate.state = 'done';
    }
    const windowEnd = Math.min(this.highWatermark, this.start + windowRecords);
    const taken: number[] = [];
    for (let offset = this.start; taken.length < maxRecords && (offset < windowEnd || offset < this.end); offset += 1) {
      const fate = this.fates.get(offset) ?? { state: 'available', count: 0, lockId: '', atMs: 0 };
      if (fate.state !== 'available' || fate.atMs > this.nowMs) continue;
      if (fate.count >= this.config.deliveryLimit) {
        this.kill(fate);
        continue;
      }
      Object.assign(fate, { state: 'acquired', lockId, atMs: this.nowMs + this.config.lockDurationMs });
      fate.count += 1;
      this.fates.set(offset, fate);
      taken.push(offset);
    }
    return taken;
  }

  held(lockId: string, from: number, to: number): Fate[] {
    const fates: Fate[] = [];
    for (let offset = from; offset <= to; offset += 1) {
      const fate = this.fates.get(offset);
      if (fate?.state === 'acquired' && fate.lockId === lockId) fates.push(fate);
    }
    return fates;
  }

  acknowledge(type: AcknowledgeType, lockId: string, from: number, to: number, delayMs: number): boolean {
    this.expire();
    const fates = this.held(lockId, from, to);
    if (fates.length !== to - from + 1) return false;
    for (const fate of fates) {
      if (type === 'accept') Object.assign(fate, { state: 'done', lockId: '' });
      if (type === 'reject') this.kill(fate);
      if (type === 'renew') fate.atMs = this.nowMs + this.config.lockDurationMs;
      if (type === 'release') this.release(fate, delayMs);
    }
    return true;
  }
}

type Step =
  | { readonly kind: 'grow'; readonly by: number }
  | { readonly kind: 'acquire'; readonly maxRecords: number }
  | {
      readonly kind: 'acknowledge' | 'gap' | 'give-back';
      readonly type: AcknowledgeType;
      readonly lock: number;
      readonly from: number;
      readonly count: number;
      readonly delayMs: number;
      readonly isLate: boolean;
    }
  | { readonly kind: 'tick'; readonly ms: number }
  | { readonly kind: 'delete-records'; readonly by: number }
  | { readonly kind: 'letters'; readonly max: number }
  | { readonly kind: 'restart' }
  | { readonly kind: 'limit'; readonly deliveryLimit: number }
  | { readonly kind: 'letter-topic'; readonly isSet: boolean };

const decision = (kind: 'acknowledge' | 'gap' | 'give-back') =>
  fc.record({
    kind: fc.constant(kind),
    type: fc.constantFrom<AcknowledgeType>('accept', 'release', 'reject', 'renew'),
    lock: fc.nat(5),
    from: fc.nat(6),
    count: fc.integer({ min: 1, max: 5 }),
    delayMs: fc.constantFrom(0, 0, 300, 2_000),
    isLate: fc.boolean(),
  });

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('grow' as const), by: fc.integer({ min: 1, max: 12 }) }) },
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant('acquire' as const), maxRecords: fc.integer({ min: 1, max: 8 }) }),
    },
    { weight: 8, arbitrary: decision('acknowledge') },
    { weight: 1, arbitrary: decision('gap') },
    { weight: 1, arbitrary: decision('give-back') },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('tick' as const), ms: fc.constantFrom(1, 400, 1_000) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete-records' as const), by: fc.nat(4) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('letters' as const), max: fc.integer({ min: 1, max: 4 }) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('limit' as const), deliveryLimit: fc.integer({ min: 1, max: 5 }) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('letter-topic' as const), isSet: fc.boolean() }) },
  ),
  { maxLength: 60 },
);

/** Runs steps on the ranges and on the model, and compares them after each. */
class Comparison {
  readonly model = new OffsetModel();
  state: ShareState = emptyShareState(0);
  readonly #locks: { readonly lockId: string; readonly first: number }[] = [];

  run(step: Step): void {
    const startBefore = this.state.startOffset;
    const doneBefore = this.#done();
    this.#apply(step);
    this.#compare();
    expect(this.state.startOffset, 'I-4c').toBeGreaterThanOrEqual(startBefore);
    for (const offset of doneBefore) expect(this.model.fates.get(offset)?.state, `I-4b ${offset}`).toBe('done');
  }

  #apply(step: Step): void {
    const { model } = this;
    switch (step.kind) {
      case 'grow':
        model.highWatermark += step.by;
        return;
      case 'tick':
        model.nowMs += step.ms;
        return;
      case 'delete-records':
        model.logStartOffset = Math.min(model.highWatermark, model.logStartOffset + step.by);
        return;
      case 'restart':
        this.state = decodeShareState(encodeShareState(this.state));
        return;
      case 'limit':
        model.config = { ...model.config, deliveryLimit: step.deliveryLimit };
        return;
      case 'letter-topic':
        model.config = { ...model.config, deadLetterTopic: step.isSet ? 'letters' : null };
        if (step.isSet) return;
        this.state = dropDead(this.state);
        for (const fate of model.fates.values()) if (fate.state === 'dead') fate.state = 'done';
        return;
      case 'letters':
        this.#writeLetters(step.max);
        return;
      case 'acquire':
        this.#acquire(step.maxRecords);
        return;
      default:
        this.#decide(step);
    }
  }

  #acquire(maxRecords: number): void {
    const { model } = this;
    const lockId = `lock-${this.#locks.length}`;
    const { highWatermark, logStartOffset } = model;
    const command = { memberId: 'm', lockId, maxRecords, highWatermark, logStartOffset };
    const { state, acquired } = acquire(this.state, command, model.config, model.nowMs);
    this.state = state;
    const offsets = acquired.flatMap(({ first, last }) =>
      Array.from({ length: last - first + 1 }, (_, index) => first + index),
    );
    expect(offsets, 'I-4a').toEqual(model.acquire(lockId, maxRecords));
    for (const { first, last, deliveryCount } of acquired) {
      for (let offset = first; offset <= last; offset += 1) {
        expect(model.fates.get(offset)?.count, 'I-4d').toBe(deliveryCount);
        expect(deliveryCount, 'I-4d').toBeLessThanOrEqual(model.config.deliveryLimit);
      }
    }
    // The same acquisition again, as after a lost answer, brings the same and counts nothing.
    const again = acquire(this.state, command, model.config, model.nowMs);
    if (acquired.length > 0) expect(again.acquired).toEqual(acquired);
    if (acquired.length > 0) this.#locks.push({ lockId, first: offsets[0]! });
  }

  #decide(step: Extract<Step, { lock: number }>): void {
    const { model } = this;
    const lock = this.#locks.at(-1 - (step.lock % Math.max(1, this.#locks.length)));
    if (lock === undefined) return;
    const from = lock.first + step.from;
    const to = from + step.count - 1;
    const { lockId } = lock;
    if (step.kind === 'acknowledge') {
      if (step.isLate) model.nowMs += model.config.lockDurationMs;
      const command = { from, to, lockId, type: step.type, delayMs: step.delayMs };
      const decided = acknowledge(this.state, command, model.config, model.nowMs);
      // A refused one writes nothing, not even that locks ran out; the model sees that at the next step too.
      this.state = decided.ok ? decided.value : expire(this.state, model.config, model.nowMs);
      expect(decided.ok).toBe(model.acknowledge(step.type, lockId, from, to, step.delayMs));
      if (!decided.ok) expect(decided.error.code).toBe('INVALID_RECORD_STATE');
      return;
    }
    const change = step.kind === 'gap' ? archiveGap : giveBack;
    this.state = change(this.state, lockId, { from, to });
    for (const fate of model.held(lockId, from, to)) {
      if (step.kind === 'gap') Object.assign(fate, { state: 'done', lockId: '' });
      else Object.assign(fate, { state: 'available', lockId: '', atMs: 0, count: fate.count - 1 });
    }
  }

  #writeLetters(max: number): void {
    const batch = nextBatch(this.state, max);
    if (batch === null) return;
    for (const { from, to } of batch.spans) {
      for (let offset = from; offset <= to; offset += 1) {
        expect(this.model.fates.get(offset)?.state).toBe('dead');
        this.model.letters.set(offset, (this.model.letters.get(offset) ?? 0) + 1);
        expect(this.model.letters.get(offset), 'I-4e').toBe(1);
        this.model.fates.get(offset)!.state = 'done';
      }
    }
    this.state = buryDead(this.state, batch.spans);
  }

  #done(): number[] {
    return [...this.model.fates].flatMap(([offset, { state }]) => (state === 'done' ? [offset] : []));
  }

  #compare(): void {
    const { state, model } = this;
    expect(state.startOffset).toBe(model.start);
    expect(state.endOffset).toBe(model.end);
    expect(state.endOffset - state.startOffset).toBeLessThanOrEqual(windowRecords);
    let at = state.startOffset;
    for (const range of state.ranges) {
      expect(range.first).toBe(at);
      at = range.last + 1;
      for (let offset = range.first; offset <= range.last; offset += 1) {
        const fate = model.fates.get(offset)!;
        const isDone = range.state === 'acknowledged' || range.state === 'archived';
        expect([offset, isDone ? 'done' : range.state]).toEqual([offset, fate.state]);
        if (isDone) continue;
        expect(range.deliveryCount).toBe(fate.count);
        expect(range.lockId).toBe(fate.lockId);
        if (fate.state === 'acquired') expect(range.atMs).toBe(fate.atMs);
      }
    }
    expect(at).toBe(state.endOffset);
    const decided = state.acceptedCount + state.archivedCount + state.deadLetteredCount;
    expect(decided).toBe(this.#done().length);
    expect(state.deadLetteredCount).toBe(model.letters.size);
  }
}

describe('the state of a share partition', () => {
  it('decides in ranges what a model decides offset by offset (I-4a I-4b I-4c I-4d I-4e)', () => {
    fc.assert(
      fc.property(steps, (run) => {
        const comparison = new Comparison();
        for (const step of run) comparison.run(step);
      }),
      { numRuns: 1_000 },
    );
  });

  it('keeps a thousand records that were acquired together in one range', () => {
    const command = { memberId: 'm', lockId: 'l', maxRecords: 1_000, highWatermark: 5_000, logStartOffset: 0 };
    const { state } = acquire(emptyShareState(0), command, defaultShareConfig, 0);
    expect(state.ranges).toHaveLength(1);
    const accepted = acknowledge(
      state,
      { from: 0, to: 998, lockId: 'l', type: 'accept', delayMs: null },
      defaultShareConfig,
      1,
    );
    expect(accepted).toMatchObject({ ok: true, value: { startOffset: 999, acceptedCount: 999 } });
  });

  it('stops at the window until the oldest record is decided', () => {
    const take = (state: ShareState, lockId: string, maxRecords: number) =>
      acquire(
        state,
        { memberId: 'm', lockId, maxRecords, highWatermark: 10_000, logStartOffset: 0 },
        defaultShareConfig,
        0,
      );
    const oldest = take(emptyShareState(0), 'oldest', 1).state;
    const rest = take(oldest, 'rest', 10_000);
    expect(rest.state.endOffset).toBe(windowRecords);
    const accepted = acknowledge(
      rest.state,
      { from: 1, to: windowRecords - 1, lockId: 'rest', type: 'accept', delayMs: null },
      defaultShareConfig,
      1,
    );
    expect(accepted.ok && take(accepted.value, 'more', 10).acquired).toEqual([]);
  });
});
