// Prints "PASSED FAILED" of a vitest JSON report. A file that fails before its tests run counts as one failed test,
// and so does a report that is not there.
import { readFileSync } from 'node:fs';

try {
  const { testResults } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
  let passed = 0;
  let failed = 0;
  for (const { status, assertionResults } of testResults) {
    const failures = assertionResults.filter((test) => test.status === 'failed').length;
    passed += assertionResults.filter((test) => test.status === 'passed').length;
    failed += failures === 0 && status === 'failed' ? 1 : failures;
  }
  console.log(passed, failed);
} catch (cause) {
  console.error(`no test report: ${cause.message}`);
  console.log(0, 1);
}
