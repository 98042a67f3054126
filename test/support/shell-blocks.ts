import { readFileSync } from 'node:fs';

/**
 * How a bash is called that runs a block, whose text comes after it: it stops at the first failure. Without `--norc` a
 * bash whose input is a socket takes itself for a remote one, and reads the machine's own settings.
 */
export const bashOptions = ['--norc', '-euo', 'pipefail', '-c'] as const;

/** A shell block of a document and what it says is printed; null where it does not say. */
export type ShellBlock = { readonly script: string; readonly printed: string | null };

/** The blocks of a Markdown document marked `sh`, in order, each with the `text` block that follows it at once. */
export function shellBlocks(path: string): ShellBlock[] {
  const pattern = /^```sh\n(?<script>.*?)^```\n(?:```text\n(?<printed>.*?)^```\n)?/gms;
  return [...readFileSync(path, 'utf8').matchAll(pattern)].map(({ groups }) => ({
    script: groups!.script!,
    printed: groups!.printed ?? null,
  }));
}

/** A text in which "…" stands for anything but a line's end, as an expression that fits it whole. */
export function printedPattern(printed: string): RegExp {
  const pieces = printed.split('…').map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pieces.join('[^\\n]*')}$`);
}
