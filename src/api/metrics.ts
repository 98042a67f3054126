/** Distinct label sets one counter remembers: routes times statuses fit well; what comes beyond is not remembered. */
const maxSeriesPerCounter = 1_000;

type Labels = Readonly<Record<string, string | number>>;

const counterHelp = {
  millrace_requests_total: 'Requests answered, by route and status.',
  millrace_records_in_total: 'Records stored for producers, by door.',
  millrace_bytes_in_total: 'Bytes of request bodies and frames read from producers, by door.',
  millrace_records_out_total: 'Records handed to consumers, by door.',
  millrace_bytes_out_total: 'Bytes handed to consumers, by door.',
  millrace_storage_errors_total: 'Requests answered KAFKA_STORAGE_ERROR: what was stored is damaged or missing.',
} as const;

export type CounterName = keyof typeof counterHelp;

/**
 * Counters of this isolate since it started. A deployed Worker runs in many isolates, so a scrape sees one of them;
 * locally there is one, and the figures are whole.
 */
export class Metrics {
  readonly #series = new Map<CounterName, Map<string, number>>();

  count(name: CounterName, labels: Labels, amount = 1): void {
    this.#add(name, labelText(labels), amount);
  }

  /** The hot path's form: `labels` is text made once with {@link labelText}. */
  countLabelled(name: CounterName, labels: string, amount: number): void {
    this.#add(name, labels, amount);
  }

  /** The Prometheus text format 0.0.4. */
  render(): string {
    const lines: string[] = [];
    for (const [name, help] of Object.entries(counterHelp)) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} counter`);
      for (const [labels, value] of this.#series.get(name as CounterName) ?? [])
        lines.push(`${name}${labels} ${value}`);
    }
    return `${lines.join('\n')}\n`;
  }

  #add(name: CounterName, labels: string, amount: number): void {
    let series = this.#series.get(name);
    if (series === undefined) {
      series = new Map();
      this.#series.set(name, series);
    }
    const current = series.get(labels);
    if (current !== undefined) series.set(labels, current + amount);
    else if (series.size < maxSeriesPerCounter) series.set(labels, amount);
  }
}

/** Labels as Prometheus writes them: `{route="/v1/topics",status="200"}`. */
export function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(String(value))}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** This isolate's counters; every door counts into them. */
export const metrics = new Metrics();
