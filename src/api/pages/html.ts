/** HTML that is escaped already. Only the `html` tag makes it, so text cannot become markup by accident. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type HtmlPart = string | number | Html | readonly HtmlPart[] | null;

/** Puts parts into markup: text is escaped, other {@link Html} and lists of it stand as they are, null is nothing. */
export function html(markup: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  let text = markup[0] ?? '';
  parts.forEach((part, index) => {
    text += rendered(part) + (markup[index + 1] ?? '');
  });
  return new Html(text);
}

function rendered(part: HtmlPart): string {
  if (part === null) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'string' || typeof part === 'number') return escapeHtml(String(part));
  return part.map(rendered).join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** Text in which `code` stands between backticks, as the operation table writes it. */
export function prose(text: string): Html {
  return html`${text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}

/** A whole page in the one layout of all of them. */
export function layout(page: { readonly title: string; readonly navigation?: Html; readonly body: Html }): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${page.title}</title>
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<header><a class="brand" href="/">Millrace</a> <nav aria-label="Pages"><a href="/docs">Reference</a> <a href="/docs/errors">Errors</a> <a href="/openapi.json">OpenAPI</a></nav></header>
<div class="columns">
${page.navigation === undefined ? null : html`<nav class="contents" aria-label="Contents">${page.navigation}</nav>`}
<main>
${page.body}
</main>
</div>
</body>
</html>
`.text;
}
