/**
 * Loose records: records on their way to a partition that have no batch yet. Each is
 *
 *     i64 timestamp in ms (-1: stamped at append), u32 length, then `length` bytes of a Kafka v2 record from its key
 *     length on: varint key length, key, varint value length, value, varint header count, headers
 *
 * back to back, big-endian. The partition frames all loose records of a flush into one batch: it only prepends each
 * record's length, attributes and deltas.
 */
export const looseRecordHeaderBytes = 12;
