import type { Platform } from '../simulated-platform.ts';
import { Administrator } from './administrator.ts';
import { FastSubscriber } from './fast-subscriber.ts';
import { type Focus, focusOf } from './focus.ts';
import { GroupCrew } from './group-crew.ts';
import { IdempotentProducer } from './idempotent-producer.ts';
import { KeyedClient, UnkeyedClient } from './keyed-client.ts';
import { PipeliningProducer } from './pipelining-producer.ts';
import { Reader } from './reader.ts';
import { RelaySubscriber } from './relay-subscriber.ts';
import { ShareCrew } from './share-crew.ts';
import type { SimulatedClient } from './simulated-client.ts';
import { TopicDirectory } from './topic-directory.ts';
import { TransactionCrew } from './transaction-crew.ts';

/** The clients of a run. */
export class Workload {
  readonly topics: TopicDirectory;
  readonly focus: Focus;
  readonly clients: SimulatedClient[] = [];

  constructor(topics: TopicDirectory, focus: Focus) {
    this.topics = topics;
    this.focus = focus;
  }

  /** Those who look after the programs of a group, or of transactions, if there are any. */
  get crews(): (GroupCrew | ShareCrew | TransactionCrew)[] {
    return this.clients.filter(
      (client) => client instanceof GroupCrew || client instanceof ShareCrew || client instanceof TransactionCrew,
    );
  }

  /** Clients finish what they have begun. */
  stop(): void {
    for (const client of this.clients) client.isStopping = true;
  }
}

/** Draws the clients of this seed, and starts them. */
export function startWorkload(platform: Platform): Workload {
  const { world } = platform;
  const { random } = world;
  const focus = focusOf(world.seed);
  const stableNames = focus === 'transaction' ? ['source', 'sink'] : [];
  const topics = new TopicDirectory(world, random.integer(1, world.accents.topicsMax), stableNames);
  const workload = new Workload(topics, focus);
  workload.clients.push(new Administrator(platform, topics, 'administrator'));
  if (world.emphasis === 'deliveries') addDeliveryClients(platform, workload);
  else if (workload.focus === 'log') addLogClients(platform, workload);
  else addGroupClients(platform, workload);
  for (const client of workload.clients) {
    void client.run().catch((thrown: unknown) => {
      world.violate(`${client.name} failed: ${thrown instanceof Error ? thrown.stack : String(thrown)}`);
    });
  }
  return workload;
}

function addLogClients(platform: Platform, { topics, clients }: Workload): void {
  const { random } = platform.world;
  const add = (most: number, create: (name: string) => SimulatedClient, kind: string) => {
    const count = random.integer(0, most);
    for (let index = 0; index < count; index += 1) clients.push(create(`${kind}-${index}`));
  };
  add(3, (name) => new IdempotentProducer(platform, topics, name), 'producer');
  add(3, (name) => new KeyedClient(platform, topics, name), 'keyed');
  add(2, (name) => new UnkeyedClient(platform, topics, name), 'unkeyed');
  add(3, (name) => new Reader(platform, topics, name), 'reader');
  add(2, (name) => new PipeliningProducer(platform, topics, name), 'pipelining');
  add(4, (name) => new RelaySubscriber(platform, topics, name), 'subscriber');
  add(2, (name) => new FastSubscriber(platform, topics, name), 'fast-subscriber');
}

/** A producer that comes by now and then, and those who wait for it. */
function addDeliveryClients(platform: Platform, { topics, clients }: Workload): void {
  const { random } = platform.world;
  clients.push(new IdempotentProducer(platform, topics, 'producer-0'));
  const subscribers = random.integer(1, 4);
  for (let index = 0; index < subscribers; index += 1) {
    clients.push(new RelaySubscriber(platform, topics, `subscriber-${index}`));
  }
}

/** A group is the load itself: beside it there is only who writes what it reads. */
function addGroupClients(platform: Platform, { topics, clients, focus }: Workload): void {
  const producers = platform.world.random.integer(1, 2);
  for (let index = 0; index < producers; index += 1) {
    clients.push(new IdempotentProducer(platform, topics, `producer-${index}`));
  }
  if (focus === 'group') clients.push(new GroupCrew(platform, topics, 'crew'));
  else if (focus === 'transaction') clients.push(new TransactionCrew(platform, topics, 'crew'));
  else clients.push(new ShareCrew(platform, topics, 'crew'));
}
