/** Who sends: to where, and with what; a credential that the page does not have is a variable of their shell. */
export type Sender = {
  readonly origin: string;
  /** False where nobody is asked who they are. */
  readonly isClosed: boolean;
  /** An API key and its id, as far as the page knows them. */
  readonly credential: string | null;
  readonly keyId: string | null;
};

export type FirstRecord = { readonly title: string; readonly code: string };

const kafkaPort = 19_092;

/** The first topic and its first record, in the ways in which people work. */
export function firstRecords({ origin, isClosed, credential, keyId }: Sender): readonly FirstRecord[] {
  const key = credential ?? '$MILLRACE_API_KEY';
  const header = isClosed ? ` -H "authorization: Bearer ${key}"` : '';
  const json = `-H 'content-type: application/json'`;
  const inClient = credential === null ? 'process.env.MILLRACE_API_KEY' : `'${credential}'`;
  const inShell = isClosed ? `MILLRACE_API_KEY="${key}" ` : '';
  const sasl = isClosed
    ? ` -X security.protocol=SASL_PLAINTEXT -X sasl.mechanisms=PLAIN -X sasl.username=${keyId ?? 'KEY_ID'} -X "sasl.password=${key}"`
    : '';
  const kcat = `kcat -b 127.0.0.1:${kafkaPort}${sasl} -t hello`;
  return [
    {
      title: 'curl',
      code: `curl ${origin}/v1/topics${header} ${json} -d '{"name":"hello"}'
curl ${origin}/v1/topics/hello/records${header} ${json} -d '{"records":[{"key":"me","value":{"greeting":"hi"}}]}'`,
    },
    {
      title: 'TypeScript',
      code: `const client = createClient({ url: '${origin}'${isClosed ? `, credential: ${inClient}` : ''} });
await client.topics.create({ name: 'hello' });
await using producer = client.producer({ topic: 'hello' });
await producer.send({ key: 'me', value: { greeting: 'hi' } });`,
    },
    {
      title: 'Command line',
      code: `${inShell}millrace topics create hello --url ${origin}
echo '{"greeting":"hi"}' | ${inShell}millrace produce hello --url ${origin}`,
    },
    {
      title: 'kcat, and any client of Kafka',
      code: `npx millrace kafka-proxy --to ${origin} --port ${kafkaPort} &
echo 'me:{"greeting":"hi"}' | ${kcat} -P -K:
${kcat} -C -e`,
    },
  ];
}
