/** What wrangler.toml and the local launcher bind: objects, the secret, and how the platform runs. */
export type Env = {
  readonly PARTITION: DurableObjectNamespace;
  readonly CLUSTER: DurableObjectNamespace;
  readonly RELAY: DurableObjectNamespace;
  readonly GROUP: DurableObjectNamespace;
  readonly SHARE_GROUP: DurableObjectNamespace;
  readonly SHARE: DurableObjectNamespace;
  /** Tiered segments. */
  readonly SEGMENTS: R2Bucket;
  /** Signs grants and positions; the same for every object of a deployment. */
  readonly MILLRACE_SECRET: string;
  /** `open`: no credentials, and only on loopback. */
  readonly MILLRACE_MODE: 'open';
  readonly MILLRACE_VERSION: string;
};
