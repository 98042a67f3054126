import type { BenchContext } from '../bench-context.ts';
import type { ServerProcess } from '../child-process.ts';
import { processTreeCpuMs } from '../cpu-time.ts';
import { GroupMember } from '../group-member.ts';
import type { Outcome } from '../outcome.ts';
import { batchOf, jsonValue } from '../payloads.ts';
import { type Contender, interleave, type Sample } from '../rounds.ts';
import { ratioOfAtLeast, row, type Suite } from '../suite.ts';

const partitions = 8;
const members = 8;
const recordsPerBatch = 1_000;
const plainName = 'plain fetch';

/** Consumer groups over plain HTTP, against the same records fetched partition by partition. */
export const groups: Suite = {
  name: 'groups',
  about: `a group of ${members} over ${partitions} partitions against plain fetches; a group whose members keep dying`,
  async run(context) {
    const server = await context.platform('platform');
    const records = context.effort.isQuick ? 80_000 : 200_000;
    const topic = await filledTopic(context, server, 'groups-rate', records);
    let rounds = 0;
    const contenders: Record<string, Contender> = {
      [plainName]: () => measured(server, records, () => fetchAll(server, topic)),
      group: async () => {
        const crowd = await joined(server, topic, `rate-${++rounds}`);
        return measured(server, records, () => consumeAll(crowd));
      },
    };
    context.say('reading it plainly and in groups');
    const samples = await interleave(contenders, context.effort.rounds);
    const name = `group consume over HTTP, JSON of 100 B records, ${members} members`;
    const target = ratioOfAtLeast(0.5);
    return [
      row(name, samples, 'group', { unit: 'records/s', against: plainName, target }),
      await crashes(context, server),
    ];
  },
};

async function filledTopic(
  context: BenchContext,
  server: ServerProcess,
  name: string,
  records: number,
): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ name, partitions, config: { 'millrace.tiering': 'false' } });
  const created = await fetch(`${originOf(server)}/v1/topics`, { method: 'POST', headers, body });
  if (created.status !== 201) throw new Error(`no topic: ${created.status}`);
  context.say(`filling ${records.toLocaleString('en-US')} records into ${partitions} partitions`);
  const batch = Buffer.from(batchOf(recordsPerBatch, jsonValue(100)));
  await Promise.all(
    Array.from({ length: partitions }, async (_, partition) => {
      for (let sent = 0; sent < records / partitions; sent += recordsPerBatch) {
        const path = `${originOf(server)}/v1/topics/${name}/records?partition=${partition}`;
        const type = { 'content-type': 'application/vnd.millrace.batch' };
        const answer = await fetch(path, { method: 'POST', headers: type, body: batch });
        if (answer.status !== 200) throw new Error(`a batch was answered ${answer.status}`);
        await answer.arrayBuffer();
      }
    }),
  );
  return name;
}

const originOf = ({ port }: ServerProcess): string => `http://127.0.0.1:${port}`;

/** Runs until all records were read once, and answers how fast that was. `work` answers how long each call took. */
async function measured(server: ServerProcess, records: number, work: () => Promise<number[]>): Promise<Sample> {
  const cpuBeforeMs = processTreeCpuMs(server.pid) ?? Number.NaN;
  const startedAtMs = performance.now();
  const calls = (await work()).sort((one, other) => one - other);
  const elapsedMs = performance.now() - startedAtMs;
  const at = (share: number) => calls[Math.min(calls.length - 1, Math.floor(calls.length * share))] ?? Number.NaN;
  const serverCores = ((processTreeCpuMs(server.pid) ?? Number.NaN) - cpuBeforeMs) / elapsedMs;
  return { rate: (records / elapsedMs) * 1_000, serverCores, p50Ms: at(0.5), p90Ms: at(0.9), p99Ms: at(0.99) };
}

async function fetchAll(server: ServerProcess, topic: string): Promise<number[]> {
  const calls: number[] = [];
  await Promise.all(
    Array.from({ length: partitions }, async (_, partition) => {
      for (let offset = 0; ; ) {
        const startedAtMs = performance.now();
        const path = `/v1/topics/${topic}/partitions/${partition}/records?offset=${offset}`;
        const text = await (await fetch(originOf(server) + path)).text();
        const next = Number(/"next_offset":(\d+)/.exec(text.slice(-200))![1]);
        calls.push(performance.now() - startedAtMs);
        if (next === offset) return;
        offset = next;
      }
    }),
  );
  return calls;
}

/** Members that have their share each. Nothing is read yet. */
async function joined(server: ServerProcess, topic: string, group: string): Promise<GroupMember[]> {
  const crowd = Array.from(
    { length: members },
    (_, index) => new GroupMember(originOf(server), group, topic, `m${index}`),
  );
  const isDivided = () => crowd.every(({ partitionCount }) => partitionCount === partitions / members);
  for (let round = 0; round < joinRoundsMax && !isDivided(); round++) {
    for (const member of crowd) await member.heartbeat();
  }
  return crowd;
}

/** A change is told, confirmed and handed on: a few calls of each member. */
const joinRoundsMax = 10;

async function consumeAll(crowd: readonly GroupMember[]): Promise<number[]> {
  const calls: number[] = [];
  await Promise.all(
    crowd.map(async (member) => {
      for (let isEmpty = false; !isEmpty; ) {
        const startedAtMs = performance.now();
        const { offsets } = await member.call();
        calls.push(performance.now() - startedAtMs);
        isEmpty = offsets.length === 0;
      }
    }),
  );
  return calls;
}

/** Members die without a word while the group reads: nothing may be missing, and only what was not committed comes twice. */
async function crashes(context: BenchContext, server: ServerProcess): Promise<Outcome> {
  const { isQuick } = context.effort;
  const [records, deaths] = isQuick ? [80_000, 4] : [1_000_000, 20];
  const topic = await filledTopic(context, server, 'groups-crashes', records);
  context.say(`a group of ${members} reads it, and ${deaths} of its members die`);
  const seen = Array.from({ length: partitions }, () => new Uint8Array(records / partitions));
  let read = 0;
  let distinct = 0;
  let lost = 0;
  let died = 0;
  const startedAtMs = performance.now();
  const live = async (place: number): Promise<void> => {
    for (let life = 0; distinct < records; life++) {
      const member = new GroupMember(originOf(server), 'crashes', topic, `m${place}-${life}`);
      let isAlive = true;
      while (isAlive && distinct < records) {
        const { offsets } = await member.call({ waits: distinct + 50_000 < records });
        for (const { partition, offset } of offsets) {
          read += 1;
          if (seen[partition]![offset] === 0) distinct += 1;
          seen[partition]![offset] = 1;
        }
        // It dies with a page that it has read and not committed.
        isAlive = offsets.length === 0 || died >= deaths || read < ((died + 1) * records) / (deaths + 1);
        if (!isAlive) {
          died += 1;
          lost += offsets.length;
        }
      }
    }
  };
  await Promise.all(Array.from({ length: members }, (_, place) => live(place)));
  const seconds = (performance.now() - startedAtMs) / 1_000;
  const missing = seen.reduce((sum, partition) => sum + partition.filter((times) => times === 0).length, 0);
  return {
    case: `records missing after ${died} of ${members} members died, of ${records.toLocaleString('en-US')}`,
    value: missing,
    unit: 'records',
    target: { of: 'value', reach: 0, better: 'less' },
    note: `${read - distinct} came twice, ${lost} were in the hands of the dead; ${seconds.toFixed(0)} s`,
  };
}
