import { execFile, spawnSync } from 'node:child_process';

/** Whether the machine has kcat; .ci/run brings it along. */
export const hasKcat = spawnSync('kcat', ['-V']).error === undefined;

/** A command that hangs is ended, and fails. */
const patienceMs = 30_000;

/** Runs kcat against some brokers; answers what it printed. Fails, with what it complained of, unless it exits with 0. */
export function kcat(brokers: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile('kcat', ['-b', brokers, ...args], { timeout: patienceMs }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`kcat ${args.join(' ')}: ${error.message}\n${stdout}${stderr}`));
    });
    child.stdin?.end(input);
  });
}
