import { failed, ok, type Result } from '../../errors/result.ts';
import { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { compileReader, type Read } from './compile-reader.ts';
import { compileWriter, type Write } from './compile-writer.ts';
import type { Fields, FieldType, ReadOf, WriteOf } from './schema.ts';

/** Elements of arrays in one message, all together: far more than any client sends, and a few MB of memory. */
const elementsMax = 200_000;

/** A message of Kafka's protocol: reads and writes each of its versions. They are compiled when they are first used. */
export class MessageCodec<Table extends Fields> {
  readonly name: string;
  readonly #flexibleFrom: number;
  readonly #type: FieldType;
  readonly #readers: Read[] = [];
  readonly #writers: Write[] = [];

  constructor(name: string, flexibleFrom: number, fields: Table) {
    this.name = name;
    this.#flexibleFrom = flexibleFrom;
    this.#type = { kind: 'struct', fields };
  }

  isFlexible(version: number): boolean {
    return version >= this.#flexibleFrom;
  }

  /** The message that `bytes` begin with; INVALID_REQUEST when they are not one. Byte arrays in it are views. */
  decode(bytes: Uint8Array, version: number): Result<ReadOf<Table>> {
    const reader = new ByteReader(bytes, elementsMax);
    const message = this.read(reader, version);
    if (!reader.failed) return ok(message);
    return failed('INVALID_REQUEST', `The bytes are no ${this.name} of version ${version}.`);
  }

  /** Reads on; the reader says whether it failed. */
  read(reader: ByteReader, version: number): ReadOf<Table> {
    this.#readers[version] ??= compileReader(this.#type, version, this.isFlexible(version), false);
    return this.#readers[version](reader) as ReadOf<Table>;
  }

  write(writer: ByteWriter, version: number, message: WriteOf<Table>): void {
    this.#writers[version] ??= compileWriter(this.#type, version, this.isFlexible(version), false);
    this.#writers[version](writer, message);
  }
}

/** What reading a message gives. */
export type MessageOf<Codec> = Codec extends MessageCodec<infer Table> ? ReadOf<Table> : never;

/** A message that is flexible from this version on; null when it never is. */
export function message<const Table extends Fields>(
  name: string,
  flexibleFrom: number | null,
  fields: Table,
): MessageCodec<Table> {
  return new MessageCodec(name, flexibleFrom ?? Number.POSITIVE_INFINITY, fields);
}
