import { join } from 'node:path';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import {
  buckets,
  compatibilityDate,
  compatibilityFlags,
  doorEntrypoints,
  objectClasses,
  workerName,
} from '../../src/cli/dev/runtime-options.ts';
import { bundleWorker } from '../../src/cli/dev/worker-bundle.ts';

const repository = join(import.meta.dirname, '../..');

/**
 * Several services of the platform's one bundle in one runtime, over the same objects: what a deployment looks like
 * from outside, where any of many isolates answers a call.
 */
export class WorkerFleet {
  readonly #storagePath: string;
  readonly #code: string;
  #runtime: Miniflare | null = null;
  /** Of each service's REST Proxy door, without a slash at its end. */
  urls: readonly string[] = [];

  private constructor(storagePath: string, code: string) {
    this.#storagePath = storagePath;
    this.#code = code;
  }

  static async start(storagePath: string, serviceCount: number): Promise<WorkerFleet> {
    const code = await bundleWorker(join(repository, 'src/worker.ts'));
    const fleet = new WorkerFleet(storagePath, code);
    await fleet.#run(serviceCount);
    return fleet;
  }

  /** Ends the runtime and starts it again on the same data: everything in memory is lost. */
  async restart(): Promise<void> {
    const serviceCount = this.urls.length;
    await this.stop();
    await this.#run(serviceCount);
  }

  async stop(): Promise<void> {
    await this.#runtime?.dispose();
    this.#runtime = null;
  }

  async #run(serviceCount: number): Promise<void> {
    const names = Array.from({ length: serviceCount }, (_, index) => (index === 0 ? workerName : `edge-${index}`));
    const converted = convertV4MiniflareOptions({
      host: '127.0.0.1',
      port: 0,
      cf: false,
      log: new Log(LogLevel.ERROR),
      logRequests: false,
      workers: names.map((name) => this.#service(name)),
    });
    const telemetry = { enabled: false };
    this.#runtime = new Miniflare({ ...converted, resourcePersistencePath: this.#storagePath, telemetry });
    await this.#runtime.ready;
    const doors = names.map((name) => this.#runtime!.unsafeGetDirectURL(name, doorEntrypoints.restProxy));
    this.urls = (await Promise.all(doors)).map(({ port }) => `http://127.0.0.1:${port}`);
  }

  /** The first service has the objects, the others only reach them. */
  #service(name: string) {
    const owner = name === workerName ? {} : { scriptName: workerName };
    const objects = Object.entries(objectClasses).map(([binding, className]) => [
      binding,
      { className, useSQLite: true, ...owner },
    ]);
    return {
      name,
      modules: [{ type: 'ESModule' as const, path: 'worker.js', contents: this.#code }],
      compatibilityDate,
      compatibilityFlags,
      bindings: { MILLRACE_SECRET: '0'.repeat(64), MILLRACE_MODE: 'open', MILLRACE_VERSION: '0.0.0-test' },
      durableObjects: Object.fromEntries(objects),
      r2Buckets: { ...buckets },
      unsafeDirectSockets: [{ host: '127.0.0.1', port: 0, entrypoint: doorEntrypoints.restProxy }],
    };
  }
}
