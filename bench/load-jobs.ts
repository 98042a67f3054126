import { type FanOutLoad, runFanOut } from './fan-out-load.ts';
import { type HttpLoad, runHttpLoad } from './http-load.ts';
import { type LatencyLoad, runLatencyLoad } from './latency-load.ts';
import type { LoadResult } from './load-result.ts';
import { type OpenLoopLoad, runOpenLoop } from './open-loop-load.ts';
import { type RawSqliteLoad, runRawSqlite } from './raw-sqlite.ts';
import { runWebSocketLoad, type WebSocketLoad } from './websocket-load.ts';

/** What the load thread can be asked to run. */
export type LoadJob =
  | ({ readonly kind: 'http' } & HttpLoad)
  | ({ readonly kind: 'websocket' } & WebSocketLoad)
  | ({ readonly kind: 'latency' } & LatencyLoad)
  | ({ readonly kind: 'fan-out' } & FanOutLoad)
  | ({ readonly kind: 'open-loop' } & OpenLoopLoad)
  | ({ readonly kind: 'raw-sqlite' } & RawSqliteLoad);

export async function runLoadJob(job: LoadJob): Promise<LoadResult> {
  switch (job.kind) {
    case 'http':
      return runHttpLoad(job);
    case 'websocket':
      return runWebSocketLoad(job);
    case 'latency':
      return runLatencyLoad(job);
    case 'fan-out':
      return runFanOut(job);
    case 'open-loop':
      return runOpenLoop(job);
    case 'raw-sqlite':
      return runRawSqlite(job);
  }
}
