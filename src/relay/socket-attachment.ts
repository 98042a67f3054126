/**
 * What a relay must remember of a socket while it is not in memory:
 *
 *     attachment   = version byte 5, text topic ('' for none), text principal ('' in open mode), varint counted to (ms),
 *                    varint subscription count, subscriptions, varint membership count, memberships, varint share count, shares
 *     subscription = text id, text topic, text topic id, rendering byte, flags byte, varint credit, cursors
 *     flags        = 1 if it covers the topic + 2 if it reads what is committed
 *     membership   = text id, text terms (JSON), varint member epoch, is-revoking byte, varint credit,
 *                    varint topic count, topics
 *     topic        = text topic, text topic id, cursors
 *     share        = text id, text terms (JSON), has-joined byte, varint credit
 *     cursors      = varint count, partitions
 *     partition    = varint (2 x partitions skipped since the previous one + is behind), varint next offset
 *     text         = varint UTF-8 length, UTF-8
 */
import type { Principal } from '../authorization/principal.ts';
import type { ValueRendering } from '../contracts/record-json.ts';
import { assert } from '../errors/assert.ts';
import { VarintReader, varlongBytes, writeVarlong } from '../log/varint.ts';
import { GroupMembership, type MembershipTerms } from './group-membership.ts';
import type { RelaySession } from './relay-session.ts';
import { principalOfText, principalText } from './session-principal.ts';
import { ShareMembership, type ShareTerms } from './share-membership.ts';
import { type Cursor, Subscription, subscriptionOfMembership } from './subscription.ts';

const version = 5;
const flag = { coversTopic: 1, isCommitted: 2 } as const;
const renderings: readonly ValueRendering[] = ['auto', 'json', 'text', 'base64'];

/** Bytes of the largest offset, and of an entry with it: a subscription reserves them, because offsets grow. */
const maxVarlongBytes = 8;
const maxEntryBytes = 2 + maxVarlongBytes;

/** What is kept of a socket. */
export type SocketState = {
  /** The topic its path named, or null. */
  readonly topic: string | null;
  readonly principal: Principal;
  /** Until when it was counted that the socket is open, in ms. */
  readonly countedToMs: number;
  readonly subscriptions: ReadonlyMap<string, Subscription>;
  readonly memberships: ReadonlyMap<string, GroupMembership>;
  readonly shares: ReadonlyMap<string, ShareMembership>;
};

/** How large the attachment of a socket can become, with these subscriptions besides those that it has. */
export function maxAttachmentSize(state: SocketState, added: readonly Subscription[] = []): number {
  let size = 1 + textBytes(encodeText(state.topic ?? '')) + 4 * maxVarlongBytes;
  size += principalBytesOf(state.principal).length;
  for (const subscription of [...state.subscriptions.values(), ...added]) {
    size += headOf(subscription).length + maxTailBytes(subscription);
  }
  for (const share of state.shares.values()) size += shareHeadOf(share).length + 1 + maxVarlongBytes;
  for (const membership of state.memberships.values()) {
    size += membershipHeadOf(membership).length + 3 * maxVarlongBytes + 1;
    for (const subscription of membership.subscriptions.values()) {
      size += topicHeadOf(subscription).length + maxTailBytes(subscription);
    }
  }
  return size;
}

/** Writes a socket's state. */
export function encodeAttachment(state: SocketState): Uint8Array {
  const { topic, countedToMs, subscriptions, memberships, shares } = state;
  const joined = [...memberships.values()].filter(({ memberEpoch }) => memberEpoch > 0);
  const bytes = new Uint8Array(maxAttachmentSize(state));
  bytes[0] = version;
  let at = writeText(bytes, 1, encodeText(topic ?? ''));
  at = writeBytes(bytes, at, principalBytesOf(state.principal));
  at = writeVarlong(bytes, at, countedToMs);
  at = writeVarlong(bytes, at, subscriptions.size);
  for (const subscription of subscriptions.values()) {
    at = writeBytes(bytes, at, headOf(subscription));
    at = writeVarlong(bytes, at, subscription.creditBytes);
    at = writeCursors(bytes, at, subscription.cursors);
  }
  at = writeVarlong(bytes, at, joined.length);
  for (const membership of joined) {
    at = writeBytes(bytes, at, membershipHeadOf(membership));
    at = writeVarlong(bytes, at, membership.memberEpoch);
    bytes[at++] = membership.isRevoking ? 1 : 0;
    at = writeVarlong(bytes, at, membership.credit.creditBytes);
    at = writeVarlong(bytes, at, membership.subscriptions.size);
    for (const subscription of membership.subscriptions.values()) {
      at = writeBytes(bytes, at, topicHeadOf(subscription));
      at = writeCursors(bytes, at, subscription.cursors);
    }
  }
  at = writeVarlong(bytes, at, shares.size);
  for (const share of shares.values()) {
    at = writeBytes(bytes, at, shareHeadOf(share));
    bytes[at++] = share.hasJoined ? 1 : 0;
    at = writeVarlong(bytes, at, share.creditRecords);
  }
  // A copy of its own: a view would take the whole buffer behind it along.
  return bytes.slice(0, at);
}

/** Reads {@link encodeAttachment} back into the session that `open` makes for its topic and principal. */
export function decodeAttachment(
  bytes: Uint8Array,
  open: (topic: string | null, principal: Principal, countedToMs: number) => RelaySession,
): RelaySession {
  assert(bytes[0] === version, "a socket's attachment has the version this relay writes");
  const reader = new VarintReader(bytes, 1, bytes.length);
  const topic = readText(reader);
  const principal = principalOfText(readText(reader));
  const session = open(topic === '' ? null : topic, principal, reader.readVarlong());
  for (let left = reader.readVarlong(); left > 0 && !reader.failed; left--) {
    const subscription = readSubscription(reader, session);
    session.subscriptions.set(subscription.id, subscription);
  }
  for (let left = reader.readVarlong(); left > 0 && !reader.failed; left--) {
    const membership = readMembership(reader, session);
    session.memberships.set(membership.id, membership);
  }
  for (let left = reader.readVarlong(); left > 0 && !reader.failed; left--) {
    const share = readShare(reader, session);
    session.shares.set(share.id, share);
  }
  assert(!reader.failed && reader.at === bytes.length, "a socket's attachment is whole");
  return session;
}

/** The bytes of a principal never change, and an attachment is written after every frame. */
const principalBytes = new WeakMap<Principal, Uint8Array>();

function principalBytesOf(principal: Principal): Uint8Array {
  const known = principalBytes.get(principal);
  if (known !== undefined) return known;
  const text = encodeText(principalText(principal));
  const bytes = new Uint8Array(textBytes(text));
  writeText(bytes, 0, text);
  principalBytes.set(principal, bytes);
  return bytes;
}

function readSubscription(reader: VarintReader, session: RelaySession): Subscription {
  const id = readText(reader);
  const topic = readText(reader);
  const topicId = readText(reader);
  const as = renderings[reader.bytes[reader.at++] ?? 0] ?? 'auto';
  const flags = reader.bytes[reader.at++] ?? 0;
  const coversTopic = (flags & flag.coversTopic) !== 0;
  const isolation = (flags & flag.isCommitted) === 0 ? 'read_uncommitted' : 'read_committed';
  const creditBytes = reader.readVarlong();
  const subscription = new Subscription({ session, id, topic, topicId, as, isolation, coversTopic, creditBytes });
  readCursors(reader, subscription);
  return subscription;
}

function readMembership(reader: VarintReader, session: RelaySession): GroupMembership {
  const id = readText(reader);
  const terms = JSON.parse(readText(reader)) as MembershipTerms;
  const memberEpoch = reader.readVarlong();
  const isRevoking = reader.bytes[reader.at++] === 1;
  const creditBytes = reader.readVarlong();
  const membership = new GroupMembership(session, id, terms, creditBytes);
  membership.memberEpoch = memberEpoch;
  membership.isRevoking = isRevoking;
  for (let left = reader.readVarlong(); left > 0 && !reader.failed; left--) {
    const topic = readText(reader);
    const topicId = readText(reader);
    readCursors(reader, subscriptionOfMembership(membership, topic, topicId));
  }
  return membership;
}

function readShare(reader: VarintReader, session: RelaySession): ShareMembership {
  const id = readText(reader);
  const terms = JSON.parse(readText(reader)) as ShareTerms;
  const hasJoined = reader.bytes[reader.at++] === 1;
  const share = new ShareMembership(session, id, terms, reader.readVarlong());
  share.hasJoined = hasJoined;
  return share;
}

function writeCursors(bytes: Uint8Array, start: number, cursors: readonly Cursor[]): number {
  let at = writeVarlong(bytes, start, cursors.length);
  let expected = 0;
  for (const { partition, next, isBehind } of cursors) {
    at = writeVarlong(bytes, at, 2 * (partition - expected) + (isBehind ? 1 : 0));
    at = writeVarlong(bytes, at, next);
    expected = partition + 1;
  }
  return at;
}

function readCursors(reader: VarintReader, subscription: Subscription): void {
  let expected = 0;
  for (let left = reader.readVarlong(); left > 0 && !reader.failed; left--) {
    const skippedAndFlag = reader.readVarlong();
    const partition = expected + Math.floor(skippedAndFlag / 2);
    subscription.addCursor(partition, reader.readVarlong(), skippedAndFlag % 2 === 1);
    expected = partition + 1;
  }
}

/** What stands behind a subscription's head at most: credit, count, and the cursors. */
const maxTailBytes = ({ cursors }: Subscription): number => 2 * maxVarlongBytes + cursors.length * maxEntryBytes;

/** The bytes of a subscription or membership that never change, since an attachment is written after every frame. */
const heads = new WeakMap<Subscription | GroupMembership | ShareMembership, Uint8Array>();

function headOf(subscription: Subscription): Uint8Array {
  return keptHead(
    subscription,
    [subscription.id, subscription.topic, subscription.topicId],
    [renderings.indexOf(subscription.as), flagsOf(subscription)],
  );
}

function flagsOf({ coversTopic, isolation }: Subscription): number {
  return (coversTopic ? flag.coversTopic : 0) + (isolation === 'read_committed' ? flag.isCommitted : 0);
}

function topicHeadOf(subscription: Subscription): Uint8Array {
  return keptHead(subscription, [subscription.topic, subscription.topicId], []);
}

function membershipHeadOf(membership: GroupMembership): Uint8Array {
  return keptHead(membership, [membership.id, JSON.stringify(membership.terms)], []);
}

function shareHeadOf(share: ShareMembership): Uint8Array {
  return keptHead(share, [share.id, JSON.stringify(share.terms)], []);
}

function keptHead(
  of: Subscription | GroupMembership | ShareMembership,
  texts: readonly string[],
  flags: readonly number[],
): Uint8Array {
  const known = heads.get(of);
  if (known !== undefined) return known;
  const encoded = texts.map(encodeText);
  const head = new Uint8Array(encoded.reduce((size, text) => size + textBytes(text), flags.length));
  let at = 0;
  for (const text of encoded) at = writeText(head, at, text);
  head.set(flags, at);
  heads.set(of, head);
  return head;
}

const encodeText = (text: string): Uint8Array => new TextEncoder().encode(text);

const textBytes = (text: Uint8Array): number => varlongBytes(text.length) + text.length;

function writeText(bytes: Uint8Array, start: number, text: Uint8Array): number {
  return writeBytes(bytes, writeVarlong(bytes, start, text.length), text);
}

function writeBytes(bytes: Uint8Array, at: number, written: Uint8Array): number {
  bytes.set(written, at);
  return at + written.length;
}

function readText(reader: VarintReader): string {
  const length = reader.readVarlong();
  const text = new TextDecoder().decode(reader.bytes.subarray(reader.at, reader.at + length));
  reader.at += length;
  return text;
}
