import { type SharePartitionRef, sharePartitionObjectName } from '../../../src/groups/share/share-ref.ts';
import { partitionObjectName } from '../../../src/log/partition-ref.ts';
import type { SharePartitionObject } from '../objects/share-objects.ts';
import type { TurnObserver } from '../simulated-object.ts';
import type { Platform } from '../simulated-platform.ts';
import { CallsOfTurn } from './calls-of-turn.ts';
import { logEnds } from './log-end.ts';
import { type ShareChange, shareChangesOf } from './share-calls.ts';
import { fateOf, readShare, type ShareFate, type ShareSnapshot } from './share-snapshot.ts';
import { ShareViews } from './share-views.ts';

/** Judges every shared partition of a run. */
export class ShareJudge {
  readonly views: ShareViews;
  readonly #platform: Platform;
  readonly #cases = new Map<string, ShareCase>();

  constructor(platform: Platform) {
    this.#platform = platform;
    this.views = new ShareViews(platform.world);
  }

  get cases(): ReadonlyMap<string, ShareCase> {
    return this.#cases;
  }

  watch(ref: SharePartitionRef, object: SharePartitionObject): TurnObserver {
    const judged = this.#of(ref);
    let before: ShareSnapshot | null = null;
    return {
      opened: () => {
        before = readShare(object.store);
      },
      written: (whenDurable) => {
        const after = readShare(object.store);
        const ended = judged.turn(before, after, object.clock.nowMs());
        whenDurable(() => judged.settle(after, ended));
      },
    };
  }

  async handling(
    ref: SharePartitionRef,
    verb: string,
    args: readonly unknown[],
    run: () => Promise<unknown>,
  ): Promise<unknown> {
    const judged = this.#of(ref);
    const changes = shareChangesOf(verb, args);
    // A record names its topic only; which one that was is known by its lock.
    for (const { kind, lockId } of changes) if (kind === 'acquire') this.views.lockOf(lockId, judged.key);
    judged.calls.begin(changes);
    try {
      return await run();
    } finally {
      judged.calls.end(changes, this.#platform.world.queue.eventCount);
    }
  }

  #of(ref: SharePartitionRef): ShareCase {
    const name = sharePartitionObjectName(ref);
    let found = this.#cases.get(name);
    if (found === undefined) {
      found = new ShareCase(this.#platform, ref);
      this.#cases.set(name, found);
    }
    return found;
  }
}

/** Offsets that came to an end in a turn, and which end. */
type Ended = readonly { readonly offset: number; readonly as: 'accepted' | 'dead' | 'other' }[];

/** One shared partition: its rows are held against the rules of protocols I-4a to I-4d, offset by offset. */
export class ShareCase {
  readonly ref: SharePartitionRef;
  readonly key: string;
  readonly calls = new CallsOfTurn<readonly ShareChange[]>();
  /** What is stored and can no longer be lost. */
  durable: ShareSnapshot | null = null;
  /** Offsets that surely ended this way. */
  readonly accepted = new Set<number>();
  readonly dead = new Set<number>();
  readonly #platform: Platform;

  constructor(platform: Platform, ref: SharePartitionRef) {
    this.#platform = platform;
    this.ref = ref;
    this.key = `${ref.topicId}/${ref.partition}`;
  }

  settle(after: ShareSnapshot | null, ended: Ended): void {
    this.durable = after;
    for (const { offset, as } of ended) {
      if (as === 'accepted') this.accepted.add(offset);
      if (as === 'dead') this.dead.add(offset);
    }
  }

  turn(before: ShareSnapshot | null, after: ShareSnapshot | null, clockMs: number): Ended {
    if (before === null || after === null) return [];
    if (after.startOffset < before.startOffset) {
      this.#violate(`I-4c: its start went back from ${before.startOffset} to ${after.startOffset}`);
    }
    if (after.endOffset < before.endOffset) this.#violate('I-4c: its end went back');
    const ended: { offset: number; as: 'accepted' | 'dead' | 'other' }[] = [];
    for (let offset = before.startOffset; offset < after.endOffset; offset += 1) {
      const [was, is] = [fateOf(before, offset), fateOf(after, offset)];
      if (was.state === is.state && was.lockId === is.lockId && was.deliveryCount === is.deliveryCount) continue;
      const as = this.#checkChange(offset, was, is, before, clockMs);
      if (as !== null) ended.push({ offset, as });
    }
    return ended;
  }

  /** Whether what became of an offset was asked for, or is due; answers how it ended, or null. */
  #checkChange(
    offset: number,
    was: ShareFate,
    is: ShareFate,
    { deliveryLimit, hasDeadLetterTopic }: ShareSnapshot,
    clockMs: number,
  ): Ended[number]['as'] | null {
    const isOver = was.state === 'acquired' && was.atMs <= clockMs;
    const isHeld = was.state === 'acquired' && !isOver;
    const asks = (kind: ShareChange['kind'], lockId: string) => this.#isAsked(kind, lockId, offset);
    const isDropped = () => (this.logStart() ?? Number.POSITIVE_INFINITY) > offset;
    const isSpent = was.deliveryCount >= deliveryLimit;
    const hasRun = isOver || (isHeld && asks('release', was.lockId));
    const wrong = () => this.#violate(`offset ${offset} went from ${JSON.stringify(was)} to ${JSON.stringify(is)}`);
    if (was.state === 'acknowledged' || was.state === 'archived') {
      if (is.state !== 'decided') this.#violate(`I-4b: offset ${offset} was ${was.state}, and is ${is.state}`);
      return null;
    }
    if (is.state === 'acquired') {
      const isFree = was.state === 'untouched' || (was.state === 'available' && was.atMs <= clockMs) || isOver;
      if (!isFree || !asks('acquire', is.lockId)) {
        this.#violate(`I-4a: offset ${offset} was given to lock ${is.lockId} while it was ${JSON.stringify(was)}`);
      }
      if (is.deliveryCount !== was.deliveryCount + 1 || is.deliveryCount > deliveryLimit) {
        this.#violate(`I-4d: delivery ${is.deliveryCount} of offset ${offset} follows ${was.deliveryCount}`);
      }
      return null;
    }
    if (is.state === 'available') {
      // What was never handed out may be given back late.
      const isBack = asks('undelivered', was.lockId) && is.deliveryCount === was.deliveryCount - 1;
      if (!isBack && !(hasRun && is.deliveryCount === was.deliveryCount && !isSpent)) wrong();
      return null;
    }
    if (is.state === 'dead') {
      const isRejected = isHeld && asks('reject', was.lockId);
      if (!hasDeadLetterTopic || !(isRejected || (hasRun && isSpent))) wrong();
      return 'dead';
    }
    // It is decided: acknowledged, archived, or already below the start.
    if (was.state === 'dead') return null;
    if (is.state !== 'archived' && was.state === 'acquired' && asks('accept', was.lockId)) {
      if (isOver) this.#violate(`offset ${offset} was accepted after its lock had run out`);
      return 'accepted';
    }
    const isGap = was.state === 'acquired' && asks('gap', was.lockId);
    const isGivenUp = !hasDeadLetterTopic && ((isHeld && asks('reject', was.lockId)) || (hasRun && isSpent));
    if (!isGap && !isGivenUp && !isDropped()) wrong();
    if (isGap && !isDropped() && !this.#platform.shareJudge.views.mayHaveGaps(this.durable?.topic ?? '')) {
      this.#violate(`offset ${offset} was passed over as a gap, which it cannot be`);
    }
    return 'other';
  }

  #isAsked(kind: ShareChange['kind'], lockId: string, offset: number): boolean {
    const { eventCount } = this.#platform.world.queue;
    return this.calls
      .during(eventCount)
      .some((changes) =>
        changes.some(
          (change) => change.kind === kind && change.lockId === lockId && change.from <= offset && offset <= change.to,
        ),
      );
  }

  /** Where the log begins; null when there is none any more. */
  logStart(): number | null {
    return this.logEnds()?.start ?? null;
  }

  logEnds() {
    const found = this.#platform.partitions.get(partitionObjectName(this.ref));
    return found === undefined ? null : logEnds(found.object.store);
  }

  #violate(what: string): void {
    this.#platform.world.violate(`share ${this.key}: ${what}`);
  }
}
