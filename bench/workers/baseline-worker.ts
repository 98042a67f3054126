import { Main as PlatformMain } from '../../src/worker.ts';
import { answerPlainRoute } from './plain-routes.ts';

/** The platform's Worker with the bench's plain routes before it. */
export class Main extends PlatformMain {
  override async fetch(request: Request): Promise<Response> {
    return (await answerPlainRoute(request)) ?? super.fetch(request);
  }
}

export { Cluster, default, Relay } from '../../src/worker.ts';
export { StorelessPartition as Partition } from './storeless-partition.ts';
