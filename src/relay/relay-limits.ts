/** Bounds inside a relay that no caller names; those a caller meets are in limits.ts. */

/** Relays of one cluster: sockets spread over them, and each costs a partition one call a flush while it has a subscriber. */
export const relayShardCount = 4;

/** Reads a relay has under way at once: a platform request may hold six connections, and registrations need some too. */
export const maxParallelReads = 4;

/** Registrations under way at once for one subscription, for the same reason. */
export const maxParallelRegistrations = 4;

/** One catch-up read: large enough to be fast, small enough that a slow subscriber's neighbours wait a few milliseconds. */
export const catchUpReadBytes = 256 * 1024;

/** Text of one `records` frame; a larger range goes out as several frames. A single larger record goes alone. */
export const maxFrameTextBytes = 1024 * 1024;

/** Consecutive failures of a partition's read before its waiting subscriptions end with the error. */
export const maxReadAttempts = 6;

/** The pause before the second read attempt; it doubles with each further one. */
export const readRetryPauseMs = 50;

/** A member of a share group is heard of by its group this often, before the group is taken out of memory with it. */
export const shareHeartbeatMs = 5_000;

/** Bytes of `produce` frames a relay holds while earlier ones of the same sockets are being stored. */
export const maxPendingProduceBytes = 16 * 1024 * 1024;

/** Frames of one socket waiting to be stored; beyond it they are answered OVERLOADED. */
export const maxPendingProduceFrames = 256;

/** Frames of one socket with quotas that wait for their turn, while its organization is asked for a lease. */
export const maxWaitingFrames = 256;

/** What a socket's state may take: the runtime keeps 16,384 bytes with a hibernating socket, less its own framing. */
export const maxAttachmentBytes = 16_000;
