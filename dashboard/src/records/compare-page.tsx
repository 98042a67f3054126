import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Client, ConsumedRecord } from '../../../src/client/index.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { Button } from '../ui/button.tsx';
import { classNames } from '../ui/class-names.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { TextField } from '../ui/field.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { decodeElsewhere } from './decoder.ts';
import type { DiffLine } from './line-diff.ts';
import { plainRecord } from './record-row.ts';

const route = getRouteApi('/$organization/$cluster/topics/$topic/compare');

/** Where a record is within its topic: `3@8123456`. */
function placeOf(text: string): { readonly partition: number; readonly offset: number } | null {
  const [, partition, offset] = /^(\d{1,6})@(\d{1,15})$/.exec(text.trim()) ?? [];
  return partition === undefined ? null : { partition: Number(partition), offset: Number(offset) };
}

/** Two records of a topic beside each other, line by line, at an address. */
export function ComparePage() {
  const { topic } = route.useParams();
  const { left, right } = route.useSearch();
  const { client } = useSession();
  const scope = useScope();
  const isComplete = placeOf(left) !== null && placeOf(right) !== null;
  const comparison = useQuery({
    queryKey: [...scope, 'compare', topic, left, right],
    queryFn: async ({ signal }) => {
      const records = await Promise.all([left, right].map((place) => readOne(client, topic, place, signal)));
      const missing = [left, right].find((_, index) => records[index] === null);
      if (missing !== undefined) return { missing, lines: [] };
      const [first, second] = records.map((record) => plainRecord(record!));
      return { missing: null, lines: await decodeElsewhere('comparison', [first!, second!]) };
    },
    enabled: isComplete,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <PlacesForm key={`${left} ${right}`} left={left} right={right} />
      {!isComplete ? (
        <EmptyState title="Which records?">
          <p>Write where they are as partition@offset, or pick two in the list of records.</p>
        </EmptyState>
      ) : comparison.error ? (
        <ProblemNotice error={comparison.error} onRetry={() => void comparison.refetch()} />
      ) : comparison.data === undefined ? (
        <SkeletonRows />
      ) : comparison.data.missing !== null ? (
        <EmptyState title={`There is no record at ${topic}/${comparison.data.missing}`} />
      ) : (
        <Comparison left={left} right={right} lines={comparison.data.lines} />
      )}
    </div>
  );
}

/** The record at a place; null when compaction, retention or a transaction's marker left none there. */
async function readOne(
  client: Client,
  topic: string,
  text: string,
  signal: AbortSignal,
): Promise<ConsumedRecord | null> {
  const place = placeOf(text)!;
  const { records } = await client.read({ topic, ...place, maxRecords: 1, signal });
  return records[0]?.offset === place.offset ? records[0] : null;
}

function PlacesForm(props: { readonly left: string; readonly right: string }) {
  const navigate = route.useNavigate();
  const [left, setLeft] = useState(props.left);
  const [right, setRight] = useState(props.right);
  const problem = (text: string) => (text === '' || placeOf(text) !== null ? null : 'partition@offset, e.g. 0@17');
  return (
    <form
      className="flex flex-wrap items-start gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        void navigate({ search: { left: left.trim(), right: right.trim() } });
      }}
    >
      <TextField
        label="Left"
        placeholder="0@17"
        value={left}
        onChange={({ target }) => setLeft(target.value)}
        problem={problem(left)}
      />
      <TextField
        label="Right"
        placeholder="0@18"
        value={right}
        onChange={({ target }) => setRight(target.value)}
        problem={problem(right)}
      />
      <Button
        type="submit"
        kind="primary"
        className="mt-6"
        disabled={placeOf(left) === null || placeOf(right) === null}
      >
        Compare
      </Button>
    </form>
  );
}

const sides: Readonly<Record<DiffLine['side'], { readonly sign: string; readonly look: string }>> = {
  both: { sign: ' ', look: '' },
  left: { sign: '−', look: 'bg-danger/10 text-danger' },
  right: { sign: '+', look: 'bg-ok/10 text-ok' },
};

function Comparison(props: { readonly left: string; readonly right: string; readonly lines: readonly DiffLine[] }) {
  const count = (side: DiffLine['side']) => props.lines.filter((line) => line.side === side).length;
  const isEqual = count('left') + count('right') === 0;
  return (
    <figure className="flex min-w-0 flex-col gap-2">
      <figcaption className="flex flex-wrap gap-x-4 text-sm text-muted">
        <span className="text-danger">
          − <RecordLink place={props.left} />
        </span>
        <span className="text-ok">
          + <RecordLink place={props.right} />
        </span>
        <span>
          {isEqual ? 'They are the same' : `${count('left')} lines at the left alone, ${count('right')} at the right`}
        </span>
      </figcaption>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1).
        tabIndex={0}
        className="max-h-[70dvh] overflow-auto rounded-md border border-line bg-surface py-2 font-mono text-xs leading-5"
      >
        {props.lines.map(({ side, text }, index) => (
          <div
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place.
            key={index}
            className={classNames('px-3 break-words whitespace-pre-wrap', sides[side].look)}
          >
            {sides[side].sign} {text}
          </div>
        ))}
      </pre>
    </figure>
  );
}

function RecordLink({ place }: { readonly place: string }) {
  const params = route.useParams();
  const { partition, offset } = placeOf(place)!;
  return (
    <Link
      to="/$organization/$cluster/topics/$topic/$partition/$offset"
      params={{ ...params, partition: String(partition), offset: String(offset) }}
      className="underline"
    >
      {params.topic}/{place}
    </Link>
  );
}
