import type { Log, MiniflareOptions, WorkerdStructuredLog } from 'miniflare';

/**
 * The names under which everything is stored: the Worker's name and the class names make up every object's folder and
 * id. A renamed one is an empty platform, so these never change; a test compares them with wrangler.toml.
 */
export const workerName = 'millrace';
export const objectClasses = {
  PARTITION: 'Partition',
  CLUSTER: 'Cluster',
  RELAY: 'Relay',
  GROUP: 'Group',
  SHARE_GROUP: 'ShareGroup',
  SHARE: 'SharePartition',
  ORGANIZATION: 'Organization',
  DIRECTORY: 'Directory',
  TRANSACTION: 'TransactionCoordinator',
  CONNECTION: 'Connection',
  JOBS: 'JobRunner',
} as const;

/** The bucket of tiered segments: a name in storage too, like those above. */
export const buckets = { SEGMENTS: 'millrace-segments' } as const;

/** Where objects live inside the data directory; beside it lie the launcher's own files. */
export const storageFolder = 'storage';

/**
 * The named entrypoints behind the doors, each of which has a port of its own: a named one bypasses the emulator's
 * proxy, which costs 4-13x.
 */
export const doorEntrypoints = { main: 'Main', restProxy: 'RestProxy' } as const;

/** A port the platform serves on this machine, and the Worker's entrypoint behind it. */
export type Door = {
  readonly entrypoint: (typeof doorEntrypoints)[keyof typeof doorEntrypoints];
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
};

/** A TCP port of the Kafka door, behind which is the Worker's `connect` handler. */
export type KafkaPort = { readonly host: string; readonly port: number };

/** The cron trigger of a deployment, and its interval for the launcher, which ticks it. */
export const sweepCron = '*/5 * * * *';
export const sweepIntervalMs = 5 * 60 * 1000;

export const compatibilityDate = '2026-09-18';
/** Compressing every frame doubles the cost of pushing records, which a producer may have compressed already. */
export const compatibilityFlags = ['nodejs_compat', 'no_web_socket_compression'];

/** What runs behind the emulator's own port, which cannot be switched off: it answers nothing. */
const closedPortWorker = 'export default { fetch() { return new Response(null, { status: 404 }); } };';

export type RuntimeOptions = {
  /** The bundled Worker, one ES module. */
  readonly code: string;
  readonly doors: readonly Door[];
  readonly kafkaPorts: readonly KafkaPort[];
  /** The built dashboard; null to run without one. */
  readonly dashboardPath: string | null;
  /** Where the emulator's internal ports listen. */
  readonly internalHost: string;
  /** Absolute: the emulator resolves relative paths differently for different resources. */
  readonly storagePath: string;
  readonly bindings: Readonly<Record<string, string>>;
  /** Environment of the runtime's process, by which an orphan is recognized. */
  readonly processEnvironment: Readonly<Record<string, string>>;
  readonly log: Log;
  readonly onWorkerLog: (entry: WorkerdStructuredLog) => void;
};

/** Miniflare 5 takes a new form of options and ships a converter for the flat one, which is far shorter. */
type Converter = typeof import('miniflare').convertV4MiniflareOptions;

/** What the emulator is told: the doors, the classes with SQLite, and no handler of its own on any port. */
export function miniflareOptions(options: RuntimeOptions, convert: Converter): MiniflareOptions {
  const converted = convert({
    host: options.internalHost,
    port: 0,
    cf: false,
    log: options.log,
    logRequests: false,
    unsafeTriggerHandlers: false,
    unsafeLocalExplorer: false,
    unsafeRuntimeEnv: { ...options.processEnvironment },
    handleStructuredLogs: options.onWorkerLog,
    workers: [
      { name: 'closed-port', modules: true, script: closedPortWorker, compatibilityDate },
      {
        name: workerName,
        modules: [{ type: 'ESModule', path: 'worker.js', contents: options.code }],
        compatibilityDate,
        compatibilityFlags,
        bindings: { ...options.bindings },
        durableObjects: Object.fromEntries(
          Object.entries(objectClasses).map(([binding, className]) => [binding, { className, useSQLite: true }]),
        ),
        r2Buckets: { ...buckets },
        ...(options.dashboardPath !== null && { assets: { directory: options.dashboardPath, binding: 'ASSETS' } }),
        unsafeDirectSockets: options.doors.map((door) => ({ ...door })),
        connectHandlers: options.kafkaPorts.map(({ host, port }) => ({
          protocol: 'tcp' as const,
          address: host,
          port,
        })),
      },
    ],
  });
  // After the spread: the converter emits undefined keys, which would overwrite.
  return { ...converted, resourcePersistencePath: options.storagePath, telemetry: { enabled: false } };
}
