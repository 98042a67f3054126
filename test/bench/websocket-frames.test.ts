import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WebSocketFrameReader, webSocketFrame, webSocketOpcodes } from '../../bench/websocket-frames.ts';

/** Lengths around the two places where the length field grows. */
const lengths = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 65_530, max: 65_540 }),
  fc.constantFrom(125, 126, 127, 65_535, 65_536),
);

/** A decoder of client frames written from RFC 6455 alone: masked, unfragmented. */
function decodeClientFrame(frame: Buffer): { opcode: number; payload: Buffer; end: number } {
  const short = frame[1]! & 0x7f;
  expect(frame[0]! & 0x80, 'FIN').toBe(0x80);
  expect(frame[1]! & 0x80, 'MASK').toBe(0x80);
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  let length = lengthBytes === 0 ? short : 0;
  for (let index = 0; index < lengthBytes; index++) length = length * 256 + frame[2 + index]!;
  const mask = frame.subarray(2 + lengthBytes, 6 + lengthBytes);
  const masked = frame.subarray(6 + lengthBytes, 6 + lengthBytes + length);
  const payload = Buffer.from(masked.map((byte, index) => byte ^ mask[index % 4]!));
  return { opcode: frame[0]! & 0x0f, payload, end: 6 + lengthBytes + length };
}

/** What a server sends: the same frame without its mask. */
function serverFrame(opcode: number, payload: Buffer): Buffer {
  const masked = webSocketFrame(opcode, payload);
  const headBytes = masked.length - payload.length - 4;
  const head = Buffer.from(masked.subarray(0, headBytes));
  head[1] = head[1]! & 0x7f;
  return Buffer.concat([head, payload]);
}

const payloadOf = (length: number) => Buffer.from(Array.from({ length }, (_, index) => (index * 31) % 256));

describe('webSocketFrame', () => {
  test('is a frame that a server unmasks to the payload', () => {
    fc.assert(
      fc.property(lengths, (length) => {
        const frame = webSocketFrame(webSocketOpcodes.binary, payloadOf(length));
        const decoded = decodeClientFrame(frame);
        expect(decoded.opcode).toBe(2);
        expect(decoded.end).toBe(frame.length);
        expect(decoded.payload.equals(payloadOf(length))).toBe(true);
      }),
    );
  });

  test('is the shortest form RFC 6455 asks for', () => {
    expect(webSocketFrame(webSocketOpcodes.text, Buffer.from('Hi')).toString('hex')).toBe('8182000000004869');
    expect(webSocketFrame(webSocketOpcodes.binary, payloadOf(126)).subarray(0, 4).toString('hex')).toBe('82fe007e');
    expect(webSocketFrame(webSocketOpcodes.binary, payloadOf(65_536)).subarray(0, 10).toString('hex')).toBe(
      '82ff0000000000010000',
    );
  });
});

describe('WebSocketFrameReader', () => {
  const frames = fc.array(lengths, { minLength: 1, maxLength: 6 });
  const pieces = fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 50 });

  test('splits what a server sends into its frames, however it arrives', () => {
    fc.assert(
      fc.property(frames, pieces, fc.constantFrom(17, 512, Number.POSITIVE_INFINITY), (sent, sizes, keptBytes) => {
        const bytes = Buffer.concat(sent.map((length) => serverFrame(webSocketOpcodes.binary, payloadOf(length))));
        const received: { length: number; head: Buffer }[] = [];
        const reader = new WebSocketFrameReader(keptBytes, ({ length, head }) => {
          received.push({ length, head: Buffer.from(head) });
        });
        let at = 0;
        for (let piece = 0; at < bytes.length; piece++) {
          const end = at + sizes[piece % sizes.length]!;
          // The reader may not keep what it is given: its caller reads into the same memory again.
          const lent = Buffer.from(bytes.subarray(at, end));
          reader.push(lent);
          lent.fill(0xee);
          at = end;
        }
        expect(received.map(({ length }) => length)).toEqual(sent);
        for (const { length, head } of received) {
          expect(head.equals(payloadOf(length).subarray(0, Math.min(length, keptBytes)))).toBe(true);
        }
      }),
    );
  });

  test('refuses a fragmented message, which it would miscount', () => {
    const reader = new WebSocketFrameReader(10, () => {});
    expect(() => reader.push(Buffer.from([0x02, 0x01, 0x61]))).toThrow('fragmented');
  });
});
