import { getRouteApi, Link } from '@tanstack/react-router';
import { useSession } from '../session/session-context.tsx';
import { buttonClasses } from '../ui/button.tsx';
import { Menu } from '../ui/menu.tsx';
import { useSay } from '../ui/toasts.tsx';
import type { ExportFormat } from './export-text.ts';
import { saveRecords } from './record-file.ts';
import type { RowShape } from './record-row.ts';
import type { RecordRow } from './record-rows.ts';
import type { RecordView } from './record-search.ts';
import { viewCommands } from './view-commands.ts';

const route = getRouteApi('/$organization/$cluster/topics/$topic');

/** What can be done with all that a view shows: take it along as a file, or as commands; compare two of it. */
export function ViewActions(props: {
  readonly topic: string;
  readonly view: RecordView;
  readonly rows: () => readonly RecordRow[];
  readonly picked: readonly string[];
}) {
  const { topic, view } = props;
  const { mode } = useSession();
  const say = useSay();
  const copy = (label: string) => {
    const times = props.rows().map(({ record }) => record.timestamp);
    const sinceMs = times.length === 0 ? null : Math.min(...times);
    const place = { origin: location.origin, mode, nowMs: Date.now(), sinceMs };
    const text = viewCommands(topic, view, place).find((command) => command.label === label)!.text;
    navigator.clipboard
      .writeText(text)
      .then(() => say(`Copied as ${label}`))
      .catch(() => say('The browser keeps its clipboard to itself'));
  };
  const save = (format: ExportFormat) => {
    const shape: RowShape = { rendering: view.as, columns: view.columns };
    saveRecords(topic, props.rows(), format, shape).catch((error: Error) => say(error.message));
  };
  return (
    <>
      <CompareLink picked={props.picked} />
      <Menu
        label="Copy as"
        items={['curl', 'TypeScript', 'CLI'].map((label) => ({ label, onChoose: () => copy(label) }))}
      >
        Copy as
      </Menu>
      <Menu
        label="Export"
        items={[
          { label: 'NDJSON of what is seen', onChoose: () => save('ndjson') },
          { label: 'CSV of what is seen', onChoose: () => save('csv') },
        ]}
      >
        Export
      </Menu>
    </>
  );
}

function CompareLink({ picked }: { readonly picked: readonly string[] }) {
  const params = route.useParams();
  const [left, right] = picked;
  if (left === undefined) return null;
  return (
    <Link
      to="/$organization/$cluster/topics/$topic/compare"
      params={params}
      search={{ left, right: right ?? '' }}
      className={buttonClasses('secondary')}
    >
      Compare {picked.length === 1 ? left : `${left} and ${right}`}
    </Link>
  );
}
