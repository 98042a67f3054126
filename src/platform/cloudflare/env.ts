/** What wrangler.toml and the local launcher bind: objects, the secret, and how the platform runs. */
export type Env = {
  readonly PARTITION: DurableObjectNamespace;
  readonly CLUSTER: DurableObjectNamespace;
  readonly RELAY: DurableObjectNamespace;
  readonly GROUP: DurableObjectNamespace;
  readonly SHARE_GROUP: DurableObjectNamespace;
  readonly SHARE: DurableObjectNamespace;
  readonly ORGANIZATION: DurableObjectNamespace;
  readonly DIRECTORY: DurableObjectNamespace;
  readonly TRANSACTION: DurableObjectNamespace;
  readonly CONNECTION: DurableObjectNamespace;
  readonly JOBS: DurableObjectNamespace;
  /** Tiered segments. */
  readonly SEGMENTS: R2Bucket;
  /** The built dashboard; absent where there is none. */
  readonly ASSETS?: Fetcher;
  /** Signs grants and positions; the same for every object of a deployment. */
  readonly MILLRACE_SECRET: string;
  /** `open`: no credentials, and only on loopback. `closed`: every request needs a credential. */
  readonly MILLRACE_MODE: 'open' | 'closed';
  /** Creates organizations, and sees no data of theirs; absent where there is no operator. */
  readonly MILLRACE_OPERATOR_KEY?: string;
  /** What no organization may have more of, as JSON, such as `{"topics":100}`; absent: what the platform allows. */
  readonly MILLRACE_CAPS?: string;
  /** What no organization may use more of a second, as JSON, such as `{"requests":1000}`; absent: nothing is bounded. */
  readonly MILLRACE_QUOTAS?: string;
  /** Who may found organizations besides the operator: `closed` (nobody; also when absent), `invite` or `open`. */
  readonly MILLRACE_SIGNUP?: string;
  /** `local` marks the keys of a platform on a laptop; those of a deployment are `live`. */
  readonly MILLRACE_KEY_ENVIRONMENT?: 'live' | 'local';
  readonly MILLRACE_VERSION: string;
  /** Where the local Kafka door listens, as `host:port,host:port`; without it each client is told what it reached. */
  readonly MILLRACE_KAFKA_BROKERS?: string;
};
