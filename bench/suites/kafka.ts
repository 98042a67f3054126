import type { BenchContext } from '../bench-context.ts';
import { keptInRows } from '../bench-context.ts';
import type { ServerProcess } from '../child-process.ts';
import { growthOfIdleConnections } from '../kafka/idle-connections.ts';
import {
  consumeWithKafkajs,
  createTopic,
  latencyWithKafkajs,
  produceWithKafkajs,
  transactWithKafkajs,
} from '../kafka/kafkajs-load.ts';
import { consumeWithKcat, isKcatInstalled, produceWithKcat, writeRecords } from '../kafka/kcat-load.ts';
import { startPlatformDoor } from '../kafka/platform-door.ts';
import type { Outcome, Target } from '../outcome.ts';
import { installKafka, startKafka } from '../peers/kafka.ts';
import { type Contender, interleave, medianOf, medianRatio, type Rounds } from '../rounds.ts';
import { ratioOfAtLeast, type Suite } from '../suite.ts';

const ours = 'platform';
const flushing = 'Apache Kafka, a flush a message set';
const lazy = 'Apache Kafka, its defaults';

/** The same clients, and the same settings, against the platform and against Apache Kafka, in turns. */
export const kafka: Suite = {
  name: 'kafka',
  about: 'kafkajs and librdkafka against the Kafka door and against Apache Kafka: 1 KB records with acks=all',
  async run(context) {
    const servers = await startServers(context);
    const outcomes = [...(await librdkafka(context, servers)), ...(await kafkajs(context, servers))];
    outcomes.push(...(await latencies(context, servers)), await idleConnections(context, servers[ours]!));
    return outcomes;
  },
};

type Servers = Readonly<Record<string, ServerProcess>>;

async function startServers(context: BenchContext): Promise<Servers> {
  const platform = await context.server('kafka door', () => startPlatformDoor(context.directory));
  context.say('Apache Kafka comes from Maven Central');
  if (!installKafka()) {
    context.say('Apache Kafka is not to be had here (Java and Maven are needed): its columns stay empty');
    return { [ours]: platform };
  }
  return {
    [ours]: platform,
    [flushing]: await context.server(flushing, () => startKafka(context.directory, true)),
    [lazy]: await context.server(lazy, () => startKafka(context.directory, false)),
  };
}

/** A topic of the same name everywhere; here it stays in the partition, as Kafka's stays in its log. */
async function everywhere(servers: Servers, topic: string, partitions = 1): Promise<void> {
  for (const [name, { port }] of Object.entries(servers)) {
    await createTopic(port, topic, partitions, name === ours ? keptInRows : {});
  }
}

/** A contender a server, each of them on a topic of its own round. */
function contenders(servers: Servers, run: (server: ServerProcess, round: number) => ReturnType<Contender>) {
  return Object.fromEntries(
    Object.entries(servers).map(([name, server]) => {
      let round = 0;
      return [name, () => run(server, round++)];
    }),
  );
}

const recordsOf = ({ effort }: BenchContext, full: number): number => (effort.isQuick ? full / 5 : full);

async function librdkafka(context: BenchContext, servers: Servers): Promise<Outcome[]> {
  if (!isKcatInstalled()) {
    context.say('kcat is not here (apt-get install kcat): nothing is said of librdkafka');
    return [];
  }
  const records = recordsOf(context, 100_000);
  const file = writeRecords(context.directory, records);
  return producedAndConsumed(context, servers, 'librdkafka', {
    produce: (server, topic) => produceWithKcat(server.port, topic, file, records),
    consume: (server, topic) => consumeWithKcat(server.port, topic, records),
  });
}

async function kafkajs(context: BenchContext, servers: Servers): Promise<Outcome[]> {
  const records = recordsOf(context, 50_000);
  return producedAndConsumed(context, servers, 'kafkajs', {
    produce: (server, topic) => produceWithKafkajs(server.port, topic, records),
    consume: (server, topic) => consumeWithKafkajs(server.port, topic, records),
  });
}

type Client = Readonly<Record<'produce' | 'consume', (server: ServerProcess, topic: string) => ReturnType<Contender>>>;

/** What a round produced is what the same round of consuming reads. */
async function producedAndConsumed(
  context: BenchContext,
  servers: Servers,
  client: string,
  { produce, consume }: Client,
): Promise<Outcome[]> {
  const topicOf = (round: number) => `${client}-${round}`;
  for (let round = 0; round < context.effort.rounds; round++) await everywhere(servers, topicOf(round));
  context.say(`${client} produces`);
  const run = (work: Client['produce']) =>
    interleave(
      contenders(servers, (server, round) => work(server, topicOf(round))),
      context.effort.rounds,
    );
  const produced = rateRows(`${client} produce, 1 KB records, acks=all`, await run(produce), ratioOfAtLeast(0.7, 1));
  context.say(`${client} consumes`);
  return [...produced, ...rateRows(`${client} consume, 1 KB records`, await run(consume), ratioOfAtLeast(0.7, 1))];
}

/** A row a peer; what is to be reached is reached against the one that is as durable. */
function rateRows(name: string, rounds: Rounds, target: Target): Outcome[] {
  const value = medianOf(rounds, ours, 'rate');
  const peers = [flushing, lazy].filter((peer) => rounds[peer] !== undefined);
  if (peers.length === 0) return [{ case: name, value, unit: 'records/s' }];
  return peers.map((peer) => ({
    case: name,
    value,
    unit: 'records/s',
    baseline: { name: peer, value: medianOf(rounds, peer, 'rate') },
    ratio: medianRatio(rounds, ours, peer, 'rate'),
    target: peer === flushing ? target : undefined,
    note: `${((value * 1_000) / 1e6).toFixed(0)} MB/s`,
  }));
}

async function latencies(context: BenchContext, servers: Servers): Promise<Outcome[]> {
  const samples = context.effort.isQuick ? 100 : 400;
  for (let round = 0; round < context.effort.rounds; round++) await everywhere(servers, `latency-${round}`);
  await everywhere(servers, 'transactions', 10);
  context.say('kafkajs, one record at a time');
  const endToEnd = await interleave(
    contenders(servers, ({ port }, round) => latencyWithKafkajs(port, `latency-${round}`, samples)),
    context.effort.rounds,
  );
  context.say('kafkajs, transactions');
  const transactions = await interleave(
    contenders(servers, ({ port }) => transactWithKafkajs(port, 'transactions', samples / 4)),
    context.effort.rounds,
  );
  const row = (name: string, rounds: Rounds, reach: number): Outcome => ({
    case: name,
    value: medianOf(rounds, ours, 'p50Ms'),
    unit: 'ms',
    ...(rounds[flushing] !== undefined && {
      baseline: { name: flushing, value: medianOf(rounds, flushing, 'p50Ms') },
      ratio: medianRatio(rounds, ours, flushing, 'p50Ms'),
    }),
    target: { of: 'value', reach, better: 'less' },
    note: `p90 ${medianOf(rounds, ours, 'p90Ms').toFixed(2)} p99 ${medianOf(rounds, ours, 'p99Ms').toFixed(2)} ms`,
  });
  return [
    row('kafkajs, from send to eachMessage of another client, 1 KB, p50', endToEnd, 5),
    row('kafkajs, transaction of 100 records over 10 partitions, p50', transactions, 40),
  ];
}

async function idleConnections(context: BenchContext, platform: ServerProcess): Promise<Outcome> {
  const count = 1_000;
  context.say(`${count} idle connections`);
  const grownBytes = await growthOfIdleConnections(platform.port, platform.pid, count);
  return {
    case: `memory for ${count.toLocaleString('en-US')} idle Kafka connections`,
    value: grownBytes / 1e6,
    unit: 'MB',
    target: { of: 'value', reach: 200, better: 'less' },
  };
}
