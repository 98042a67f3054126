import { type ChainOptions, ExactlyOnceChain } from './exactly-once-chain.ts';

/** Runs a chain and says what is wrong with what came out of it, by the invariant that is broken; null when nothing is. */
export async function judgeChain(options: ChainOptions): Promise<string | null> {
  const { sunk } = await new ExactlyOnceChain(options).run();
  const counts = new Map<string, number>();
  for (const value of sunk) counts.set(value, (counts.get(value) ?? 0) + 1);
  const numbers = Array.from({ length: options.recordCount }, (_, number) => String(number));
  const lost = numbers.filter((value) => !counts.has(value));
  const doubled = numbers.filter((value) => (counts.get(value) ?? 0) > 1);
  if (doubled.length > 0) return `I-2e seed ${options.seed}: ${doubled.length} numbers came out more than once`;
  if (lost.length > 0) return `I-2a I-2d seed ${options.seed}: ${lost.length} numbers never came out`;
  return null;
}
