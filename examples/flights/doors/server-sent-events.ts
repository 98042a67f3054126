import type { DeliveredRecord } from '../topic-check.ts';
import type { Door } from './door.ts';
import { recordOfLine } from './record-line.ts';

const newline = 0x0a;
const dataField = 'data: ';

/** GET .../stream: all partitions on one connection, an event a record. */
export const readEvents: Door = async function* ({ url, topic }) {
  const connection = new AbortController();
  const response = await fetch(`${url}/v1/topics/${encodeURIComponent(topic)}/stream?from=earliest`, {
    headers: { accept: 'text/event-stream' },
    signal: connection.signal,
  });
  if (!response.ok || response.body === null) throw new Error(`${response.url}: ${await response.text()}`);
  let carry = new Uint8Array();
  try {
    for await (const chunk of response.body) {
      const bytes = new Uint8Array(carry.length + chunk.length);
      bytes.set(carry);
      bytes.set(chunk, carry.length);
      const end = bytes.lastIndexOf(newline) + 1;
      carry = bytes.slice(end);
      yield recordsOfEvents(bytes.subarray(0, end));
    }
  } finally {
    connection.abort();
  }
};

/** An event without a name is a record; its data is one line. */
function recordsOfEvents(lines: Uint8Array): DeliveredRecord[] {
  const records: DeliveredRecord[] = [];
  for (let start = 0; start < lines.length; ) {
    const end = lines.indexOf(newline, start);
    const line = lines.subarray(start, end);
    const field = String.fromCharCode(...line.subarray(0, dataField.length));
    if (field === 'event:') throw new Error(`the stream says ${new TextDecoder().decode(lines.subarray(start))}`);
    if (field === dataField) records.push(recordOfLine(line.subarray(dataField.length)));
    start = end + 1;
  }
  return records;
}
