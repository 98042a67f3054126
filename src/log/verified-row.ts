import { type Failed, failed, ok, type Result } from '../errors/result.ts';
import type { LogRow } from './segment-store.ts';
import { verifyStoredBatches } from './stored-batches.ts';

/** A row as far as its bytes are what was stored, and what is wrong with the rest of it. */
export type VerifiedRow = {
  /** Cut to the batches before the first damaged one. */
  readonly sound: LogRow;
  readonly damage: Failed | null;
};

/** Checks the batches of a row that was read back: SQLite does not notice when a disk changes them. */
export function verifyRow(row: LogRow): VerifiedRow {
  const { batches, baseOffset, lastOffset } = row;
  let soundBytes = 0;
  let soundOffset = baseOffset - 1;
  const verified = verifyStoredBatches(batches, baseOffset, (header, at) => {
    soundBytes = at + header.sizeBytes;
    soundOffset = header.baseOffset + header.lastOffsetDelta;
  });
  if (verified.ok && soundOffset === lastOffset) return { sound: row, damage: null };
  const sound = { baseOffset, lastOffset: soundOffset, batches: batches.subarray(0, soundBytes) };
  const why = verified.ok
    ? `The row stored at offset ${baseOffset} should end at ${lastOffset}, but its batches do not. Nothing from offset ${soundOffset + 1} on can be read until it is restored.`
    : verified.error.message;
  const detail = { offset: Math.max(soundOffset + 1, baseOffset), last_offset: lastOffset };
  return { sound, damage: failed('KAFKA_STORAGE_ERROR', why, detail) };
}

/** The sound part of a row, when `offset` or something after it is in there; else what is wrong. */
export function soundFrom({ sound, damage }: VerifiedRow, offset: number): Result<LogRow> {
  return damage === null || sound.lastOffset >= offset ? ok(sound) : damage;
}
