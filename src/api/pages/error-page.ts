import { type ErrorCode, errorTable } from '../../errors/error-codes.ts';
import { errorMeanings } from '../../errors/error-meanings.ts';
import { platformErrors } from '../../errors/platform-errors.ts';
import { type Html, html, layout } from './html.ts';

/** Every code with what it means and what to do; `type` of a problem points to its anchor here. */
export function renderErrorPage(): string {
  const codes = (Object.keys(errorTable) as ErrorCode[]).sort();
  const own = new Set<string>(Object.keys(platformErrors));
  return layout({
    title: 'Errors - Millrace',
    navigation: html`<ul>${codes.map((code) => html`<li><a href="#${code}">${code}</a></li>`)}</ul>`,
    body: html`<h1>Errors</h1>
<p>Every error is a problem document (RFC 9457, <code>application/problem+json</code>). Programs compare its
<code>code</code>: Kafka's own name of the error, or one of a short list of ours for what Kafka has no name for.
<code>detail</code> says what was wrong with this request, <code>context</code> has facts a program can act on.</p>
${codes.map((code) => describeCode(code, own.has(code)))}`,
  });
}

function describeCode(code: ErrorCode, isOwn: boolean): Html {
  const { status, retriable, number } = errorTable[code];
  const { meaning, remedy } = errorMeanings[code];
  return html`<section id="${code}">
<h3>${code}</h3>
<p>${meaning}</p>
<p><strong>What to do:</strong> ${remedy}</p>
<p class="faint">HTTP ${status}, ${retriable ? 'worth a retry' : 'a retry changes nothing'},
${isOwn ? `no name in Kafka; ${number} on its wire` : `${number} in Kafka`}</p>
</section>
`;
}
