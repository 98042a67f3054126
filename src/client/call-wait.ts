/** As long as a call may wait: the next one follows at once. */
const waitMs = 20_000;

/** With `stopAtEnd`: so long nothing may come before the end is reached. */
const endWaitMs = 1_000;

/** How long a member's call for records waits for some. */
export function callWaitMs(stopAtEnd: boolean): number {
  return stopAtEnd ? endWaitMs : waitMs;
}
