const staticBytes = new Uint8Array(1_048_576).fill(0x61);
/** Stands where an answer to a produce request would: as long as one, and ready. */
const fixedAnswer = '{"results":[{"partition":0,"offset":0,"timestamp":1700000000000}]}';

/** What the runtime alone can do: routes that no object and no code of ours stands behind. */
export async function answerPlainRoute(request: Request): Promise<Response | null> {
  if (!request.url.includes('/bench/')) return null;
  switch (new URL(request.url).pathname) {
    case '/bench/no-op':
      if (request.method === 'POST') await request.arrayBuffer();
      return new Response(fixedAnswer, { headers: { 'content-type': 'application/json' } });
    case '/bench/static':
      return new Response(staticBytes, { headers: { 'content-type': 'application/octet-stream' } });
    default:
      return new Response(null, { status: 404 });
  }
}
