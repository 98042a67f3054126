import type { SessionJson, SocketTicketJson } from '../contracts/session.ts';
import { failed } from '../errors/result.ts';
import type { Decompress } from '../log/compression-type.ts';
import { Alerts } from './alerts.ts';
import { HttpBatchDoor } from './batch-door.ts';
import { type BinaryTransport, binaryChannels } from './binary-channels.ts';
import { Consumer, type ConsumerOptions } from './consumer.ts';
import { authorizedFetch, authorizedWebSocket, type Credential } from './credential.ts';
import { type DeadLetter, readDeadLetters } from './dead-letters.ts';
import { GroupConsumer, type GroupOptions } from './group-consumer.ts';
import { GroupDoor } from './group-door.ts';
import { Groups } from './groups.ts';
import { History } from './history.ts';
import { type Fetch, HttpDoor } from './http-door.ts';
import { Jobs } from './jobs.ts';
import { JsonSubscriptionDoor } from './json-subscription-door.ts';
import { type MaintainOptions, type PartitionMaintenance, runMaintenance } from './maintenance.ts';
import { isTransient, MillraceError } from './millrace-error.ts';
import { Organization } from './organization.ts';
import { Producer, type ProducerOptions } from './producer.ts';
import { type ReadOptions, type RecordPage, readPage } from './read-page.ts';
import { type SearchOptions, type SearchPage, searchPages } from './search.ts';
import { ShareConsumer, type ShareOptions } from './share-consumer.ts';
import { HttpShareDoor } from './share-door.ts';
import { ShareGroups } from './share-groups.ts';
import { SocketShareDoor } from './share-socket-door.ts';
import { Topics } from './topics.ts';
import { TransactionalProducer, type TransactionalProducerOptions } from './transactional-producer.ts';
import { Transactions } from './transactions.ts';
import { defaultHeartbeat, type WebSocketConstructor } from './web-socket.ts';

export type ClientOptions = {
  /** `http(s)://host[:port]` of the platform. */
  readonly url: string;
  /** The runtime's own by default. */
  readonly fetch?: Fetch;
  /** The runtime's own by default. */
  readonly webSocket?: WebSocketConstructor;
  /** An API key, or a function that gives a token: it is called before every request and every new socket. */
  readonly credential?: Credential;
  /** The cluster to work in, for a credential that is good for several: a person's token. The oldest by default. */
  readonly cluster?: string | undefined;
  /** For pages of the platform itself: the cluster that this browser is signed in to, in the place of a credential. */
  readonly session?: string | undefined;
  /** Opens compressed batches on the binary transport; by default they are refused with UNSUPPORTED_COMPRESSION_TYPE. */
  readonly decompress?: Decompress;
};

/** A Millrace platform. It holds no connection of its own: producers and consumers do, and are closed by themselves. */
export type Client = {
  readonly url: string;
  readonly topics: Topics;
  producer(options: ProducerOptions): Producer;
  /** Writes in transactions over partitions of any topics, and over offsets of groups. */
  transactionalProducer(options: TransactionalProducerOptions): TransactionalProducer;
  /** Transactional ids and what they do, for whoever looks after them. */
  readonly transactions: Transactions;
  consumer(options: ConsumerOptions): Consumer;
  /** A member of a consumer group, under an id of its own. */
  group(group: string, options: GroupOptions): GroupConsumer;
  readonly groups: Groups;
  /** What the platform keeps of the past, and what goes on now. */
  readonly history: History;
  /** Rules that tell a webhook when something is beyond a threshold. */
  readonly alerts: Alerts;
  /** A member of a share group, under an id of its own. */
  shareGroup(group: string, options: ShareOptions): ShareConsumer;
  readonly shareGroups: ShareGroups;
  readonly jobs: Jobs;
  /** What a share group gave up, with where each record lies and where it came from. */
  deadLetters(group: string, options?: { readonly signal?: AbortSignal }): AsyncGenerator<DeadLetter, void, undefined>;
  /** The organization of the credential; on an open platform there is none. */
  readonly organization: Organization;
  /** One page of one partition. */
  read(options: ReadOptions): Promise<RecordPage>;
  /** Searches a topic for the records that a filter means, page after page; stop asking, and go on with a cursor. */
  search(options: SearchOptions): AsyncGenerator<SearchPage, void, undefined>;
  /** Has partitions do at once what is due (retention, compaction, ...); yields what each did. */
  maintenance(options?: MaintainOptions): AsyncGenerator<PartitionMaintenance, void, undefined>;
  /** Who the credential is, where, and what it may do. */
  session(options?: { readonly signal?: AbortSignal }): Promise<SessionJson>;
  /** Signs this browser in with the credential: for pages of the platform itself, which then go on by `session`. */
  signIn(options?: { readonly signal?: AbortSignal }): Promise<SessionJson>;
  /** Signs this browser out of the session's cluster. */
  signOut(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** The platform's bounds. */
  limits(options?: { readonly signal?: AbortSignal }): Promise<readonly PlatformLimit[]>;
};

/** A bound of the platform: `value` holds unless the caller asks for another, never beyond `max`. */
export type PlatformLimit = {
  readonly name: string;
  readonly value: number;
  readonly max: number | null;
  readonly unit: string;
  /** The code of the error beyond it; null where the platform adapts instead of refusing. */
  readonly error: string | null;
  readonly reason: string;
};

/** Needs nothing but fetch and WebSocket, so it runs in browsers, Node and Workers. */
export function createClient(options: ClientOptions): Client {
  const url = baseUrlOf(options.url);
  const plainFetch: Fetch = options.fetch ?? ((target, init) => fetch(target, init as RequestInit));
  const door = new HttpDoor(url, authorizedFetch(plainFetch, options));
  const topics = new Topics(door);
  const plainSocket = options.webSocket ?? (WebSocket as unknown as WebSocketConstructor);
  const ticket = async () => {
    const made = await door.json<SocketTicketJson>({ method: 'POST', path: '/v1/session/tickets' });
    return made.ticket;
  };
  // A socket carries no header that would name a session; a ticket says the same, once.
  const caller = options.session === undefined ? options : { credential: ticket };
  const socketClass = authorizedWebSocket(plainSocket, caller);
  const decompress = options.decompress ?? refuseCompressed;
  const binary: BinaryTransport = { url, WebSocket: socketClass, decompress, door, topics };

  return {
    url,
    topics,
    producer: (producer) =>
      new Producer(producer, {
        door: new HttpBatchDoor(door, producer.topic),
        describe: (signal) => topics.describe(producer.topic, { signal }),
      }),
    transactions: new Transactions(door),
    transactionalProducer: (producer) => new TransactionalProducer(producer, door),
    consumer: (consumer) =>
      new Consumer(consumer, {
        channels: async (start, signal) => {
          const { topic, partitions, transport } = consumer;
          if (transport === 'binary') return binaryChannels(binary, { topic, partitions, start }, signal);
          const jsonDoor = new JsonSubscriptionDoor(url, socketClass, defaultHeartbeat);
          return [{ door: jsonDoor, partitions, start }];
        },
        diagnose: () => diagnose(topics, consumer.topic),
      }),
    group: (group, options) => new GroupConsumer(group, randomId(), options, new GroupDoor(door, group)),
    groups: new Groups(door),
    history: new History(door),
    alerts: new Alerts(door),
    shareGroup: (group, options) =>
      new ShareConsumer(group, randomId(), options, (member) =>
        options.transport === 'websocket'
          ? new SocketShareDoor(url, socketClass, member)
          : new HttpShareDoor(door, member),
      ),
    shareGroups: new ShareGroups(door),
    jobs: new Jobs(door),
    deadLetters: (group, options) => {
      const redriven = (...asked: Parameters<Jobs['redriven']>) => new Jobs(door).redriven(...asked);
      return readDeadLetters({ redriven, search: (search) => searchPages(door, search) }, group, options);
    },
    organization: new Organization(door),
    read: (read) => readPage(door, read),
    search: (search) => searchPages(door, search),
    maintenance: (options = {}) => runMaintenance(door, options),
    session: ({ signal } = {}) => door.json<SessionJson>({ method: 'GET', path: '/v1/session', signal }),
    signIn: ({ signal } = {}) => door.json<SessionJson>({ method: 'POST', path: '/v1/session', signal }),
    signOut: ({ signal } = {}) => door.empty({ method: 'DELETE', path: '/v1/session', signal }),
    limits: async ({ signal } = {}) => {
      const answer: { readonly limits: readonly PlatformLimit[] } = await door.json({
        method: 'GET',
        path: '/v1/limits',
        signal,
      });
      return answer.limits;
    },
  };
}

/** Why a socket to this topic could not be opened: what HTTP says about the topic, unless that is a passing failure. */
async function diagnose(topics: Topics, topic: string): Promise<MillraceError | null> {
  try {
    await topics.describe(topic);
    return null;
  } catch (thrown) {
    return thrown instanceof MillraceError && !isTransient(thrown) ? thrown : null;
  }
}

/** Not `crypto.randomUUID`, which browsers have on secure pages only. */
function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function baseUrlOf(url: string): string {
  if (!/^https?:\/\/[^/]/.test(url)) {
    throw new MillraceError({
      code: 'INVALID_REQUEST',
      message: `"${url}" is not the http:// or https:// URL of a platform`,
    });
  }
  return url.replace(/\/+$/, '');
}

const refuseCompressed: Decompress = (type) =>
  failed(
    'UNSUPPORTED_COMPRESSION_TYPE',
    `this batch is compressed with ${type}: pass decompress to createClient, or consume with the JSON transport`,
  );
