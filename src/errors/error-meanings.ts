import type { ErrorCode } from './error-codes.ts';

/** What a code means and what a caller should do about it: the text of /docs/errors. */
export type ErrorMeaning = { readonly meaning: string; readonly remedy: string };

export const errorMeanings: Readonly<Record<ErrorCode, ErrorMeaning>> = {
  UNKNOWN_SERVER_ERROR: {
    meaning: 'The platform failed in a way it did not expect.',
    remedy: "Report it with the incident id; the platform's log has the cause under the same id.",
  },
  OFFSET_OUT_OF_RANGE: {
    meaning: 'The partition has no such offset: it was deleted by retention, or it has not been written yet.',
    remedy: 'Read from an offset within the range the error names, or from earliest or latest.',
  },
  CORRUPT_MESSAGE: {
    meaning: 'A record batch is truncated, or its CRC does not match its bytes.',
    remedy: 'Send it again as it was made; if it fails again, the program that makes it is at fault.',
  },
  UNKNOWN_TOPIC_OR_PARTITION: {
    meaning: 'There is no topic of this name, or it has no such partition.',
    remedy: 'Check the name with GET /v1/topics, and the number of partitions with GET /v1/topics/{topic}.',
  },
  REQUEST_TIMED_OUT: {
    meaning: 'The partition did not answer in time.',
    remedy: 'Retry; give a producer id or an Idempotency-Key if records must not be stored twice.',
  },
  MESSAGE_TOO_LARGE: {
    meaning:
      "A record or batch is larger than the topic's max.message.bytes, or unpacks to more than the platform takes.",
    remedy: "Send smaller records or batches, or raise the topic's max.message.bytes.",
  },
  COORDINATOR_LOAD_IN_PROGRESS: {
    meaning: 'Over the Kafka door: the transaction before this one is still being ended; nothing was stored.',
    remedy: 'Kafka clients retry by themselves.',
  },
  NOT_ENOUGH_REPLICAS: {
    meaning: 'Over the Kafka door: the transaction before this one is still being ended; nothing was stored.',
    remedy: 'Kafka clients retry by themselves.',
  },
  FENCED_LEADER_EPOCH: {
    meaning:
      'A Kafka client named a leader epoch that is over: the partition lost records since, and goes on without them.',
    remedy: 'Kafka clients ask for metadata again, and find out how far what they read is still there.',
  },
  UNKNOWN_LEADER_EPOCH: {
    meaning: 'A Kafka client named a leader epoch that the partition is not in.',
    remedy: 'Kafka clients retry by themselves.',
  },
  OPERATION_NOT_ATTEMPTED: {
    meaning: 'Nothing was done here, since another partition of the same request was refused.',
    remedy: 'See the code of that partition.',
  },
  INVALID_TOPIC_EXCEPTION: {
    meaning: 'The text cannot be the name of a topic.',
    remedy: "Use 1 to 249 of the characters a-z, A-Z, 0-9, '.', '_' and '-'; not '.' or '..' alone.",
  },
  RECORD_LIST_TOO_LARGE: {
    meaning: 'The request has more records than one request may.',
    remedy: 'Split it.',
  },
  TOPIC_AUTHORIZATION_FAILED: {
    meaning: 'The credential may not do this with the topic, whether it exists or not.',
    remedy: 'Use a key with the scope that the error names, or have the ACL changed.',
  },
  GROUP_AUTHORIZATION_FAILED: {
    meaning: 'The credential may not do this with the group, whether it exists or not.',
    remedy: 'Use a key with the scope that the error names, or have the ACL changed.',
  },
  CLUSTER_AUTHORIZATION_FAILED: {
    meaning: 'The credential may not do this in the cluster or the organization.',
    remedy: 'Use a key with the scope that the error names, or ask an admin of the organization.',
  },
  INVALID_REQUIRED_ACKS: {
    meaning: 'A Kafka producer asked for a number of acknowledgements that there is not.',
    remedy: 'Set acks to all, 1 or 0.',
  },
  INVALID_TIMESTAMP: {
    meaning: "A record's timestamp is outside what the topic allows.",
    remedy: 'See the topic configs message.timestamp.before.max.ms and message.timestamp.after.max.ms.',
  },
  UNSUPPORTED_VERSION: {
    meaning: 'The bytes are of a version of the format that is not read.',
    remedy: 'Send record batches of magic 2, as every client since Kafka 0.11 does.',
  },
  TOPIC_ALREADY_EXISTS: { meaning: 'There is a topic of this name.', remedy: 'Use it, or choose another name.' },
  INVALID_PARTITIONS: {
    meaning: 'The number of partitions is not possible: out of bounds, or fewer than the topic has.',
    remedy: 'Ask for 1 to 1,000, and never for fewer than there are.',
  },
  INVALID_REPLICATION_FACTOR: {
    meaning: 'A topic was asked for with more replicas than the cluster shows brokers.',
    remedy: 'Leave the replication factor out, or ask for 1: storage is replicated by itself.',
  },
  INVALID_REPLICA_ASSIGNMENT: {
    meaning: 'Replicas were assigned to brokers that the cluster does not show, or not for every partition.',
    remedy: 'Give a number of partitions instead.',
  },
  INVALID_CONFIG: {
    meaning: 'A topic config key is not known, or its value is not allowed.',
    remedy: "Use Kafka's keys within the bounds the error names.",
  },
  INVALID_REQUEST: {
    meaning: 'A parameter or field is missing, unknown, or not what it must be.',
    remedy: 'The error names it and says what is allowed.',
  },
  UNSUPPORTED_FOR_MESSAGE_FORMAT: {
    meaning: 'The record batch asks for something its format or this door does not allow.',
    remedy: 'Send plain data batches of magic 2.',
  },
  POLICY_VIOLATION: {
    meaning: "The platform's rules do not allow it, such as changing a topic whose name begins with '__'.",
    remedy: "Leave the platform's own topics alone.",
  },
  OUT_OF_ORDER_SEQUENCE_NUMBER: {
    meaning: "The batch's sequence does not follow the producer's last one, so an earlier batch is missing.",
    remedy: 'Send the missing batch first, or get a new producer id and begin at sequence 0.',
  },
  INVALID_PRODUCER_EPOCH: {
    meaning: 'A newer instance of this producer has taken over.',
    remedy: 'Stop this instance, or get a new producer id.',
  },
  TRANSACTION_ABORTABLE: {
    meaning: 'Over the Kafka door: the partition or group was not added to the transaction, which can only be aborted.',
    remedy: 'Abort the transaction and do it again.',
  },
  INVALID_TXN_STATE: {
    meaning: 'The batch belongs to a transaction that is not in a state to take it.',
    remedy: 'Begin a transaction first, or send batches that are not transactional.',
  },
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: {
    meaning: 'The credential may not write under this transactional id.',
    remedy: 'Use a key with the scope that the error names, or have the ACL changed.',
  },
  INVALID_PRODUCER_ID_MAPPING: {
    meaning: 'The producer id is not the one of this transactional id.',
    remedy: 'Initialize the producer again; that also aborts what it left open.',
  },
  INVALID_TRANSACTION_TIMEOUT: {
    meaning: 'The timeout of a transaction is outside its bounds.',
    remedy: 'Stay within the bounds the error names.',
  },
  CONCURRENT_TRANSACTIONS: {
    meaning: 'The transaction before this one is still being ended.',
    remedy: 'Retry in a moment.',
  },
  PRODUCER_FENCED: {
    meaning:
      'A newer instance of this transactional producer has taken over, or its transaction took longer than its timeout.',
    remedy: 'Stop this instance, or initialize the producer again, which fences all others.',
  },
  TRANSACTIONAL_ID_NOT_FOUND: {
    meaning: 'No producer was ever initialized with this transactional id, or not for a week.',
    remedy: 'Look for it in the list of transactions.',
  },
  UNSTABLE_OFFSET_COMMIT: {
    meaning: 'Offsets of the group are part of a transaction that is not decided yet.',
    remedy: 'Retry in a moment.',
  },
  TRANSACTION_UNVERIFIED: {
    meaning: 'The partition or group has not heard of the transaction yet.',
    remedy: 'Nothing was stored. Retry; the doors do so by themselves.',
  },
  SECURITY_DISABLED: {
    meaning: 'Something was asked about access rules, of which a platform without credentials has none.',
    remedy: 'Do without them here.',
  },
  KAFKA_STORAGE_ERROR: { meaning: "The partition's storage failed.", remedy: 'Retry.' },
  FETCH_SESSION_ID_NOT_FOUND: {
    meaning: 'A Kafka client goes on with a fetch session, and the platform keeps none.',
    remedy: 'Clients begin without a session by themselves.',
  },
  UNSUPPORTED_COMPRESSION_TYPE: {
    meaning: 'The batch is compressed in a way that is not read.',
    remedy: 'Use gzip, snappy, lz4, zstd or none.',
  },
  INVALID_RECORD: {
    meaning:
      'A record is not well formed, or the topic does not take it, such as one without a key where the topic is compacted.',
    remedy: 'The error names the record and what is wrong with it.',
  },
  THROTTLING_QUOTA_EXCEEDED: { meaning: 'A quota is used up for the moment.', remedy: 'Retry after Retry-After.' },
  UNKNOWN_TOPIC_ID: { meaning: 'There is no topic of this id; it was deleted.', remedy: 'Look the topic up by name.' },
  OFFSET_METADATA_TOO_LARGE: {
    meaning: 'The note beside a committed offset is too long.',
    remedy: 'Keep it under the limit the error names, or keep it somewhere else.',
  },
  INCONSISTENT_GROUP_PROTOCOL: {
    meaning:
      'The group is of another kind (a consumer group cannot be used as a share group, nor the other way round), or its members speak another protocol or know none of the same assignors.',
    remedy: 'Choose another group id, or stop the members of the other kind first.',
  },
  ILLEGAL_GENERATION: {
    meaning: 'The call is of a generation of the group that is over.',
    remedy: 'Join again, as Kafka clients do by themselves.',
  },
  REBALANCE_IN_PROGRESS: {
    meaning: 'The group is being divided anew.',
    remedy: 'Join again, as Kafka clients do by themselves.',
  },
  MEMBER_ID_REQUIRED: {
    meaning: 'The member was given an id and is not in the group yet.',
    remedy: 'Join again with the id, as Kafka clients do by themselves.',
  },
  INVALID_GROUP_ID: {
    meaning: 'The text cannot be the id of a group.',
    remedy: "Use 1 to 249 characters without control characters that do not begin with '__'.",
  },
  UNKNOWN_MEMBER_ID: {
    meaning: 'The group has no such member: it left, or it was silent for longer than its session timeout.',
    remedy: 'Join again, and go on from the committed offsets.',
  },
  INVALID_SESSION_TIMEOUT: {
    meaning: 'The session timeout is out of bounds.',
    remedy: 'Choose one from 6,000 to 1,800,000 ms.',
  },
  SASL_AUTHENTICATION_FAILED: {
    meaning: 'The request has no credential, or one that is malformed, unknown, expired or revoked.',
    remedy: 'Send an API key as "Authorization: Bearer", or its id and secret as Basic.',
  },
  UNSUPPORTED_SASL_MECHANISM: {
    meaning: 'A Kafka client asks for a SASL mechanism that the platform does not have.',
    remedy: 'Use one of those that the answer lists.',
  },
  ILLEGAL_SASL_STATE: {
    meaning: 'A Kafka client sends a SASL message where none is expected, such as one before SaslHandshake.',
    remedy: 'Begin with SaslHandshake on a new connection, as Kafka clients do by themselves.',
  },
  NON_EMPTY_GROUP: {
    meaning: 'The group has members, and what was asked for would take offsets away under them.',
    remedy: 'Stop its members first, or wait until their sessions end.',
  },
  GROUP_ID_NOT_FOUND: {
    meaning: 'There is no group of this id.',
    remedy: 'Check the id with GET /v1/groups; a group is founded by its first member or commit.',
  },
  GROUP_MAX_SIZE_REACHED: {
    meaning: 'The group has as many members as it may.',
    remedy: 'Let one leave first; more members than partitions are idle anyway.',
  },
  FENCED_INSTANCE_ID: {
    meaning: 'The instance id belongs to another member now.',
    remedy: 'Stop this program, or give it an instance id of its own.',
  },
  GROUP_SUBSCRIBED_TO_TOPIC: {
    meaning: 'Members of the group read the topic, so its offsets cannot be deleted.',
    remedy: 'Stop the members that subscribe to it first.',
  },
  FENCED_MEMBER_EPOCH: {
    meaning: 'The call is of an epoch that is over: the partition, or the member id, has passed on.',
    remedy: 'Discard what was read and not committed, and join again.',
  },
  UNRELEASED_INSTANCE_ID: {
    meaning: 'Another member is using the instance id.',
    remedy: 'Let that member leave first, or wait until its session ends.',
  },
  UNSUPPORTED_ASSIGNOR: {
    meaning: 'There is no assignor of this name.',
    remedy: 'Use sticky, uniform or range.',
  },
  STALE_MEMBER_EPOCH: {
    meaning: 'The member speaks with an epoch that is over, or of a partition that has passed on (Kafka clients only).',
    remedy: 'Heartbeat to learn the newest epoch, then repeat it for the partitions that are still assigned.',
  },
  INVALID_RECORD_STATE: {
    meaning: 'The record is not locked for this member any more: its lock ran out, or it was decided before.',
    remedy: 'Go on; if it was not accepted it is delivered again. Renew locks of records that take long.',
  },
  SHARE_SESSION_NOT_FOUND: {
    meaning: 'The connection has no share session of this member (Kafka clients only).',
    remedy: 'Begin one with epoch 0; what was acquired in an earlier one was released with its connection.',
  },
  INVALID_SHARE_SESSION_EPOCH: {
    meaning: 'The call is not the next one of its share session (Kafka clients only).',
    remedy: 'Begin a new session with epoch 0.',
  },
  SHARE_SESSION_LIMIT_REACHED: {
    meaning: 'A connection has as many share sessions as it may (Kafka clients only).',
    remedy: 'Close one first, or open another connection.',
  },
  INVALID_REGULAR_EXPRESSION: {
    meaning: 'The pattern of topic names cannot be read.',
    remedy: 'The error names the character; docs/groups.md has the grammar.',
  },
  MALFORMED_JSON: {
    meaning: 'The body is not JSON, or is nested too deep.',
    remedy: 'The error has the line and column where reading stopped.',
  },
  MALFORMED_UTF8: {
    meaning: 'Text that must be UTF-8 is not.',
    remedy: 'Encode it as UTF-8, or send bytes as base64.',
  },
  ROUTE_NOT_FOUND: { meaning: 'No route has this path.', remedy: 'The reference lists all of them.' },
  METHOD_NOT_ALLOWED: { meaning: 'The route does not take this method.', remedy: 'Allow lists those it takes.' },
  NOT_ACCEPTABLE: {
    meaning: 'The route cannot answer in any form that Accept names.',
    remedy: 'Ask for one that the error lists.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    meaning: 'The route does not read bodies of this Content-Type.',
    remedy: 'Send one that the error lists.',
  },
  UPGRADE_REQUIRED: {
    meaning: 'The route speaks WebSocket only, and the request does not ask for it with a subprotocol it speaks.',
    remedy: 'Open a WebSocket with the subprotocol that the error names.',
  },
  BODY_TOO_LARGE: { meaning: 'The body or frame is over the limit.', remedy: 'Send it in smaller parts.' },
  ORIGIN_REFUSED: {
    meaning: 'The platform runs without credentials, and the request may come from a page of another site.',
    remedy: 'Call it as 127.0.0.1, localhost or [::1], from a program or from a page served there.',
  },
  SIGNUP_REFUSED: {
    meaning: 'The platform takes no sign-ups, only with an invitation, or not with this one.',
    remedy: 'Ask its operator for an organization or for an invitation.',
  },
  ILLEGAL_STATE: {
    meaning:
      'What was asked does not go with the state of what it is about: a consumer instance that has partitions assigned does not subscribe, the last owner does not leave an organization.',
    remedy: 'The message says what has to be done before.',
  },
  UNKNOWN_RESOURCE: {
    meaning: 'There is no such organization, cluster, key, member, or whatever else the request names.',
    remedy: 'List what there is, and name one of those.',
  },
  RESOURCE_ALREADY_EXISTS: {
    meaning: 'What the request would create is there already.',
    remedy: 'Use it, or choose another name.',
  },
  LIMIT_REACHED: { meaning: 'A hard limit is reached.', remedy: 'GET /v1/limits lists them with their reasons.' },
  BUDGET_EXCEEDED: {
    meaning:
      "The organization's budget of the month is used up: records are neither written nor read. What is stored stays.",
    remedy: 'An owner raises the budget: PATCH /v1/budget, or millrace usage budget. Or wait for the next month (UTC).',
  },
  STORAGE_QUOTA_EXCEEDED: {
    meaning: 'The organization keeps as many bytes as it may: no record is written. Reads and deletes go on.',
    remedy:
      'Lower retention, delete records or topics, or raise the cap: millrace quotas set --organization --storage-bytes.',
  },
  STORAGE_FULL: {
    meaning: 'The partition has no space left; reads and deletes still work.',
    remedy: 'Lower retention, delete topics, or write to other partitions.',
  },
  OVERLOADED: {
    meaning: 'Too much work is queued; nothing of this request was stored.',
    remedy: 'Retry after a moment, with a growing pause.',
  },
  UNKNOWN_OUTCOME: {
    meaning: 'The answer was lost: the records may or may not be stored.',
    remedy: 'Retry with the same sequence or Idempotency-Key; without one, read back before writing again.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    meaning: 'The Idempotency-Key has been used with another body.',
    remedy: 'Choose a new key for every new request.',
  },
  INVALID_POSITION: {
    meaning: 'The position was not issued by this platform, or belongs to another topic.',
    remedy: 'Use a position as it was received, for the topic it was received from.',
  },
  GRANT_REQUIRED: {
    meaning: "The partition's object has not been told of its topic's latest state.",
    remedy: 'Retry; the platform does so itself and rarely lets this through.',
  },
  WRONG_OBJECT: {
    meaning: 'The object that was reached belongs to another topic or partition.',
    remedy: 'Look the topic up again.',
  },
  OUTBOUND_CALL_FAILED: {
    meaning: 'Something outside of the platform that the request depends on cannot be reached, or answers nonsense.',
    remedy: 'Retry; if it stays so, see to the address that the message names.',
  },
  LOG_UNVERIFIED: {
    meaning: 'The partition has just started, and could not yet ask its cluster whether its log is whole.',
    remedy: 'Retry; nothing of the request was stored.',
  },
  LOG_TRUNCATED: {
    meaning:
      "The partition's log lost records that were acknowledged, or is not the log that was: its storage was damaged or restored underneath the platform.",
    remedy:
      'Restore the data, or accept the loss with POST /v1/topics/{topic}/partitions/{partition}/recover. Until then nothing of the partition is read or written.',
  },
  NEWER_SCHEMA: {
    meaning: 'The stored data was written by a newer version of Millrace.',
    remedy: 'Run that version or a later one.',
  },
};
