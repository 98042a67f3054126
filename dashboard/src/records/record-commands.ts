import type { ConsumedRecord } from '../../../src/client/index.ts';

/** Ways to read a record from elsewhere, ready to be pasted; a closed platform's need MILLRACE_API_KEY. */
export function readCommands(
  { topic, partition, offset }: Pick<ConsumedRecord, 'topic' | 'partition' | 'offset'>,
  origin: string,
  mode: 'open' | 'closed',
): readonly { readonly label: string; readonly text: string }[] {
  const path = `/v1/topics/${encodeURIComponent(topic)}/partitions/${partition}/records?offset=${offset}&max_records=1`;
  const header = mode === 'open' ? '' : ` -H "authorization: Bearer $MILLRACE_API_KEY"`;
  return [
    { label: 'curl', text: `curl '${origin}${path}'${header}` },
    {
      label: 'TypeScript',
      text: `const { records } = await client.read({ topic: ${JSON.stringify(topic)}, partition: ${partition}, offset: ${offset}, maxRecords: 1 });`,
    },
    {
      label: 'CLI',
      text: `millrace consume ${topic} --partition ${partition} --from ${offset} --limit 1 --url ${origin}`,
    },
  ];
}
