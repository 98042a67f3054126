import { parseArgs } from 'node:util';
import { findFreePort } from '../../src/cli/dev/loopback.ts';
import { type KafkaProxy, startKafkaProxy } from '../support/kafka-proxy.ts';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';
import { advertisedFeatures } from './advertised-features.ts';
import { type ClientRun, runClient } from './client-run.ts';
import { type Carrier, clients, type KafkaClient } from './clients.ts';
import type { Feature, ScenarioResult } from './scenario-result.ts';
import { NotAvailable } from './toolchains.ts';

const help = `Usage: npm run test:kafka -- [options]

Runs real Kafka clients of five languages, unmodified and with nothing but the address, against the whole platform:
administration, producing with every codec, reading, groups, seeking, errors; and each reads what every other one wrote.
What a client needs is installed first; a client that cannot be had here is named, and counts neither as passed nor as failed.

Options:
  --client NAME[,NAME...]  only these: ${clients.map(({ name }) => name).join(', ')}
  --jobs N                 programs that run at the same time (default 3)
  --help                   show this help
`;

const { values: options } = parseArgs({
  options: {
    client: { type: 'string' },
    jobs: { type: 'string', default: '3' },
    help: { type: 'boolean', default: false },
  },
});

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

type PreparedClient = KafkaClient & { readonly command: readonly string[] };

/** Installs side by side, since most of it is waiting. */
async function prepare(chosen: readonly KafkaClient[]): Promise<PreparedClient[]> {
  const startedAt = Date.now();
  const prepared = await Promise.all(
    chosen.map(async (client) => {
      try {
        return { ...client, command: await client.prepare() };
      } catch (cause) {
        if (!(cause instanceof NotAvailable)) throw cause;
        print(`${client.name}: NOT AVAILABLE, and not tested: ${cause.message}`);
        return null;
      }
    }),
  );
  print(`installed in ${Math.round((Date.now() - startedAt) / 1000)} s`);
  return prepared.filter((client) => client !== null);
}

/** Where clients find the platform, by what carries their bytes. */
class Targets implements AsyncDisposable {
  readonly features: readonly Feature[];
  readonly #single: PlatformProcess;
  readonly #brokers: PlatformProcess;
  readonly #proxy: KafkaProxy;

  private constructor(
    features: readonly Feature[],
    single: PlatformProcess,
    brokers: PlatformProcess,
    proxy: KafkaProxy,
  ) {
    this.features = features;
    this.#single = single;
    this.#brokers = brokers;
    this.#proxy = proxy;
  }

  static async start(): Promise<Targets> {
    const single = await startPlatformProcess();
    const ports = [await findFreePort('127.0.0.1'), await findFreePort('127.0.0.1'), await findFreePort('127.0.0.1')];
    const brokers = await startPlatformProcess({ args: ['--kafka-port', ports.join()] });
    const features = await advertisedFeatures(single.kafkaServers);
    return new Targets(features, single, brokers, await startKafkaProxy(single.url));
  }

  /** Of one partition that keeps records however old they say they are. */
  async createTopic(name: string): Promise<void> {
    const answer = await fetch(`${this.#single.url}/v1/topics`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name, partitions: 1, config: { 'retention.ms': '-1' } }),
    });
    if (answer.status !== 201) throw new Error(`no topic: ${answer.status} ${await answer.text()}`);
  }

  servers(carrier: Carrier): string {
    if (carrier === 'three brokers') return this.#brokers.kafkaServers;
    return carrier === 'tcp' ? this.#single.kafkaServers : this.#proxy.servers;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#proxy.stop();
    await this.#single[Symbol.asyncDispose]();
    await this.#brokers[Symbol.asyncDispose]();
  }
}

type Finished = { readonly client: string; readonly carrier: string; readonly run: ClientRun };

const crossTopicOf = ({ name }: KafkaClient): string => `cross.${name}`;

const report =
  (client: string, carrier: string) =>
  ({ scenario, ok, ms, error }: ScenarioResult): void => {
    print(`${ok ? 'ok    ' : 'FAILED'} ${client}, ${carrier}: ${scenario} (${ms} ms)${error ? `\n${error}` : ''}`);
  };

/** Every client over each of its carriers; then each reads over TCP what the others wrote. */
async function runAll(prepared: readonly PreparedClient[], targets: Targets, jobs: number): Promise<Finished[]> {
  const writers = prepared.filter(({ writesCross }) => writesCross);
  for (const writer of writers) await targets.createTopic(crossTopicOf(writer));
  const first = prepared.flatMap((client) => client.carriers.map((carrier) => ({ client, carrier })));
  const finished = await inTurns(jobs, first, async ({ client, carrier }) => {
    const prefix = `${client.name}.${carrier.replace(' ', '-')}.`;
    const crossTopic = carrier === 'tcp' && client.writesCross ? crossTopicOf(client) : '';
    const told = { servers: targets.servers(carrier), prefix, features: targets.features, crossTopic, crossReads: [] };
    return { client: client.name, carrier, run: await runClient(client.command, told, report(client.name, carrier)) };
  });
  if (writers.length === 0) return finished;
  const crossReads = writers.map((writer) => `${writer.name}=${crossTopicOf(writer)}`);
  const readers = prepared.filter(({ readsCross }) => readsCross);
  const read = await inTurns(jobs, readers, async (client) => {
    const told = { servers: targets.servers('tcp'), prefix: '', features: [], crossTopic: '', crossReads };
    return {
      client: client.name,
      carrier: 'tcp',
      run: await runClient(client.command, told, report(client.name, 'tcp')),
    };
  });
  return [...finished, ...read];
}

async function inTurns<Item, Outcome>(jobs: number, items: readonly Item[], run: (item: Item) => Promise<Outcome>) {
  const outcomes: Outcome[] = [];
  const waiting = [...items];
  const work = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) outcomes.push(await run(item));
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return outcomes;
}

/** A line a client: its version, and what became of its scenarios over each carrier. */
function printTable(finished: readonly Finished[], chosen: readonly KafkaClient[]): void {
  const width = Math.max(...chosen.map(({ name }) => name.length));
  print('');
  for (const { name } of chosen) {
    const runs = finished.filter(({ client }) => client === name);
    if (runs.length === 0) {
      print(`${name.padEnd(width)}  not available`);
      continue;
    }
    const carriers = [...new Set(runs.map(({ carrier }) => carrier))].map((carrier) => {
      const results = runs.filter((run) => run.carrier === carrier).flatMap(({ run }) => run.results);
      return `${carrier} ${results.filter(({ ok }) => ok).length} of ${results.length}`;
    });
    print(`${name.padEnd(width)}  ${carriers.join(', ')}; ${runs[0]!.run.version}`);
  }
}

async function main(): Promise<number> {
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  const names = options.client?.split(',');
  const chosen = clients.filter(({ name }) => names?.includes(name) ?? true);
  if (chosen.length === 0) throw new TypeError(`no client is called ${options.client}; --help lists them`);
  const prepared = await prepare(chosen);
  await using targets = await Targets.start();
  print(`the platform speaks ${['the basics', ...targets.features].join(', ')}\n`);
  const finished = await runAll(prepared, targets, Number(options.jobs));
  printTable(finished, chosen);
  const results = finished.flatMap(({ run }) => run.results);
  const failures = results.filter(({ ok }) => !ok).length;
  print(`\n${results.length - failures} passed, ${failures} failed`);
  return failures === 0 && results.length > 0 ? 0 : 1;
}

process.exitCode = await main();
