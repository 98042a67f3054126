import type { RecordView } from './record-search.ts';
import { viewFilter, viewStart } from './view-filter.ts';

export type Command = { readonly label: string; readonly text: string };

type Place = {
  readonly origin: string;
  readonly mode: 'open' | 'closed';
  readonly nowMs: number;
  /** The time of the oldest record that is seen: where a view of the latest begins for a command. */
  readonly sinceMs: number | null;
};

/** Every record has a partition: what a search takes that leaves nothing out. */
const everything = 'partition >= 0';

/** Ways to read what a view shows from elsewhere; a closed platform's need MILLRACE_API_KEY. */
export function viewCommands(topic: string, view: RecordView, place: Place): readonly Command[] {
  return view.live ? tailCommands(topic, view, place) : searchCommands(topic, view, place);
}

function searchCommands(topic: string, view: RecordView, { origin, mode, nowMs, sinceMs }: Place): readonly Command[] {
  const where = viewFilter(view, nowMs) || everything;
  const start =
    view.from === 'latest' && view.where === ''
      ? sinceMs === null
        ? { offset: 'earliest' as const }
        : { timestamp: sinceMs }
      : viewStart(view, nowMs);
  const options = { topic, where, ...(view.partition === undefined ? {} : { partition: view.partition }), ...start };
  const { topic: _topic, ...query } = options;
  const parameters = Object.entries(query).map(([name, value]) => `--data-urlencode ${quoted(`${name}=${value}`)}`);
  const from = 'timestamp' in start ? `@${start.timestamp}` : String(start.offset);
  return [
    {
      label: 'curl',
      text: `curl -G '${origin}/v1/topics/${encodeURIComponent(topic)}/search' ${parameters.join(' ')}${keyHeader(mode)}`,
    },
    {
      label: 'TypeScript',
      text: `for await (const { records } of client.search(${JSON.stringify(options)})) for (const record of records) console.log(record.text());`,
    },
    {
      label: 'CLI',
      text: `millrace consume ${addressOf(topic, view)} --from ${quoted(from)} --where ${quoted(where)} --url ${origin}`,
    },
  ];
}

/** The filter is tried by who reads: what is pushed is everything. */
function tailCommands(topic: string, view: RecordView, { origin, mode }: Place): readonly Command[] {
  const partitions = view.partition === undefined ? {} : { partitions: [view.partition] };
  const where = view.where === '' ? '' : ` --where ${quoted(view.where)}`;
  return [
    { label: 'curl', text: `curl -N '${origin}/v1/topics/${encodeURIComponent(topic)}/stream'${keyHeader(mode)}` },
    {
      label: 'TypeScript',
      text: `for await (const record of client.consumer(${JSON.stringify({ topic, from: 'latest', ...partitions })})) console.log(record.text());`,
    },
    { label: 'CLI', text: `millrace consume ${addressOf(topic, view)} --follow${where} --url ${origin}` },
  ];
}

const addressOf = (topic: string, { partition }: RecordView) =>
  partition === undefined ? topic : `${topic}/${partition}`;

const keyHeader = (mode: 'open' | 'closed') => (mode === 'open' ? '' : ' -H "authorization: Bearer $MILLRACE_API_KEY"');

/** One argument of a POSIX shell, whatever is in it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
