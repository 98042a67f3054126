import { useQuery } from '@tanstack/react-query';
import { type PointerEvent, useState } from 'react';
import { parseMoment } from '../../../src/address/moment.ts';
import type { Topic } from '../../../src/client/index.ts';
import { formatCompact } from '../lib/format.ts';
import { formatTimestamp, useZone } from '../lib/zone.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { Button } from '../ui/button.tsx';
import type { RecordView } from './record-search.ts';
import { type Histogram, histogramOf, type Range } from './timeline-buckets.ts';

const bucketCount = 80;
const heightPx = 56;

/** When records came, over the whole of the log, about; one brushes over it, or clicks, to go there. */
export function TimeHistogram(props: {
  readonly topic: Topic;
  readonly view: RecordView;
  readonly onChange: (changed: Partial<RecordView>) => void;
}) {
  const { topic, view, onChange } = props;
  const { client } = useSession();
  const scope = useScope();
  const { partition } = view;
  const timeline = useQuery({
    queryKey: [...scope, 'timeline', topic.topicId, partition ?? null],
    queryFn: ({ signal }) => client.topics.timeline(topic.name, { partition, signal }),
    staleTime: 30_000,
  });
  if (timeline.error !== null) {
    return <p className="text-sm text-muted">The histogram cannot be read now: {timeline.error.message}</p>;
  }
  if (timeline.data === undefined) return <div className="h-20 rounded-md bg-sunken" />;
  const histogram = histogramOf(timeline.data, bucketCount);
  if (histogram === null) return null;
  const seek = ({ fromMs, toMs }: Range) =>
    onChange({
      from: new Date(fromMs).toISOString(),
      to: toMs >= histogram.toMs ? '' : new Date(toMs).toISOString(),
    });
  const chosen = chosenRange(view, histogram);
  return (
    <figure className="flex min-w-0 flex-col gap-1">
      <Bars histogram={histogram} chosen={chosen} onSeek={seek} />
      <figcaption className="flex flex-wrap items-center justify-between gap-x-4 text-xs text-muted">
        <Moment ms={histogram.fromMs} />
        {chosen === null ? (
          <span>When records came, about. Brush, or click, to go there</span>
        ) : (
          <Button kind="quiet" onClick={() => onChange({ from: view.where === '' ? 'latest' : 'earliest', to: '' })}>
            Show all of the time
          </Button>
        )}
        <Moment ms={histogram.toMs - 1} />
      </figcaption>
    </figure>
  );
}

function Moment({ ms }: { readonly ms: number }) {
  return <span className="tabular">{formatTimestamp(ms, useZone()).slice(0, 19)}</span>;
}

/** What of the histogram the view shows; null when it begins at no time. */
function chosenRange({ from, to }: RecordView, { fromMs, toMs }: Histogram): Range | null {
  const nowMs = Date.now();
  const startMs = parseMoment(from, nowMs);
  const endMs = to === '' ? null : parseMoment(to, nowMs);
  if (startMs === null && endMs === null) return null;
  const within = (ms: number) => Math.min(toMs, Math.max(fromMs, ms));
  return { fromMs: within(startMs ?? fromMs), toMs: within(endMs ?? toMs) };
}

/** Buckets between which a brush was drawn, in the order in which it was. */
type Brush = { readonly start: number; readonly end: number };

function Bars(props: {
  readonly histogram: Histogram;
  readonly chosen: Range | null;
  readonly onSeek: (range: Range) => void;
}) {
  const { histogram, chosen } = props;
  const { buckets, fromMs, toMs } = histogram;
  const zone = useZone();
  const [hovered, setHovered] = useState<number | null>(null);
  const [brush, setBrush] = useState<Brush | null>(null);
  const bucketAt = ({ clientX, currentTarget }: PointerEvent) => {
    const { left, width } = currentTarget.getBoundingClientRect();
    return Math.min(buckets.length - 1, Math.max(0, Math.floor(((clientX - left) / width) * buckets.length)));
  };
  const place = (ms: number) => ((ms - fromMs) / (toMs - fromMs)) * buckets.length;
  const shown =
    brush === null ? null : { first: Math.min(brush.start, brush.end), last: Math.max(brush.start, brush.end) };
  const marked =
    shown !== null
      ? { x: shown.first, width: shown.last - shown.first + 1 }
      : chosen === null
        ? null
        : { x: place(chosen.fromMs), width: Math.max(0.3, place(chosen.toMs) - place(chosen.fromMs)) };
  const bucket = hovered === null ? null : buckets[hovered]!;
  const time = (ms: number) => formatTimestamp(ms, zone).slice(0, 19);
  return (
    <div className="relative rounded-md border border-line bg-surface px-1 pt-1">
      <svg
        role="img"
        aria-label={`When records came, from ${time(fromMs)} to ${time(toMs)}. The fields From and To choose a part of it.`}
        viewBox={`0 0 ${buckets.length} ${heightPx}`}
        preserveAspectRatio="none"
        className="block h-14 w-full cursor-crosshair touch-none"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setBrush({ start: bucketAt(event), end: bucketAt(event) });
        }}
        onPointerMove={(event) => {
          const index = bucketAt(event);
          setHovered(index);
          setBrush((drawn) => (drawn === null ? null : { ...drawn, end: index }));
        }}
        onPointerUp={() => {
          if (shown !== null) {
            props.onSeek({ fromMs: buckets[shown.first]!.fromMs, toMs: buckets[shown.last]!.toMs });
          }
          setBrush(null);
        }}
        onPointerCancel={() => setBrush(null)}
        onPointerLeave={() => setHovered(null)}
      >
        {marked === null ? null : <rect {...marked} y={0} height={heightPx} className="fill-selected" />}
        <BucketBars histogram={histogram} hovered={hovered} />
      </svg>
      {bucket === null ? null : (
        <p className="pointer-events-none absolute top-1 right-2 rounded bg-surface px-1 text-xs text-muted">
          {time(bucket.fromMs)} – {time(bucket.toMs)} · about {formatCompact(Math.round(bucket.records))} records
        </p>
      )}
    </div>
  );
}

function BucketBars({ histogram, hovered }: { readonly histogram: Histogram; readonly hovered: number | null }) {
  const most = Math.max(1, ...histogram.buckets.map(({ records }) => records));
  return histogram.buckets.map(({ fromMs, records }, index) => {
    // A bucket with few records beside one with very many is still to be seen.
    const height = records < 0.5 ? 0 : Math.max(2, (records / most) * (heightPx - 4));
    return (
      <rect
        key={fromMs}
        x={index + 0.1}
        width={0.8}
        y={heightPx - height}
        height={height}
        className={index === hovered ? 'fill-accent' : 'fill-info'}
      />
    );
  });
}
