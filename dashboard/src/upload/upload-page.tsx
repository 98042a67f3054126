import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import type { Topic } from '../../../src/client/index.ts';
import { type FileFormat, formatOfName } from '../../../src/record-files/file-format.ts';
import { formatBytes } from '../lib/format.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { topicQuery } from '../topics/queries.ts';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { FileField, SelectField, TextField } from '../ui/field.tsx';
import { UploadOutcome } from './upload-outcome.tsx';
import { type UploadPlan, useUpload } from './use-upload.ts';

const route = getRouteApi('/$organization/$cluster/topics/$topic/upload');

/** Sends the records of a file. */
export function UploadPage() {
  const { topic: name } = route.useParams();
  const { client, may } = useSession();
  const topic = useQuery(topicQuery(client, useScope(), name)).data;
  if (topic === undefined) return null;
  if (!may('records.write')) return <EmptyState title="You may not produce here" />;
  return <UploadForm topic={topic} />;
}

const kinds: readonly { readonly value: FileFormat['kind']; readonly label: string }[] = [
  { value: 'lines', label: 'Lines: each is a value' },
  { value: 'ndjson', label: 'NDJSON: each line is a JSON value' },
  { value: 'json', label: 'Records, as "millrace consume" prints them' },
  { value: 'csv', label: 'CSV: each row is an object of texts' },
];

/** What the key field means in each format; records have their own keys. */
const keyFields: Readonly<Record<FileFormat['kind'], { readonly label: string; readonly hint: string } | null>> = {
  lines: { label: 'Key separator', hint: 'what stands between key and value; empty for no keys' },
  ndjson: { label: 'Key', hint: 'a JSON pointer such as /customer/id; empty for no keys' },
  csv: { label: 'Key column', hint: 'the name of a column; empty for no keys' },
  json: null,
};

function UploadForm({ topic }: { readonly topic: Topic }) {
  const [file, setFile] = useState<File | null>(null);
  const [format, setFormat] = useState<FileFormat>({ kind: 'lines', key: '' });
  const [partition, setPartition] = useState('');
  const [fromLine, setFromLine] = useState('1');
  const upload = useUpload(topic);
  const line = /^[1-9]\d{0,14}$/.test(fromLine) ? Number(fromLine) : null;
  const isBusy = upload.state.kind === 'checking' || upload.state.kind === 'sending';
  const plan: UploadPlan | null =
    file === null || line === null
      ? null
      : { file, format, fromLine: line, partition: partition === '' ? undefined : Number(partition) };
  const partitions = partitionChoices(topic);
  return (
    <div className="flex min-w-0 flex-col gap-5">
      <form
        className="grid max-w-3xl gap-4 sm:grid-cols-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (plan !== null) void upload.check(plan);
        }}
      >
        <fieldset className="contents" disabled={isBusy} onChange={upload.forget}>
          <FileField
            label="File"
            onChoose={(chosen) => {
              setFile(chosen);
              setFromLine('1');
              if (chosen !== null) setFormat({ kind: formatOfName(chosen.name), key: '' });
            }}
            hint={file === null ? 'NDJSON, CSV, or any text of lines' : formatBytes(file.size)}
          />
          <FormatFields format={format} onChange={setFormat} />
          <SelectField
            label="Partition"
            choices={partitions}
            value={partition}
            onChange={({ target }) => setPartition(target.value)}
          />
          <TextField
            label="From line"
            inputMode="numeric"
            value={fromLine}
            onChange={({ target }) => setFromLine(target.value)}
            problem={line === null ? 'a whole number from 1 on' : null}
            hint="a later one goes on with a file that was not sent whole"
          />
        </fieldset>
        <div className="sm:col-span-2">
          <Button type="submit" disabled={plan === null || isBusy}>
            Check the file
          </Button>
        </div>
      </form>
      <UploadOutcome
        topic={topic}
        state={upload.state}
        fileBytes={file?.size ?? 0}
        onSend={() => plan !== null && void upload.send(plan)}
        onCancel={upload.cancel}
        onGoOn={(next) => {
          upload.forget();
          setFromLine(String(next));
        }}
      />
    </div>
  );
}

function partitionChoices({ partitions }: Topic) {
  return [
    { value: '', label: 'Chosen by the key' },
    ...Array.from({ length: partitions }, (_, index) => ({ value: String(index), label: `Partition ${index}` })),
  ];
}

function FormatFields({
  format,
  onChange,
}: {
  readonly format: FileFormat;
  readonly onChange: (format: FileFormat) => void;
}) {
  const keyField = keyFields[format.kind];
  return (
    <>
      <SelectField
        label="Format"
        choices={kinds}
        value={format.kind}
        onChange={({ target }) => onChange({ kind: target.value as FileFormat['kind'], key: '' })}
      />
      {keyField === null ? null : (
        <TextField
          {...keyField}
          className="font-mono"
          value={format.key}
          onChange={({ target }) => onChange({ ...format, key: target.value })}
        />
      )}
    </>
  );
}
