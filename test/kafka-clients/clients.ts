import { join } from 'node:path';
import { goPrograms, javaClassPath, pythonEnvironment, requireKcat } from './toolchains.ts';

const here = import.meta.dirname;

/** How a client reaches the platform. */
export type Carrier = 'tcp' | 'three brokers' | 'kafka-proxy';

export type KafkaClient = {
  readonly name: string;
  /** Installs what the client needs and answers the command of its program; NotAvailable where that cannot be had. */
  prepare(): Promise<readonly string[]>;
  readonly carriers: readonly Carrier[];
  /** Whether it writes what is in cross-records.json, and whether it reads what the others wrote. */
  readonly writesCross: boolean;
  readonly readsCross: boolean;
};

const typeScript = (file: string) => async () => [process.execPath, join(here, file)];
const python = (file: string) => async () => [await pythonEnvironment(), join(here, 'python', file)];
const go = (program: string) => async () => [join(await goPrograms(), program)];
const java = (main: string) => async () => {
  // Many short programs on few cores: the second compiler and several collectors only get in each other's way.
  const options = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto'];
  return ['java', ...options, '-cp', await javaClassPath(), `millrace.${main}`];
};

/** Slow ones first, so that they do not run alone in the end. */
export const clients: readonly KafkaClient[] = [
  { name: 'kafka-clients', prepare: java('Clients'), carriers: ['tcp'], writesCross: true, readsCross: true },
  { name: 'kafka-streams', prepare: java('Streams'), carriers: ['tcp'], writesCross: false, readsCross: false },
  {
    name: 'confluent-kafka',
    prepare: python('confluent.py'),
    carriers: ['tcp', 'three brokers'],
    writesCross: true,
    readsCross: true,
  },
  { name: 'aiokafka', prepare: python('aio.py'), carriers: ['tcp'], writesCross: true, readsCross: true },
  { name: 'franz-go', prepare: go('franz'), carriers: ['tcp', 'three brokers'], writesCross: true, readsCross: true },
  { name: 'sarama', prepare: go('sarama'), carriers: ['tcp'], writesCross: true, readsCross: true },
  {
    name: 'kafkajs',
    prepare: typeScript('javascript/kafkajs.ts'),
    carriers: ['tcp', 'three brokers', 'kafka-proxy'],
    writesCross: true,
    readsCross: true,
  },
  {
    name: 'platformatic',
    prepare: typeScript('javascript/platformatic.ts'),
    carriers: ['tcp', 'three brokers'],
    writesCross: true,
    readsCross: true,
  },
  {
    name: 'kcat',
    prepare: async () => {
      await requireKcat();
      return typeScript('kcat/kcat.ts')();
    },
    carriers: ['tcp', 'three brokers', 'kafka-proxy'],
    writesCross: false,
    readsCross: true,
  },
];
