import { allFaultClasses } from './fault-plan.ts';
import { simulate } from './simulation.ts';

/**
 * Which fault classes a seed's violation needs: each is left out in turn, and stays out when the violation is still
 * there. Says how to run what is left.
 */
export async function disablingFaults(seed: number): Promise<string> {
  const kindsOf = async (disabledFaults: ReadonlySet<string>) => {
    const { violations } = await simulate({ seed, disabledFaults });
    return violations.map((violation) => violation.split(/[\s:]/)[0]);
  };
  const [wanted] = await kindsOf(new Set());
  if (wanted === undefined) return `seed ${seed} shows no violation`;
  const disabled = new Set<string>();
  for (const name of allFaultClasses) {
    disabled.add(name);
    if (!(await kindsOf(disabled)).includes(wanted)) disabled.delete(name);
  }
  const needed = allFaultClasses.filter((name) => !disabled.has(name));
  return `needs ${needed.join(', ') || 'no fault at all'}:\n  npm run test:sim -- --seed ${seed} --without ${[...disabled].join(',')} --trace`;
}
