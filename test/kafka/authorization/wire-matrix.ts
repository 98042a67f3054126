/**
 * Who is answered what over Kafka's protocol, an API a row, in the order of `src/kafka/apis.ts` and as Kafka's table of
 * operations has it. An API without a row fails wire-matrix.test.ts.
 *
 * The first two columns are the codes of the organization's owner and of the owner of another organization, who names the
 * same things in a cluster of their own; the callers are those of test/api/authorization/matrix.ts. `+`: let in, whatever
 * comes of it. `T`, `G`, `C`, `X`: refused with TOPIC_, GROUP_, CLUSTER_ or TRANSACTIONAL_ID_AUTHORIZATION_FAILED.
 */
// biome-ignore format: a table is read by its columns
export const wireMatrix: Readonly<Record<string, string>> = {
  //                         owner other   adm dev vie pro con des wro rdT wrT keT den
  Produce:                  '0    3       +  +  T  +  T  T  T  T  +  T  T',
  Fetch:                    '0    3       +  +  +  T  +  T  T  +  T  T  T',
  ListOffsets:              '0    3       +  +  +  +  +  +  T  +  +  +  T',
  Metadata:                 '0    3       +  +  +  +  +  +  T  +  +  +  T',
  OffsetCommit:             '0    3       +  +  G  G  +  G  G  G  G  G  G',
  OffsetFetch:              '0    0       +  +  +  G  +  +  G  G  G  G  G',
  FindCoordinator:          '0    0       +  +  +  G  +  +  G  G  G  G  G',
  JoinGroup:                '79   79      +  +  G  G  +  G  G  G  G  G  G',
  Heartbeat:                '25   25      +  +  G  G  +  G  G  G  G  G  G',
  LeaveGroup:               '25   25      +  +  G  G  +  G  G  G  G  G  G',
  SyncGroup:                '25   25      +  +  G  G  +  G  G  G  G  G  G',
  DescribeGroups:           '0    0       +  +  +  G  +  +  G  G  G  G  G',
  ListGroups:               '0    0       +  +  +  +  +  +  +  +  +  +  +',
  SaslHandshake:            '0    0       +  +  +  +  +  +  +  +  +  +  +',
  ApiVersions:              '0    0       +  +  +  +  +  +  +  +  +  +  +',
  CreateTopics:             '0    0       +  +  T  T  T  T  T  T  T  T  T',
  DeleteTopics:             '0    3       +  +  T  T  T  T  T  T  T  T  T',
  DeleteRecords:            '0    3       +  +  T  T  T  T  T  T  T  T  T',
  InitProducerId:           '0    0       +  +  C  +  C  C  +  C  +  +  +',
  OffsetForLeaderEpoch:     '0    3       +  +  +  +  +  +  T  +  +  +  T',
  AddPartitionsToTxn:       '49   3       +  +  X  X  X  X  X  X  X  X  T',
  AddOffsetsToTxn:          '49   49      +  +  X  X  X  X  X  X  X  X  G',
  EndTxn:                   '49   49      +  +  X  X  X  X  X  X  X  X  +',
  TxnOffsetCommit:          '49   49      +  +  X  X  X  X  X  X  X  X  G',
  DescribeAcls:             '0    0       +  +  +  C  C  +  C  C  C  C  +',
  CreateAcls:               '0    0       +  C  C  C  C  C  C  C  C  C  C',
  DeleteAcls:               '0    0       +  C  C  C  C  C  C  C  C  C  C',
  DescribeConfigs:          '0    3       +  +  +  T  T  +  T  T  T  T  T',
  AlterConfigs:             '0    3       +  +  T  T  T  T  T  T  T  T  T',
  SaslAuthenticate:         '34   34      +  +  +  +  +  +  +  +  +  +  +',
  CreatePartitions:         '0    3       +  +  T  T  T  T  T  T  T  T  T',
  DeleteGroups:             '0    0       +  +  G  G  G  G  G  G  G  G  G',
  IncrementalAlterConfigs:  '0    3       +  +  T  T  T  T  T  T  T  T  T',
  OffsetDelete:             '0    69      +  +  G  G  G  G  G  G  G  G  G',
  DescribeCluster:          '0    0       +  +  +  +  +  +  +  +  +  +  +',
  DescribeProducers:        '0    3       +  +  +  T  +  T  T  +  T  +  T',
  DescribeTransactions:     '105  105     +  +  +  X  X  X  X  X  X  X  +',
  ListTransactions:         '0    0       +  +  +  +  +  +  +  +  +  +  +',
  DescribeTopicPartitions:  '0    3       +  +  +  +  +  +  T  +  +  +  T',
  ConsumerGroupHeartbeat:   '25   69      +  +  G  G  +  G  G  G  G  G  G',
  ConsumerGroupDescribe:    '69   69      +  +  +  G  +  +  G  G  G  G  G',
  ShareGroupHeartbeat:      '25   25      +  +  G  G  +  G  G  G  G  G  G',
  ShareGroupDescribe:       '69   69      +  +  +  G  +  +  G  G  G  G  G',
  ShareFetch:               '122  122     +  +  G  G  +  G  G  G  G  G  G',
  ShareAcknowledge:         '122  122     +  +  G  G  +  G  G  G  G  G  G',
};
