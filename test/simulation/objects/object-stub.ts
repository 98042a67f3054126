import { copied } from '../message-copy.ts';
import type { Caller } from '../network.ts';
import type { SimulatedObject } from '../simulated-object.ts';
import type { Platform } from '../simulated-platform.ts';

/** How a call is carried out where it arrives. */
type Serve<Instance> = (instance: Instance, verb: string, args: readonly unknown[]) => Promise<unknown>;

/** An object's verbs as a caller reaches them over the simulated network. */
export function objectStub<Rpc extends object, Instance>(
  platform: Platform,
  caller: Caller,
  target: SimulatedObject<Instance>,
  serve: Serve<Instance>,
): Rpc {
  return new Proxy({} as Rpc, {
    get:
      (_, verb: string) =>
      (...args: unknown[]) => {
        const sent = copied(args);
        return platform.network.call(caller, target, verb, async (instance) =>
          copied(await serve(instance, verb, copied(sent))),
        );
      },
  });
}

/** Calls a service's verb by its name. */
export function callVerb(service: object, verb: string, args: readonly unknown[]): Promise<unknown> {
  return (service as Record<string, (...rest: readonly unknown[]) => Promise<unknown>>)[verb]!(...args);
}
