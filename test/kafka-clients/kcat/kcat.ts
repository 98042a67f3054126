import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createTopic } from '../javascript/kafkajs-connections.ts';
import { crossRecords, eventually, named, runScenarios, type Scenario, servers } from '../javascript/scenarios.ts';

const bootstrap = servers.join();

/** Runs kcat and answers what it printed; `complains` answers what it said on stderr, and asks that it failed. */
function kcat(args: readonly string[], input: string | Buffer = ''): Promise<Buffer> {
  return finished(args, input).then(({ code, printed, complaints }) => {
    assert.equal(code, 0, `kcat ${args.join(' ')}: ${complaints}`);
    return printed;
  });
}

async function complains(args: readonly string[], input: string | Buffer = ''): Promise<string> {
  const { code, complaints } = await finished(args, input);
  assert.notEqual(code, 0, `kcat ${args.join(' ')} went well`);
  return complaints;
}

async function finished(args: readonly string[], input: string | Buffer) {
  const child = spawn('kcat', ['-b', bootstrap, ...args], { timeout: 40_000 });
  const printed: Buffer[] = [];
  let complaints = '';
  child.stdout.on('data', (chunk) => printed.push(chunk));
  child.stderr.on('data', (chunk) => (complaints += chunk));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  return { code: code as number | null, printed: Buffer.concat(printed), complaints };
}

const linesOf = (printed: Buffer): string[] => printed.toString().split('\n').filter(Boolean);

const readAll = async (topic: string, format: string, ...options: string[]): Promise<string[]> =>
  linesOf(await kcat(['-t', topic, '-C', '-e', '-q', '-f', `${format}\\n`, ...options]));

const lists: Scenario = {
  name: '-L lists brokers, topics and partitions',
  run: async () => {
    const topic = named('listed');
    await kcat(['-t', topic, '-P'], 'one\n');
    const all = (await kcat(['-L'])).toString();
    for (const [id, address] of servers.entries()) assert.match(all, new RegExp(`broker ${id} at ${address}`));
    assert.match(all, new RegExp(`topic "${topic}" with 1 partitions`));
    assert.match((await kcat(['-L', '-J', '-t', topic])).toString(), /"leader":\d/);
  },
};

const produces: Scenario = {
  name: '-P and -C keep keys, headers and order; -Q tells offsets',
  run: async () => {
    const topic = named('produced');
    const lines = Array.from({ length: 1_000 }, (_, at) => `k${at}:v${at}`);
    await kcat(['-t', topic, '-P', '-K:', '-H', 'trace=7', '-H', 'by=kcat'], `${lines.join('\n')}\n`);
    const read = await readAll(topic, '%o %k:%s %h');
    assert.deepEqual(
      read,
      lines.map((line, at) => `${at} ${line} trace=7,by=kcat`),
    );
    assert.match((await kcat(['-Q', '-t', `${topic}:0:-1`])).toString(), /offset 1000$/m);
    assert.match((await kcat(['-Q', '-t', `${topic}:0:-2`])).toString(), /offset 0$/m);
    assert.match((await kcat(['-Q', '-t', `${topic}:0:1`])).toString(), /offset 0$/m);
    assert.equal((await readAll(topic, '%o', '-o', '990')).length, 10);
    assert.equal((await readAll(topic, '%o', '-o', '-5')).length, 5);
    assert.equal((await readAll(topic, '%o', '-o', 's@1')).length, 1_000);
  },
};

const tombstones: Scenario = {
  name: '-Z writes tombstones',
  run: async () => {
    const topic = named('tombstones');
    await kcat(['-t', topic, '-P', '-K:', '-Z'], 'ada:\n');
    assert.deepEqual(await readAll(topic, '%k %S'), ['ada -1']);
  },
};

const codec = (name: string): Scenario => ({
  name: `produces and reads ${name}`,
  run: async () => {
    const topic = named(`codec-${name}`);
    const values = Array.from({ length: 200 }, (_, at) => `${name} ${'la'.repeat(50)} ${at}`);
    await kcat(['-t', topic, '-P', '-z', name], `${values.join('\n')}\n`);
    assert.deepEqual(await readAll(topic, '%s'), values);
  },
});

const idempotent: Scenario = {
  name: 'produces idempotently in small batches',
  run: async () => {
    const topic = named('once');
    const values = Array.from({ length: 3_000 }, (_, at) => `${at}`);
    const options = ['-X', 'enable.idempotence=true', '-X', 'linger.ms=1', '-X', 'batch.num.messages=50'];
    await kcat(['-t', topic, '-P', ...options], `${values.join('\n')}\n`);
    assert.deepEqual(await readAll(topic, '%s'), values);
  },
};

const transacts: Scenario = {
  name: 'produces in a transaction',
  needs: 'transactions',
  run: async () => {
    const topic = named('transacted');
    await kcat(['-t', topic, '-P', '-X', `transactional.id=${named('tx')}`], 'one\ntwo\n');
    assert.deepEqual(await readAll(topic, '%s', '-X', 'isolation.level=read_committed'), ['one', 'two']);
  },
};

const errors: Scenario = {
  name: 'complains as against Kafka',
  run: async () => {
    const unknown = await complains(['-C', '-e', '-t', named('nowhere'), '-X', 'allow.auto.create.topics=false']);
    assert.match(unknown, /Unknown topic or partition/);
    assert.match(await complains(['-P', '-t', 'no/name'], 'x\n'), /Invalid topic/);
    const topic = named('mistaken');
    await kcat(['-t', topic, '-P'], 'x\n');
    const tooLarge = Buffer.concat([Buffer.alloc(1_100_000, 'x'), Buffer.from('\n')]);
    const refused = await complains(['-P', '-t', topic, '-X', 'message.max.bytes=5000000'], tooLarge);
    assert.match(refused, /Message size too large/);
    const beyond = await complains(['-C', '-e', '-t', topic, '-o', '99', '-X', 'auto.offset.reset=error']);
    assert.match(beyond, /Offset out of range/);
  },
};

/** A `kcat -G` that runs until it is stopped. */
class Member {
  readonly #child: ChildProcess;
  #printed = '';
  complaints = '';

  constructor(group: string, topic: string, ...options: string[]) {
    const settings = [
      '-X',
      'auto.offset.reset=earliest',
      '-X',
      'heartbeat.interval.ms=300',
      '-X',
      'session.timeout.ms=6000',
    ];
    this.#child = spawn('kcat', ['-b', bootstrap, ...settings, ...options, '-G', group, '-u', '-f', '%p/%s\\n', topic]);
    this.#child.stdout!.on('data', (chunk) => (this.#printed += chunk));
    this.#child.stderr!.on('data', (chunk) => (this.complaints += chunk));
  }

  /** What it printed, as whole lines. */
  get values(): string[] {
    return this.#printed.split('\n').slice(0, -1);
  }

  /** How many partitions it has, by what kcat says of its rebalances, cooperative ones too. */
  get assigned(): number {
    const owned = new Set<string>();
    const told = /rebalanced.*?(assignment|revoke|assigned|revoked)\b.*?: (.*)$/gm;
    for (const [, change, partitions] of this.complaints.matchAll(told)) {
      for (const [partition] of partitions!.matchAll(/\S+ \[\d+\]/g)) {
        if (change!.startsWith('assign')) owned.add(partition);
        else owned.delete(partition);
      }
    }
    return owned.size;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exited;
  }
}

const dividesWith = (assignor: string): Scenario => ({
  name: `-G divides a topic between two members (${assignor}), and again when one leaves`,
  run: async () => {
    const topic = named(`divided-${assignor}`);
    const group = named(`divided-${assignor}`);
    await createTopic(topic, 4);
    const values = [0, 1, 2, 3].flatMap((partition) => Array.from({ length: 10 }, (_, at) => `${partition}/${at}`));
    for (const partition of [0, 1, 2, 3]) {
      const input = Array.from({ length: 10 }, (_, at) => `${at}\n`).join('');
      await kcat(['-t', topic, '-p', `${partition}`, '-P'], input);
    }
    const members = [0, 1].map(() => new Member(group, topic, '-X', `partition.assignment.strategy=${assignor}`));
    const read = () => new Set(members.flatMap((member) => member.values));
    try {
      await eventually('two partitions each', () => members.every(({ assigned }) => assigned === 2));
      await eventually('every record', () => read().size === values.length);
      await members[1]!.stop();
      await eventually('all partitions', () => members[0]!.assigned === 4);
    } finally {
      await Promise.all(members.map((member) => member.stop()));
    }
    assert.deepEqual([...read()].sort(), values.sort());
  },
});

/** `%K:%k %S:%s ...`: lengths before bytes, which may be anything. */
async function readCross(topic: string): Promise<void> {
  const printed = await kcat(['-t', topic, '-C', '-e', '-q', '-f', '%K:%k%S:%s%T:%h\\n']);
  let at = 0;
  const number = (): number => {
    const end = printed.indexOf(':', at);
    const read = Number(printed.subarray(at, end));
    at = end + 1;
    return read;
  };
  const bytes = (): Buffer | null => {
    const length = number();
    const read = length < 0 ? null : printed.subarray(at, at + length);
    at += Math.max(0, length);
    return read;
  };
  for (const { key, value, headers, timestamp } of crossRecords) {
    // An empty key and none are both printed as 0 long.
    assert.deepEqual(bytes() ?? Buffer.alloc(0), key ?? Buffer.alloc(0));
    assert.deepEqual(bytes(), value);
    assert.equal(number(), timestamp);
    // It prints headers as C's strings, which end at the first zero.
    const shown = Buffer.from(
      headers.map(([name, header]) => `${name}=${header.toString().replace(/\0.*/s, '')}`).join(),
    );
    assert.deepEqual(printed.subarray(at, at + shown.length), shown);
    at += shown.length + 1;
  }
  assert.equal(at, printed.length);
}

const version = execFileSync('kcat', ['-V'], { encoding: 'utf8' });
const versions = /Version (\S+) .*librdkafka (\S+)/.exec(version);
await runScenarios(
  `kcat ${versions?.[1]} with librdkafka ${versions?.[2]}`,
  [
    lists,
    produces,
    tombstones,
    ...['none', 'gzip', 'snappy', 'lz4', 'zstd'].map(codec),
    idempotent,
    transacts,
    errors,
    ...['range', 'roundrobin', 'cooperative-sticky'].map(dividesWith),
  ],
  readCross,
);
