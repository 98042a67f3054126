import { Main as PlatformMain } from '../../src/worker.ts';
import { readMeter } from './meter.ts';

/** The platform's Worker with a route that tells what its partitions were billed. */
export class Main extends PlatformMain {
  override async fetch(request: Request): Promise<Response> {
    if (new URL(request.url).pathname === '/bench/meter') return Response.json(readMeter());
    return super.fetch(request);
  }
}

export { Cluster, default, Relay } from '../../src/worker.ts';
export { MeteredPartition as Partition } from './metered-partition.ts';
