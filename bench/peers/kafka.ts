import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, type ServerProcess, startServer } from '../child-process.ts';

/** Apache Kafka's own server, as jars from Maven Central: git does not see them. */
const libraries = 'node_modules/.cache/millrace-bench-kafka';

/** What Kafka's start script gives its JVM. */
const jvmOptions = ['-Xmx1G', '-Xms1G', '-server', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20'];

/** One line tells that it has started; warnings are kept to explain why it did not. */
const simpleLogger = '-Dorg.slf4j.simpleLogger';
const loggingOptions = [
  `${simpleLogger}.defaultLogLevel=warn`,
  `${simpleLogger}.log.kafka.server.KafkaRaftServer=info`,
];

/** Any 16 bytes, as Kafka writes ids. */
const clusterId = 'bWlsbHJhY2UtYmVuY2gtMQ';

/** Brings the server's jars; false where there is no Java or no Maven, or they cannot be had. */
export function installKafka(): boolean {
  if (spawnSync('java', ['-version']).status !== 0 || spawnSync('mvn', ['-version']).status !== 0) return false;
  const pom = join(import.meta.dirname, 'kafka/pom.xml');
  const target = join(process.cwd(), libraries);
  const options = ['--batch-mode', '--quiet', '--file', pom, `-DoutputDirectory=${target}`];
  return spawnSync('mvn', [...options, 'dependency:copy-dependencies']).status === 0;
}

/**
 * One broker and controller in one process (KRaft), with Kafka's defaults, or with a flush of each message set before it is
 * acknowledged, which is what an acknowledgement of ours means.
 */
export async function startKafka(directory: string, flushesEach: boolean): Promise<ServerProcess> {
  const home = join(directory, flushesEach ? 'kafka-flush' : 'kafka');
  mkdirSync(home, { recursive: true });
  const [port, controllerPort] = [await freePort(), await freePort()];
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(home, 'data'),
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    ...(flushesEach && { 'log.flush.interval.messages': '1' }),
  };
  const file = join(home, 'server.properties');
  writeFileSync(
    file,
    Object.entries(settings)
      .map((setting) => `${setting.join('=')}\n`)
      .join(''),
  );
  const java = ['java', ...jvmOptions, ...loggingOptions, '-cp', `${libraries}/*`];
  const format = [...java.slice(1), 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', file, '--standalone'];
  const formatted = spawnSync(java[0]!, format, { encoding: 'utf8' });
  if (formatted.status !== 0) throw new Error(`Kafka's storage was not formatted: ${formatted.stderr}`);
  const server = await startServer([...java, 'kafka.Kafka', file], /Kafka Server started/);
  return { ...server, port };
}
