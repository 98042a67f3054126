import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openPrincipal } from '../../src/gateway/open-credentials.ts';
import { RelaySession } from '../../src/relay/relay-session.ts';
import { encodeAttachment, maxAttachmentSize } from '../../src/relay/socket-attachment.ts';
import { Subscription } from '../../src/relay/subscription.ts';
import { MemorySocket } from './memory-socket.ts';

const cursors = fc
  .uniqueArray(fc.tuple(fc.nat({ max: 999 }), fc.maxSafeNat(), fc.boolean()), { selector: ([partition]) => partition })
  .map((entries) => entries.sort(([a], [b]) => a - b));

const saved = fc.record({
  id: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 64 }),
  topic: fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 249 }),
  topicId: fc.uuid(),
  as: fc.constantFrom('auto', 'json', 'text', 'base64'),
  coversTopic: fc.boolean(),
  creditBytes: fc.maxSafeInteger(),
  cursors,
});

it('brings a socket back as it was', () => {
  const states = fc.uniqueArray(saved, { selector: ({ id }) => id, maxLength: 5 });
  fc.assert(
    fc.property(
      fc.option(fc.string({ minLength: 1 })),
      fc.maxSafeNat(),
      states,
      (topic, countedToMs, subscriptions) => {
        const socket = new MemorySocket();
        const session = new RelaySession(socket.held(), topic, openPrincipal, countedToMs, new Set());
        for (const { cursors: entries, ...init } of subscriptions) {
          const subscription = new Subscription({ session, ...init });
          for (const entry of entries) subscription.addCursor(...entry);
          session.subscriptions.set(init.id, subscription);
        }
        session.save();
        const bytes = socket.attachment as Uint8Array;
        expect(bytes.length).toBeLessThanOrEqual(maxAttachmentSize(session));
        const restored = RelaySession.restore(socket.held(), bytes, new Set());
        expect(restored).toMatchObject({ topic, countedToMs });
        expect(encodeAttachment(restored)).toEqual(bytes);
        for (const { id, cursors: entries, creditBytes, as } of subscriptions) {
          const subscription = restored.subscriptions.get(id) as Subscription;
          expect(subscription).toMatchObject({ creditBytes, as });
          expect(subscription.cursors.map(({ partition, next, isBehind }) => [partition, next, isBehind])).toEqual(
            entries,
          );
        }
      },
    ),
  );
});
