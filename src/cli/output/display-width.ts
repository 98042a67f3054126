const segmenter = new Intl.Segmenter();

/** Letters of East Asia and pictures take two columns (Unicode's East Asian Width, in coarse ranges). */
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** What a terminal or a reader would not show but obey: colours, moves of the cursor, text from right to left. */
const obeyed = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** A text without what a terminal would obey: names are given by others. */
export const shownText = (text: string): string => text.replaceAll(obeyed, '\ufffd');

/** How many columns of a terminal a text takes. */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += widthOf(segment);
  return width;
}

/** The beginning of a text with an ellipsis, where all of it is wider than `width` columns. */
export function truncated(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let taken = '';
  let used = 1;
  for (const { segment } of segmenter.segment(text)) {
    used += widthOf(segment);
    if (used > width) break;
    taken += segment;
  }
  return `${taken}…`;
}

const widthOf = (segment: string): number => (wide.test(segment) ? 2 : 1);
