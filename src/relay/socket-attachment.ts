/**
 * What a relay must remember of a socket while it is not in memory:
 *
 *     attachment   = version byte 1, text topic ('' for none), varint subscription count, subscriptions
 *     subscription = text id, text topic, text topic id, rendering byte, covers-topic byte, varint credit,
 *                    varint partition count, partitions
 *     partition    = varint (2 x partitions skipped since the previous one + is behind), varint next offset
 *     text         = varint UTF-8 length, UTF-8
 */
import type { ValueRendering } from '../contracts/record-json.ts';
import { assert } from '../errors/assert.ts';
import { VarintReader, varlongBytes, writeVarlong } from '../log/varint.ts';
import type { RelaySession } from './relay-session.ts';
import { Subscription } from './subscription.ts';

const version = 1;
const renderings: readonly ValueRendering[] = ['auto', 'json', 'text', 'base64'];

/** Bytes of the largest offset, and of an entry with it: a subscription reserves them, because offsets grow. */
const maxVarlongBytes = 8;
const maxEntryBytes = 2 + maxVarlongBytes;

/** How large the attachment of these subscriptions can become. */
export function maxAttachmentSize(topic: string | null, subscriptions: Iterable<Subscription>): number {
  let size = 1 + textBytes(encodeText(topic ?? '')) + maxVarlongBytes;
  for (const subscription of subscriptions) {
    size += headOf(subscription).length + 2 * maxVarlongBytes + subscription.cursors.length * maxEntryBytes;
  }
  return size;
}

/** Writes a socket's state. `topic` is the one its path named, or null. */
export function encodeAttachment(topic: string | null, subscriptions: ReadonlyMap<string, Subscription>): Uint8Array {
  const bytes = new Uint8Array(maxAttachmentSize(topic, subscriptions.values()));
  bytes[0] = version;
  let at = writeText(bytes, 1, encodeText(topic ?? ''));
  at = writeVarlong(bytes, at, subscriptions.size);
  for (const subscription of subscriptions.values()) {
    const head = headOf(subscription);
    bytes.set(head, at);
    at = writeVarlong(bytes, at + head.length, subscription.creditBytes);
    at = writeVarlong(bytes, at, subscription.cursors.length);
    let expected = 0;
    for (const { partition, next, isBehind } of subscription.cursors) {
      at = writeVarlong(bytes, at, 2 * (partition - expected) + (isBehind ? 1 : 0));
      at = writeVarlong(bytes, at, next);
      expected = partition + 1;
    }
  }
  // A copy of its own: a view would take the whole buffer behind it along.
  return bytes.slice(0, at);
}

/** Reads {@link encodeAttachment} back into the session that `open` makes for the topic the socket's path named. */
export function decodeAttachment(bytes: Uint8Array, open: (topic: string | null) => RelaySession): RelaySession {
  assert(bytes[0] === version, "a socket's attachment has the version this relay writes");
  const reader = new VarintReader(bytes, 1, bytes.length);
  const topic = readText(reader);
  const session = open(topic === '' ? null : topic);
  for (let left = reader.readVarlong(); left > 0 && !reader.failed; left--) {
    const subscription = readSubscription(reader, session);
    session.subscriptions.set(subscription.id, subscription);
  }
  assert(!reader.failed && reader.at === bytes.length, "a socket's attachment is whole");
  return session;
}

function readSubscription(reader: VarintReader, session: RelaySession): Subscription {
  const id = readText(reader);
  const topic = readText(reader);
  const topicId = readText(reader);
  const as = renderings[reader.bytes[reader.at++] ?? 0] ?? 'auto';
  const coversTopic = reader.bytes[reader.at++] === 1;
  const creditBytes = reader.readVarlong();
  const subscription = new Subscription({ session, id, topic, topicId, as, coversTopic, creditBytes });
  let expected = 0;
  for (let left = reader.readVarlong(); left > 0 && !reader.failed; left--) {
    const skippedAndFlag = reader.readVarlong();
    const partition = expected + Math.floor(skippedAndFlag / 2);
    subscription.addCursor(partition, reader.readVarlong(), skippedAndFlag % 2 === 1);
    expected = partition + 1;
  }
  return subscription;
}

/** The bytes of a subscription that never change, since an attachment is written after every frame. */
const heads = new WeakMap<Subscription, Uint8Array>();

function headOf(subscription: Subscription): Uint8Array {
  const known = heads.get(subscription);
  if (known !== undefined) return known;
  const texts = [subscription.id, subscription.topic, subscription.topicId].map(encodeText);
  const head = new Uint8Array(texts.reduce((size, text) => size + textBytes(text), 2));
  let at = 0;
  for (const text of texts) at = writeText(head, at, text);
  head[at] = renderings.indexOf(subscription.as);
  head[at + 1] = subscription.coversTopic ? 1 : 0;
  heads.set(subscription, head);
  return head;
}

const encodeText = (text: string): Uint8Array => new TextEncoder().encode(text);

const textBytes = (text: Uint8Array): number => varlongBytes(text.length) + text.length;

function writeText(bytes: Uint8Array, start: number, text: Uint8Array): number {
  const at = writeVarlong(bytes, start, text.length);
  bytes.set(text, at);
  return at + text.length;
}

function readText(reader: VarintReader): string {
  const length = reader.readVarlong();
  const text = new TextDecoder().decode(reader.bytes.subarray(reader.at, reader.at + length));
  reader.at += length;
  return text;
}
