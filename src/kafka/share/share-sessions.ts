import { failed, ok, type Result } from '../../errors/result.ts';
import { limits } from '../../limits.ts';
import { ShareSession } from './share-session.ts';

/** A member of a share group as its connection to the coordinator knows it: what it said, and what it was told. */
export type ShareMembership = {
  readonly topics: readonly string[];
  readonly epoch: number;
  /** The assignment as text, to be compared. */
  readonly told: string;
};

/** Ends of sessions: an epoch that begins one, and one that ends it. */
export const openingEpoch = 0;
export const closingEpoch = -1;

/** Gives back what a session holds. */
export type ReleaseSession = (session: ShareSession) => Promise<void>;

/** The share sessions of one connection, and the members that speak over it. They end with it. */
export class ShareSessions {
  readonly members = new Map<string, ShareMembership>();
  readonly #nowMs: () => number;
  readonly #sessions = new Map<string, { readonly session: ShareSession; readonly release: ReleaseSession }>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get nowMs(): number {
    return this.#nowMs();
  }

  /** Keeps a member, and forgets the one that joined first when there are too many: it joins again. */
  remember(key: string, membership: ShareMembership): void {
    const [oldest] = this.members.keys();
    const isFull = !this.members.has(key) && this.members.size >= limits.kafkaShareSessions.value;
    if (isFull && oldest !== undefined) this.members.delete(oldest);
    this.members.set(key, membership);
  }

  /** A new session; one that the member had is ended. SHARE_SESSION_LIMIT_REACHED. */
  async open(groupId: string, memberId: string, release: ReleaseSession): Promise<Result<ShareSession>> {
    const key = keyOf(groupId, memberId);
    const before = this.#sessions.get(key);
    if (before === undefined && this.#sessions.size >= limits.kafkaShareSessions.value) return tooMany();
    if (before !== undefined) await before.release(before.session);
    const session = new ShareSession(groupId, memberId);
    this.#sessions.set(key, { session, release });
    return ok(session);
  }

  /** The session that a call is the next one of; the last one says so. SHARE_SESSION_NOT_FOUND, INVALID_SHARE_SESSION_EPOCH. */
  next(groupId: string, memberId: string, epoch: number): Result<ShareSession> {
    const found = this.#sessions.get(keyOf(groupId, memberId));
    if (found === undefined) {
      return failed(
        'SHARE_SESSION_NOT_FOUND',
        'The connection has no share session of this member; begin with epoch 0.',
      );
    }
    const { session } = found;
    if (epoch === closingEpoch) return ok(session);
    if (epoch !== session.epoch) {
      return failed(
        'INVALID_SHARE_SESSION_EPOCH',
        `The share session is at epoch ${session.epoch}, not ${epoch}; begin a new one with epoch 0.`,
      );
    }
    session.advance();
    return ok(session);
  }

  /** Ends a session, and gives back what it holds. */
  async end({ groupId, memberId }: ShareSession): Promise<void> {
    const key = keyOf(groupId, memberId);
    const found = this.#sessions.get(key);
    this.#sessions.delete(key);
    if (found !== undefined) await found.release(found.session);
  }

  /** The connection is over: nobody will decide about what it was given. */
  async close(): Promise<void> {
    for (const { session } of [...this.#sessions.values()]) await this.end(session);
  }
}

/** Members are told apart by group: ids are the clients' own. */
export const keyOf = (groupId: string, memberId: string): string => JSON.stringify([groupId, memberId]);

const tooMany = () =>
  failed(
    'SHARE_SESSION_LIMIT_REACHED',
    `A connection has ${limits.kafkaShareSessions.value} share sessions at most; close one first.`,
    { limit: limits.kafkaShareSessions.value },
  );
