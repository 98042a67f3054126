import { afterAll, beforeAll } from 'vitest';
import { type KafkaProxy, startKafkaProxy } from './kafka-proxy.ts';
import { type PlatformProcess, startPlatformProcess } from './platform.ts';

/**
 * One platform for the tests of a file, with the ways in which the bytes of Kafka's protocol come to it: what carries
 * them must make no difference. Each carrier answers its bootstrap servers, once the tests run.
 */
export function kafkaCarriers() {
  let platform: PlatformProcess;
  let proxy: KafkaProxy;
  beforeAll(async () => {
    process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';
    platform = await startPlatformProcess();
    proxy = await startKafkaProxy(platform.url);
  });
  afterAll(async () => {
    await proxy.stop();
    await platform[Symbol.asyncDispose]();
  });
  const carriers = { tcp: () => platform.kafkaServers, 'kafka-proxy': () => proxy.servers } as const;
  return { carriers, platform: () => platform };
}
