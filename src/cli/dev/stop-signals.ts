/**
 * Ctrl-C under npm arrives twice, from the terminal and from npm itself; only a signal after this long is a person
 * who has lost patience.
 */
const SAME_KEYSTROKE_MS = 1_000;

/** How soon the death of the parent is noticed; one call to the kernel each time. */
const PARENT_POLL_MS = 500;

/**
 * Resolves when the platform is to stop: at SIGINT, SIGTERM or SIGHUP, or, when `boundToParent`, once the parent
 * process is gone. A second signal ends the process at once.
 */
export function stopRequested(boundToParent: boolean): Promise<void> {
  return new Promise((resolve) => {
    let firstAt: number | undefined;
    const onSignal = (): void => {
      const now = Date.now();
      if (firstAt !== undefined && now - firstAt > SAME_KEYSTROKE_MS) process.exit(1);
      firstAt ??= now;
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
    if (boundToParent) whenParentGone(resolve);
  });
}

function whenParentGone(resolve: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    resolve();
  }, PARENT_POLL_MS);
  timer.unref();
}
