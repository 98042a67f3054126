import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { type Client, type ConsumedRecord, createClient } from '../../../../src/client/index.ts';
import { formatCount, plural } from '../../lib/format.ts';
import { PayloadPreview } from '../../records/payload.tsx';
import { readRecords } from '../../records/read-records.ts';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/field.tsx';
import { Section } from '../../ui/page.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { Timestamp } from '../../ui/timestamp.tsx';

const shownMax = 20;
const topicsMax = 100;

/** Asks the platform with nothing but the token, as the page would that it is meant for. */
export function TokenTrial({ token, topic }: { readonly token: string; readonly topic: string }) {
  const client = createClient({ url: location.origin, credential: token });
  return (
    <Section title="Try it">
      <p className="text-sm text-muted">
        Everything below is asked with this token alone, and answered as the page would be answered that it is for.
      </p>
      <TopicsSeen client={client} />
      <RecordsSeen client={client} initialTopic={topic} />
      <WriteTrial client={client} initialTopic={topic} />
    </Section>
  );
}

function TopicsSeen({ client }: { readonly client: Client }) {
  const listing = useMutation({
    mutationFn: async () => {
      const names: string[] = [];
      for await (const { name } of client.topics.list()) {
        names.push(name);
        if (names.length === topicsMax) break;
      }
      return names;
    },
  });
  return (
    <div className="flex flex-wrap items-center gap-3">
      <Button busyLabel={listing.isPending ? 'Asking …' : null} onClick={() => listing.mutate()}>
        List topics
      </Button>
      {listing.error ? <ProblemNotice error={listing.error} /> : null}
      {listing.data === undefined ? null : (
        <p role="status" className="text-sm">
          It sees {plural(listing.data.length, 'topic')}
          {listing.data.length === 0 ? '.' : ': '}
          <span className="font-mono text-xs">{listing.data.join(', ')}</span>
        </p>
      )}
    </div>
  );
}

function RecordsSeen({ client, initialTopic }: { readonly client: Client; readonly initialTopic: string }) {
  const [name, setName] = useState(initialTopic);
  const reading = useMutation({
    mutationFn: async () => {
      const topic = await client.topics.describe(name.trim());
      const query = { topic, partition: null, position: { kind: 'latest' }, untilMs: null, size: shownMax } as const;
      return readRecords(client, query, new AbortController().signal);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    reading.mutate();
  };
  return (
    <div className="flex flex-col gap-3">
      <form onSubmit={submit} className="flex flex-wrap items-end gap-3">
        <TextField label="Topic to read" required value={name} onChange={({ target }) => setName(target.value)} />
        <Button type="submit" busyLabel={reading.isPending ? 'Reading …' : null}>
          Read the newest records
        </Button>
      </form>
      {reading.error ? <ProblemNotice error={reading.error} /> : null}
      {reading.data === undefined ? null : (
        <>
          <p role="status" className="text-sm">
            It sees {plural(reading.data.records.length, 'record')} of the newest.
          </p>
          {reading.data.records.length === 0 ? null : (
            <Table
              caption="Records that the token sees"
              columns={columns}
              rows={reading.data.records}
              rowKey={({ partition, offset }) => `${partition}@${offset}`}
            />
          )}
        </>
      )}
    </div>
  );
}

function WriteTrial({ client, initialTopic }: { readonly client: Client; readonly initialTopic: string }) {
  const [form, setForm] = useState({ topic: initialTopic, key: '', value: '{"from": "a trial"}' });
  const change = (changed: Partial<typeof form>) => setForm({ ...form, ...changed });
  const writing = useMutation({
    mutationFn: async () => {
      await using producer = client.producer({ topic: form.topic.trim() });
      return producer.send({ key: form.key === '' ? null : form.key, value: form.value });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    writing.mutate();
  };
  return (
    <div className="flex flex-col gap-3">
      <form onSubmit={submit} className="flex flex-wrap items-end gap-3">
        <TextField
          label="Topic to write to"
          required
          value={form.topic}
          onChange={({ target }) => change({ topic: target.value })}
        />
        <TextField label="Key" value={form.key} onChange={({ target }) => change({ key: target.value })} />
        <TextField label="Value" value={form.value} onChange={({ target }) => change({ value: target.value })} />
        <Button type="submit" busyLabel={writing.isPending ? 'Writing …' : null}>
          Write a record
        </Button>
      </form>
      {writing.error ? <ProblemNotice error={writing.error} /> : null}
      {writing.data === undefined ? null : (
        <p role="status" className="text-sm">
          Written to partition {writing.data.partition} at offset {formatCount(writing.data.offset)}.
        </p>
      )}
    </div>
  );
}

const columns: readonly Column<ConsumedRecord>[] = [
  { header: 'Partition', isNumber: true, cell: ({ partition }) => partition },
  { header: 'Offset', isNumber: true, cell: ({ offset }) => formatCount(offset) },
  { header: 'Timestamp', cell: ({ timestamp }) => <Timestamp ms={timestamp} /> },
  { header: 'Key', cell: ({ key }) => <PayloadPreview bytes={key} /> },
  { header: 'Value', cell: ({ value }) => <PayloadPreview bytes={value} /> },
];
