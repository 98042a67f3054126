const tickMs = 1_000;

/**
 * Calls `onOver` after so many seconds of a machine that runs: a machine that stood still meanwhile, as virtual ones
 * may for minutes, is given its time back. Answers how to call it off.
 */
export function afterSeconds(seconds: number, onOver: () => void): () => void {
  let ticks = 0;
  const timer = setInterval(() => {
    ticks += 1;
    if (ticks < seconds) return;
    clearInterval(timer);
    onOver();
  }, tickMs);
  timer.unref();
  return () => clearInterval(timer);
}
