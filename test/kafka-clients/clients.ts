import { join } from 'node:path';
import { pythonEnvironment, requireKcat } from './toolchains.ts';

const here = import.meta.dirname;

/** How a client reaches the platform. */
export type Carrier = 'tcp' | 'three brokers' | 'kafka-proxy';

export type KafkaClient = {
  readonly name: string;
  /** Installs what the client needs and answers the command of its program; NotAvailable where that cannot be had. */
  prepare(): Promise<readonly string[]>;
  readonly carriers: readonly Carrier[];
  /** Whether it can write every record of cross-records.json; all of them read. */
  readonly writesCross: boolean;
};

const typeScript = (file: string) => async () => [process.execPath, join(here, file)];
const python = (file: string) => async () => [await pythonEnvironment(), join(here, 'python', file)];

/** Slow ones first, so that they do not run alone in the end. */
export const clients: readonly KafkaClient[] = [
  { name: 'confluent-kafka', prepare: python('confluent.py'), carriers: ['tcp', 'three brokers'], writesCross: true },
  { name: 'aiokafka', prepare: python('aio.py'), carriers: ['tcp'], writesCross: true },
  {
    name: 'kafkajs',
    prepare: typeScript('javascript/kafkajs.ts'),
    carriers: ['tcp', 'three brokers', 'kafka-proxy'],
    writesCross: true,
  },
  {
    name: 'kcat',
    prepare: async () => {
      await requireKcat();
      return typeScript('kcat/kcat.ts')();
    },
    carriers: ['tcp', 'three brokers', 'kafka-proxy'],
    writesCross: false,
  },
];
