import type { Mutant } from '../../support/lay-mutant.ts';

const one = (name: string, breaks: string, file: string, find: string, replace: string): Mutant => ({
  name,
  breaks,
  edits: [{ file, find, replace }],
});

/**
 * The test of the tests: every one of these must be noticed by the simulation within 500 seeds. They are laid over the
 * modules as they are loaded; nothing in src knows of them. An edit whose text is no longer there fails the run, so a
 * mutant cannot fade out of use.
 */
export const mutants: readonly Mutant[] = [
  one(
    'no-sequence-dedup',
    "A producer's retry is appended again.",
    'src/log/producer-state.ts',
    'if (entry === null) return ok({ duplicateOf: null });',
    'return ok({ duplicateOf: null });',
  ),
  one(
    'retry-gets-new-offset',
    'A recognised retry is answered with the end of the log instead of its first offset.',
    'src/log/append-plan.ts',
    'ranges.push(duplicateOf);',
    'ranges.push({ ...duplicateOf, baseOffset: this.#nextOffset });',
  ),
  one(
    'producers-not-stored',
    "What is known of producers stays in memory and is lost with the object's instance.",
    'src/log/partition-leader.ts',
    'for (const entry of plan.producers) this.#producers.write(entry);',
    '',
  ),
  one(
    'producer-ids-repeat',
    'A restarted cluster object hands out producer ids that are in use.',
    'src/topics/catalog-store.ts',
    "'UPDATE cluster SET next_producer_id = next_producer_id + ? RETURNING next_producer_id - ? AS first',",
    "'UPDATE cluster SET next_producer_id = next_producer_id + 0 * (? + ?) RETURNING next_producer_id AS first',",
  ),
  one(
    'key-stored-later',
    'The row of an Idempotency-Key is written after the transaction that appends its records.',
    'src/log/partition-leader.ts',
    'for (const { claim, ranges } of plan.claims) this.#idempotency.write(claim, ranges);',
    `void this.#ports.yieldTurn().then(() => this.#ports.sql.transaction(() => {
        for (const { claim, ranges } of plan.claims) this.#idempotency.write(claim, ranges);
      }));`,
  ),
  one(
    'key-not-stored',
    'An Idempotency-Key is not remembered.',
    'src/log/partition-leader.ts',
    'for (const { claim, ranges } of plan.claims) this.#idempotency.write(claim, ranges);',
    '',
  ),
  one(
    'key-ignores-division',
    'A retry over another number of partitions is answered with the offsets of the first division.',
    'src/gateway/produce.ts',
    'bodyHash: `${claim.bodyHash}/${route.partitionCount}`',
    'bodyHash: claim.bodyHash',
  ),
  one(
    'reply-before-durable',
    "Answers leave an object before their commit is durable (the runtime's allowUnconfirmed).",
    'test/simulation/simulated-object.ts',
    "else if (this.state === 'alive') this.object.output(send);",
    "else if (this.state === 'alive') send();",
  ),
  one(
    'end-forgotten-at-start',
    'A restarted partition takes its open segment for empty.',
    'src/log/partition-log.ts',
    'lastRow: this.#segments.lastRow(baseOffset)',
    'lastRow: null',
  ),
  one(
    'overlapping-flushes',
    'A flush places its batches one offset too early once in a while.',
    'src/log/append-plan.ts',
    'const baseOffset = this.#nextOffset + this.#runRecordCount;',
    'const baseOffset = this.#nextOffset + (this.#runRecordCount === 2 ? 1 : this.#runRecordCount);',
  ),
  {
    name: 'failed-delivery-counts',
    breaks: 'A delivery that failed is taken for made, and no announcement tells of what it skipped.',
    edits: [
      {
        file: 'src/log/relay-deliveries.ts',
        find: 'relay.mustAnnounce ||= from >= to;',
        replace: 'relay.nextOffset = Math.max(relay.nextOffset, to);',
      },
      {
        file: 'src/log/partition-leader.ts',
        find: `    this.deliveries.announce();
    this.#prune(nowMs);`,
        replace: '    this.#prune(nowMs);',
      },
    ],
  },
  one(
    'news-instead-of-announcement',
    'A range of news counts as the announcement that was due, although no relay looks again for it.',
    'src/log/relay-deliveries.ts',
    'if (from >= to) relay.mustAnnounce = false;',
    'relay.mustAnnounce = false;',
  ),
  one(
    'upkeep-not-armed',
    'No alarm repeats a delivery that was lost.',
    'src/log/partition-leader.ts',
    'if (written.sealed.length === 0) void this.#armUpkeep(nowMs);',
    '',
  ),
  one(
    'failure-not-repeated',
    'A delivery that fails when the alarm that made it has done its work is left to the next flush.',
    'src/log/relay-deliveries.ts',
    'this.#onFailure();',
    '',
  ),
  one(
    'relay-skips-hole',
    'A relay takes every delivery for the continuation of what it sent.',
    'src/relay/subscription.ts',
    'if (cursor.next < range.from || !range.hasBatches',
    'if (!range.hasBatches',
  ),
  one(
    'relay-keeps-no-place',
    'What a relay sent is not kept with the socket, so that it is sent again after an eviction.',
    'src/relay/relay-service.ts',
    `      subscription.session.send(text);
      subscription.session.changed();`,
    '      subscription.session.send(text);',
  ),
  one(
    'relay-remembers-topics',
    'A subscription begins in a topic as the relay remembers it, which may have had fewer partitions.',
    'src/relay/subscriber.ts',
    'this.#routes.forget(topic);',
    '',
  ),
  one(
    'relay-registers-not-again',
    'A relay that came back into memory does not ask where the log ends.',
    'src/relay/catch-up.ts',
    'for (const cursor of feed.cursors) cursor.isBehind ||= cursor.next < feed.knownEnd;',
    '',
  ),
  one(
    'fast-door-skips',
    'A row is pushed to every reader of a partition, also to those that miss what is before it.',
    'src/log/fast-door.ts',
    'subscription.next !== row.baseOffset',
    'subscription.next > row.baseOffset',
  ),
  one(
    'close-not-stored',
    "A partition's end is remembered in memory only.",
    'src/log/partition-identity.ts',
    "sql.transaction(() => sql.run('UPDATE partition SET closed_at_ms = ?', nowMs));",
    'sql.transaction(() => void nowMs);',
  ),
  one(
    'deletion-not-stored',
    'A deleted topic stays in the catalog, although its partitions are closed.',
    'src/topics/catalog-store.ts',
    `"UPDATE topic SET state = 'DELETING' WHERE topic_id = ?"`,
    `"UPDATE topic SET state = 'ACTIVE' WHERE topic_id = ?"`,
  ),
  one(
    'outbox-forgets',
    'A delivery of the outbox is taken off although its call failed.',
    'src/topics/partition-outbox.ts',
    'const again = decideDeliveryOutcome(',
    "const again = outcome === 'failed' ? null : decideDeliveryOutcome(",
  ),
  one(
    'close-told-once',
    'A close counts while a grant that was issued before can still bring the partition back.',
    'src/topics/catalog-decisions.ts',
    'if (nowMs < finalAtMs) return { attempts: 0, dueAtMs: finalAtMs };',
    '',
  ),
  {
    name: 'grants-for-ever',
    breaks: 'A grant never expires, and a purged partition forgets at once that it was closed.',
    edits: [
      { file: 'src/log/partition-grant.ts', find: 'nowMs > grant.expiresAtMs', replace: 'nowMs < 0' },
      {
        file: 'src/log/partition-purge.ts',
        find: 'closedAtMs + 2 * grantLifetimeMs',
        replace: 'closedAtMs',
      },
    ],
  },
  one(
    'purge-drops-the-end',
    'A purge drops the open segment too, without which the object cannot start again.',
    'src/log/segment-store.ts',
    "if (is_open === 1) this.open(base_offset, -1, '');",
    '',
  ),
  one(
    'lost-try-forgotten',
    'An append whose first try was interrupted is answered with what its second try failed with.',
    'src/gateway/partition-caller.ts',
    'history.wasInterrupted = true;',
    '',
  ),
  one(
    'topic-id-repeats',
    'A topic that is created again gets the id of the old one.',
    'test/simulation/simulated-platform.ts',
    'this.#topicCount += 1;',
    'this.#topicCount = 1;',
  ),
  one(
    'retention-ignores-time',
    'Retention drops every segment that expires at all, whenever that may be.',
    'src/log/maintenance/retention-decision.ts',
    'const isExpired = expiryMs !== null && expiryMs <= state.nowMs;',
    'const isExpired = expiryMs !== null;',
  ),
  one(
    'log-start-not-stored',
    'Retention drops segments without moving the log start.',
    'src/log/maintenance/retention.ts',
    'storeLogStart(sql, logStartOffset);',
    '',
  ),
  one(
    'dropped-object-forgotten',
    'The object of a segment that retention drops is never deleted.',
    'src/log/maintenance/retention.ts',
    'if (segment.objectKey !== null) this.#tombstones.add(segment.objectKey, nowMs + objectGraceMs);',
    '',
  ),
  {
    name: 'tiering-trusts-the-put',
    breaks: 'A segment leaves its rows although the put of its object failed.',
    edits: [
      {
        file: 'src/log/maintenance/tiering.ts',
        find: `    } catch (cause) {
      return storeFailure(\`take the segment at offset \${state.baseOffset}\`, cause);
    }`,
        replace: `    } catch {
      head = { sizeBytes: built.bytes.length, sha256: built.sha256 };
    }`,
      },
    ],
  },
  one(
    'tiering-forgets-its-object',
    'The key of an object is not remembered when a job for it is given up.',
    'src/log/maintenance/tiering.ts',
    'if (stored !== null) this.#bury(stored.key, nowMs);',
    '',
  ),
  one(
    'compaction-drops-the-last',
    'Compaction removes the last record of a key too.',
    'src/log/maintenance/compaction/cleaning-rule.ts',
    'keys.lastOffset(section, keyStart, keyEnd) > offset',
    'keys.lastOffset(section, keyStart, keyEnd) >= offset',
  ),
  one(
    'remote-read-passes-over',
    'A read goes on behind the segment it was to read.',
    'src/gateway/tiered-reader.ts',
    'passedTo = segment.lastOffset + 1;\n      if (start.value === null) continue;',
    'passedTo = segment.lastOffset + 1;\n      if (start.value === null || start.value === segment.lastOffset) continue;',
  ),
  one(
    'purge-leaves-objects',
    'A purge takes the object store for empty without looking.',
    'src/log/partition-purge.ts',
    "if (keys.length === 0) return 'none';",
    "if (keys.length >= 0) return 'none';",
  ),
];
