import { randomFillSync } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { encodeBatch } from '../../src/log/record.ts';
import { type Asker, askUntilAnswered } from './asking.ts';
import { PlatformGroup } from './platform-group.ts';

/** From the ready line after a kill to the first acknowledged append, in ms. */
export type RestartOutcome = {
  readonly largeMs: readonly number[];
  /** The same of a partition that holds one record: what the platform's own start costs. */
  readonly smallMs: readonly number[];
  readonly largeBytes: number;
};

/** A batch stays below the default max.message.bytes. */
const batchBytes = 1_000_000;

/** Restarts end after this long, however few they were: a busy machine starts slowly. */
const budgetMs = 90_000;

const json = { 'content-type': 'application/json' };

/**
 * How long the first append waits after a crash when the partition is large: it must not depend on how much the
 * partition holds. Each restart serves one topic only, so that the other's start does not count.
 */
export async function measureRestarts(
  dataDir: string,
  { restarts, largeBytes }: { readonly restarts: number; readonly largeBytes: number },
  say: (line: string) => void,
): Promise<RestartOutcome> {
  await using platform = new PlatformGroup(dataDir);
  await platform.start();
  const asker: Asker = { platform, log: { counts: { unanswered: 0 } } };
  for (const name of ['large', 'small']) {
    const body = JSON.stringify({ name, config: { 'retention.ms': '-1', 'millrace.tiering': 'false' } });
    await askUntilAnswered(asker, '/v1/topics', { method: 'POST', headers: json, body });
    await append(asker, name);
  }
  await fill(asker, largeBytes);
  say(`restarting ${restarts} times over ${largeBytes} bytes in one partition`);
  const measured = { large: [] as number[], small: [] as number[] };
  const startedAtMs = performance.now();
  for (let restart = 0; restart < restarts * 2 && performance.now() - startedAtMs < budgetMs; restart += 1) {
    await platform.kill();
    await platform.start();
    const name = restart % 2 === 0 ? 'large' : 'small';
    await append(asker, name);
    measured[name].push(performance.now() - platform.readyAtMs);
  }
  return { largeMs: measured.large, smallMs: measured.small, largeBytes };
}

async function append(asker: Asker, name: string): Promise<void> {
  const body = JSON.stringify({ records: [{ value: 'first' }] });
  const { status, answer } = await askUntilAnswered(asker, `/v1/topics/${name}/records`, {
    method: 'POST',
    headers: json,
    body,
  });
  if (status !== 200) throw new Error(`the append was refused: ${JSON.stringify(answer)}`);
}

/** Random bytes, which nothing on the way can make smaller. */
async function fill(asker: Asker, bytes: number): Promise<void> {
  for (let filled = 0; filled < bytes; filled += batchBytes) {
    const value = randomFillSync(new Uint8Array(batchBytes));
    const batch = encodeBatch([{ timestampMs: Date.now(), key: null, value, headers: [] }]);
    const { status, answer } = await askUntilAnswered(asker, '/v1/topics/large/records?partition=0', {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.millrace.batch' },
      body: batch as Uint8Array<ArrayBuffer>,
    });
    if (status !== 200) throw new Error(`the fill was refused: ${JSON.stringify(answer)}`);
  }
}
