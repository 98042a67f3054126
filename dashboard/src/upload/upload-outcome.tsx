import { Link } from '@tanstack/react-router';
import type { Topic } from '../../../src/client/index.ts';
import type { LineProblem } from '../../../src/record-files/record-reader.ts';
import { formatBytes, formatCount, plural } from '../lib/format.ts';
import { useSession } from '../session/session-context.tsx';
import { Button } from '../ui/button.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { type Column, Table } from '../ui/table.tsx';
import type { FileReport, UploadEnd } from './upload-file.ts';
import type { UploadState } from './use-upload.ts';

/** How far an upload is, what is wrong with the file, and what became of it. */
export function UploadOutcome(props: {
  readonly topic: Topic;
  readonly state: UploadState;
  readonly fileBytes: number;
  readonly onSend: () => void;
  readonly onCancel: () => void;
  readonly onGoOn: (line: number) => void;
}) {
  const { state, fileBytes } = props;
  switch (state.kind) {
    case 'idle':
      return null;
    case 'unreadable':
      return <ProblemNotice error={state.error} />;
    case 'checking':
      return <ProgressBar label="Reading the file" value={state.readBytes} max={fileBytes} />;
    case 'checked':
      return <Report report={state.report} onSend={props.onSend} />;
    case 'sending':
      return (
        <div className="flex max-w-3xl flex-col gap-3">
          <ProgressBar
            label={`${plural(state.stored, 'record')} stored, ${formatBytes(state.readBytes)} of ${formatBytes(fileBytes)} read`}
            value={state.readBytes}
            max={fileBytes}
          />
          <div>
            <Button onClick={props.onCancel} busyLabel={state.isCancelled ? 'Waiting for what was sent …' : null}>
              Cancel
            </Button>
          </div>
        </div>
      );
    case 'ended':
      return <End topic={props.topic} end={state.end} isCancelled={state.isCancelled} onGoOn={props.onGoOn} />;
  }
}

function Report({ report, onSend }: { readonly report: FileReport; readonly onSend: () => void }) {
  const { records, problems, problemCount } = report;
  const left = problemCount === 0 ? '' : `, leave out ${plural(problemCount, 'line')}`;
  return (
    <div className="flex max-w-3xl min-w-0 flex-col gap-3">
      <p role="status">
        {plural(records, 'record')}
        {problemCount === 0
          ? ''
          : `, and ${plural(problemCount, 'line')} that ${problemCount === 1 ? 'is' : 'are'} none`}
        . Nothing was sent yet.
      </p>
      {problemCount === 0 ? null : (
        <Table
          caption="Lines that are no records"
          columns={columns}
          rows={problems}
          rowKey={({ line }) => String(line)}
        />
      )}
      {problemCount > problems.length ? (
        <p className="text-sm text-muted">The first {formatCount(problems.length)} are shown.</p>
      ) : null}
      <div>
        <Button kind="primary" disabled={records === 0} onClick={onSend}>
          {`Upload ${plural(records, 'record')}${left}`}
        </Button>
      </div>
    </div>
  );
}

const columns: readonly Column<LineProblem>[] = [
  { header: 'Line', isNumber: true, cell: ({ line }) => formatCount(line) },
  { header: 'What is wrong', cell: ({ message }) => message },
];

function End(props: {
  readonly topic: Topic;
  readonly end: UploadEnd;
  readonly isCancelled: boolean;
  readonly onGoOn: (line: number) => void;
}) {
  const { stored, failure, nextLine } = props.end;
  const { organization_id: organization, cluster_id: cluster } = useSession();
  return (
    <div className="flex max-w-3xl flex-col gap-3">
      {failure === null ? null : <ProblemNotice error={failure} />}
      <p role="status">
        {plural(stored, 'record')} stored{failure === null && !props.isCancelled ? '.' : ''}
        {nextLine === null ? '' : `; every line before ${formatCount(nextLine)} is in the topic.`}
        {props.isCancelled && nextLine === null ? '.' : ''}
      </p>
      <div className="flex flex-wrap gap-3">
        {nextLine === null ? null : (
          <Button onClick={() => props.onGoOn(nextLine)}>{`Go on from line ${formatCount(nextLine)}`}</Button>
        )}
        <Link
          to="/$organization/$cluster/topics/$topic"
          params={{ organization, cluster, topic: props.topic.name }}
          className="text-accent underline"
        >
          See the records
        </Link>
      </div>
    </div>
  );
}
