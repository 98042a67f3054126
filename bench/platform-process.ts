import { randomBytes } from 'node:crypto';
import { startPlatform } from '../src/cli/dev/platform.ts';

/** The platform in a process of its own, as `millrace dev` runs it: arguments are its data directory, its mode and a Worker's source. */
const [dataDir, mode, entry] = process.argv.slice(2);
// What founds organizations beside the one that the platform begins with.
const operatorKey = randomBytes(32).toString('base64url');
process.env.MILLRACE_OPERATOR_KEY = operatorKey;
const platform = await startPlatform({ port: 0, dataDir: dataDir ?? '', auth: mode === 'closed', entry });
process.on('SIGTERM', () => {
  void platform.stop().then(() => process.exit(0));
});
console.log(`ready ${platform.url}${platform.ownerKey === null ? '' : ` as ${platform.ownerKey} by ${operatorKey}`}`);
