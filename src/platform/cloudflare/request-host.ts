/**
 * The address a request comes from. Cloudflare's edge writes the header, over whatever a client sent; where no edge
 * stands before the Worker, `cf` is absent, and the header would be the client's own word.
 */
export function hostOfRequest(request: Request): string | undefined {
  return request.cf === undefined ? undefined : (request.headers.get('cf-connecting-ip') ?? undefined);
}
