/**
 * The broker that Kafka's surfaces show: there is none, but clients expect a cluster to have some, and one of them to
 * lead every partition and to coordinate every group. All doors show the same.
 */
export const nominalBrokerId = 0;

/** Of every partition there is one replica, as far as clients can see; how storage replicates is not theirs to choose. */
export const nominalReplicationFactor = 1;
