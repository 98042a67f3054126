import { describe, expect, it } from 'vitest';
import { labelText, Metrics } from '../../src/api/metrics.ts';
import { emptyClusterServices } from '../support/api-services.ts';
import { createCheckedApi } from '../support/checked-api.ts';

/** Name, labels and value of every sample in a Prometheus text. */
function samplesOf(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    expect(line).toMatch(/^[a-z_]+(\{[a-z_]+="(?:[^"\\\n]|\\.)*"(,[a-z_]+="(?:[^"\\\n]|\\.)*")*\})? \d+$/);
    const at = line.lastIndexOf(' ');
    samples.set(line.slice(0, at), Number(line.slice(at + 1)));
  }
  return samples;
}

describe('metrics', () => {
  it('count by labels, escape them and announce every counter', () => {
    const metrics = new Metrics();
    metrics.count('millrace_records_in_total', { door: 'http' }, 5);
    metrics.count('millrace_records_in_total', { door: 'http' });
    metrics.countLabelled('millrace_records_in_total', labelText({ door: 'a"b\\c\nd' }), 1);
    const text = metrics.render();
    expect(samplesOf(text)).toEqual(
      new Map([
        ['millrace_records_in_total{door="http"}', 6],
        ['millrace_records_in_total{door="a\\"b\\\\c\\nd"}', 1],
      ]),
    );
    expect(text).toContain('# TYPE millrace_requests_total counter\n');
    expect(text.endsWith('\n')).toBe(true);
  });

  it('do not grow without end', () => {
    const metrics = new Metrics();
    for (let index = 0; index < 5_000; index++) metrics.count('millrace_requests_total', { route: String(index) });
    expect(samplesOf(metrics.render()).size).toBe(1_000);
    metrics.count('millrace_requests_total', { route: '7' });
    expect(samplesOf(metrics.render()).get('millrace_requests_total{route="7"}')).toBe(2);
  });

  it('see requests by route pattern and status, whatever the paths are', async () => {
    const api = createCheckedApi(emptyClusterServices());
    const read = async () => samplesOf(await (await api.request('/metrics')).text());
    const before = await read();
    await api.request('/healthz');
    await api.request('/v1/limits?x=1');
    for (let index = 0; index < 3; index++) await api.request(`/invented/${index}`);
    await api.request('/healthz', { headers: { origin: 'https://evil.example' } });
    const after = await read();
    const grown = (series: string) => (after.get(series) ?? 0) - (before.get(series) ?? 0);
    expect(grown('millrace_requests_total{method="GET",route="/healthz",status="200"}')).toBe(1);
    expect(grown('millrace_requests_total{method="GET",route="/v1/limits",status="400"}')).toBe(1);
    expect(grown('millrace_requests_total{method="",route="",status="404"}')).toBe(3);
    expect(grown('millrace_requests_total{method="",route="",status="403"}')).toBe(1);
  });
});
