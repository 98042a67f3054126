// sarama.
package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	. "millrace.test/kafka-clients/scenario"

	"github.com/IBM/sarama"
)

// settings are sarama's own, for a producer that waits and a group that reads all there is.
func settings() *sarama.Config {
	config := sarama.NewConfig()
	config.Producer.Return.Successes = true
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Partitioner = sarama.NewManualPartitioner
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Group.Heartbeat.Interval = 300 * time.Millisecond
	config.Admin.Retry.Max = 0
	return config
}

func admin() sarama.ClusterAdmin {
	client, err := sarama.NewClusterAdmin(Servers, settings())
	Check(err)
	return client
}

func createTopic(topic string, partitions int32) error {
	client := admin()
	defer client.Close()
	return client.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: partitions, ReplicationFactor: 1}, false)
}

func failsWith(expected sarama.KError, err error) {
	if !errors.Is(err, expected) {
		panic(fmt.Sprintf("%v is not %v", err, expected))
	}
}

func produce(config *sarama.Config, messages ...*sarama.ProducerMessage) error {
	producer, err := sarama.NewSyncProducer(Servers, config)
	Check(err)
	defer producer.Close()
	return producer.SendMessages(messages)
}

func texts(topic string, count int, value func(at int) string) []*sarama.ProducerMessage {
	messages := make([]*sarama.ProducerMessage, count)
	for at := range messages {
		messages[at] = &sarama.ProducerMessage{Topic: topic, Value: sarama.StringEncoder(value(at))}
	}
	return messages
}

func readFrom(ctx context.Context, config *sarama.Config, topic string, offset int64, count int) []*sarama.ConsumerMessage {
	consumer, err := sarama.NewConsumer(Servers, config)
	Check(err)
	defer consumer.Close()
	partition, err := consumer.ConsumePartition(topic, 0, offset)
	Check(err)
	defer partition.AsyncClose()
	var messages []*sarama.ConsumerMessage
	for len(messages) < count {
		select {
		case message := <-partition.Messages():
			messages = append(messages, message)
		case <-ctx.Done():
			panic(fmt.Sprintf("%d messages of %d", len(messages), count))
		}
	}
	return messages
}

func values(messages []*sarama.ConsumerMessage) []string {
	read := make([]string, len(messages))
	for at, message := range messages {
		read[at] = string(message.Value)
	}
	return read
}

func addAdministration() {
	Add("administers topics", "", func(context.Context) {
		topic := Named("administered")
		retention, segment := "600000", "60000"
		client := admin()
		defer client.Close()
		detail := &sarama.TopicDetail{NumPartitions: 2, ReplicationFactor: 1, ConfigEntries: map[string]*string{"retention.ms": &retention}}
		Check(client.CreateTopic(topic, detail, false))
		Check(client.CreatePartitions(topic, 3, nil, false))
		described, err := client.DescribeTopics([]string{topic})
		Check(err)
		Equal(len(described[0].Partitions), 3)
		configOf := func(name string) string {
			resource := sarama.ConfigResource{Type: sarama.TopicResource, Name: topic, ConfigNames: []string{name}}
			entries, err := client.DescribeConfig(resource)
			Check(err)
			return entries[0].Value
		}
		Equal(configOf("retention.ms"), retention)
		entries := map[string]sarama.IncrementalAlterConfigsEntry{
			"segment.ms":   {Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &segment},
			"retention.ms": {Operation: sarama.IncrementalAlterConfigsOperationDelete},
		}
		Check(client.IncrementalAlterConfig(sarama.TopicResource, topic, entries, false))
		Equal([]string{configOf("segment.ms"), configOf("retention.ms")}, []string{"60000", "604800000"})
		brokers, _, err := client.DescribeCluster()
		Check(err)
		Equal(len(brokers), len(Servers))
		Check(client.DeleteTopic(topic))
		left, err := client.ListTopics()
		Check(err)
		_, isThere := left[topic]
		Equal(isThere, false)
	})
	Add("deletes records, and tells where partitions begin and end", "", func(context.Context) {
		topic := Named("trimmed")
		Check(createTopic(topic, 1))
		Check(produce(settings(), texts(topic, 5, func(at int) string { return fmt.Sprint(at) })...))
		client := admin()
		defer client.Close()
		Check(client.DeleteRecords(topic, map[int32]int64{0: 3}))
		asker, err := sarama.NewClient(Servers, settings())
		Check(err)
		defer asker.Close()
		start, err := asker.GetOffset(topic, 0, sarama.OffsetOldest)
		Check(err)
		end, err := asker.GetOffset(topic, 0, sarama.OffsetNewest)
		Check(err)
		Equal([]int64{start, end}, []int64{3, 5})
	})
	Add("hears the error that was made", "", func(context.Context) {
		topic := Named("mistaken")
		Check(createTopic(topic, 2))
		client := admin()
		defer client.Close()
		failsWith(sarama.ErrTopicAlreadyExists, createTopic(topic, 1))
		failsWith(sarama.ErrInvalidTopic, createTopic("no/name", 1))
		soon := "soon"
		detail := &sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: 1, ConfigEntries: map[string]*string{"retention.ms": &soon}}
		failsWith(sarama.ErrInvalidConfig, client.CreateTopic(Named("x"), detail, false))
		failsWith(sarama.ErrInvalidPartitions, client.CreatePartitions(topic, 1, nil, false))
		failsWith(sarama.ErrUnknownTopicOrPartition, client.DeleteTopic(Named("nowhere")))
		config := settings()
		config.Producer.MaxMessageBytes = 5_000_000
		large := &sarama.ProducerMessage{Topic: topic, Value: sarama.ByteEncoder(make([]byte, 1_100_000))}
		var failures sarama.ProducerErrors
		if !errors.As(produce(config, large), &failures) {
			panic("it was taken")
		}
		failsWith(sarama.ErrMessageSizeTooLarge, failures[0].Err)
		consumer, err := sarama.NewConsumer(Servers, settings())
		Check(err)
		defer consumer.Close()
		_, err = consumer.ConsumePartition(topic, 0, 99)
		failsWith(sarama.ErrOffsetOutOfRange, err)
	})
	Add("lists, describes and deletes groups, and their offsets", "", func(ctx context.Context) {
		topic := Named("grouped")
		fourPartitions(topic)
		one := join(settings(), topic, topic)
		Eventually("every message", func() bool { return len(one.values()) == 40 })
		client := admin()
		defer client.Close()
		listed, err := client.ListConsumerGroups()
		Check(err)
		Equal(listed[topic], "consumer")
		described, err := client.DescribeConsumerGroups([]string{topic})
		Check(err)
		Equal([]any{described[0].State, len(described[0].Members)}, []any{"Stable", 1})
		failsWith(sarama.ErrNonEmptyGroup, client.DeleteConsumerGroup(topic))
		one.leave()
		offsets, err := client.ListConsumerGroupOffsets(topic, map[string][]int32{topic: {0, 1, 2, 3}})
		Check(err)
		Equal(offsets.GetBlock(topic, 2).Offset, int64(10))
		Check(client.DeleteConsumerGroupOffset(topic, topic, 2))
		offsets, err = client.ListConsumerGroupOffsets(topic, map[string][]int32{topic: {2}})
		Check(err)
		Equal(offsets.GetBlock(topic, 2).Offset, int64(-1))
		Check(client.DeleteConsumerGroup(topic))
	})
}

func addRecords() {
	codecs := map[string]sarama.CompressionCodec{
		"none": sarama.CompressionNone, "gzip": sarama.CompressionGZIP, "snappy": sarama.CompressionSnappy,
		"lz4": sarama.CompressionLZ4, "zstd": sarama.CompressionZSTD,
	}
	for name, codec := range codecs {
		Add("produces and reads "+name, "", func(ctx context.Context) {
			topic := Named("codec-" + name)
			Check(createTopic(topic, 1))
			config := settings()
			config.Producer.Compression = codec
			config.Producer.Flush.Frequency = 20 * time.Millisecond
			value := func(at int) string { return strings.Repeat("la", 50) + fmt.Sprint(at) }
			Check(produce(config, texts(topic, 200, value)...))
			read := values(readFrom(ctx, settings(), topic, 0, 200))
			Equal([]string{read[0], read[199]}, []string{value(0), value(199)})
		})
	}
	Add("keeps headers, tombstones, empty values and timestamps", "", func(ctx context.Context) {
		topic := Named("bytes")
		Check(createTopic(topic, 1))
		at := time.UnixMilli(1_700_000_000_000)
		headers := []sarama.RecordHeader{{Key: []byte("one"), Value: []byte("first")}, {Key: []byte("one"), Value: []byte{0, 255}}}
		key := sarama.StringEncoder("a")
		Check(produce(settings(),
			&sarama.ProducerMessage{Topic: topic, Key: key, Value: sarama.StringEncoder("x"), Headers: headers, Timestamp: at},
			&sarama.ProducerMessage{Topic: topic, Key: key},
			&sarama.ProducerMessage{Topic: topic, Value: sarama.ByteEncoder{}},
		))
		read := readFrom(ctx, settings(), topic, 0, 3)
		Equal(len(read[0].Headers), 2)
		Equal(*read[0].Headers[1], headers[1])
		Equal(read[0].Timestamp.UnixMilli(), at.UnixMilli())
		Equal([]bool{read[1].Value == nil, read[2].Key == nil, read[2].Value != nil}, []bool{true, true, true})
	})
	Add("reads from an offset, and finds offsets by timestamp", "", func(ctx context.Context) {
		topic := Named("sought")
		Check(createTopic(topic, 1))
		messages := texts(topic, 10, func(at int) string { return fmt.Sprint(at) })
		for at := range messages {
			messages[at].Timestamp = time.UnixMilli(1_700_000_000_000 + int64(at))
		}
		Check(produce(settings(), messages...))
		client, err := sarama.NewClient(Servers, settings())
		Check(err)
		defer client.Close()
		offset, err := client.GetOffset(topic, 0, 1_700_000_000_004)
		Check(err)
		Equal(offset, int64(4))
		Equal(values(readFrom(ctx, settings(), topic, offset, 6)), []string{"4", "5", "6", "7", "8", "9"})
	})
	Add("produces idempotently", "", func(ctx context.Context) {
		topic := Named("once")
		Check(createTopic(topic, 1))
		config := settings()
		config.Producer.Idempotent = true
		config.Net.MaxOpenRequests = 1
		Check(produce(config, texts(topic, 500, func(at int) string { return fmt.Sprint(at) })...))
		for at, value := range values(readFrom(ctx, settings(), topic, 0, 500)) {
			Equal(value, fmt.Sprint(at))
		}
	})
}

func fourPartitions(topic string) {
	Check(createTopic(topic, 4))
	var messages []*sarama.ProducerMessage
	for partition := range int32(4) {
		for at := range 10 {
			value := sarama.StringEncoder(fmt.Sprintf("%d/%d", partition, at))
			messages = append(messages, &sarama.ProducerMessage{Topic: topic, Partition: partition, Value: value})
		}
	}
	Check(produce(settings(), messages...))
}

// groupMember is one that runs, and what it was given and read.
type groupMember struct {
	group  sarama.ConsumerGroup
	cancel context.CancelFunc
	ended  chan struct{}
	mutex  sync.Mutex
	owned  []int32
	read   []string
	// upTo commits only what comes before this offset of each partition; all when it is 0.
	upTo int64
}

func join(config *sarama.Config, groupID, topic string) *groupMember {
	return joinUpTo(config, groupID, topic, 0)
}

func joinUpTo(config *sarama.Config, groupID, topic string, upTo int64) *groupMember {
	group, err := sarama.NewConsumerGroup(Servers, groupID, config)
	Check(err)
	ctx, cancel := context.WithCancel(context.Background())
	one := &groupMember{group: group, cancel: cancel, ended: make(chan struct{}), upTo: upTo}
	go func() {
		defer close(one.ended)
		for ctx.Err() == nil {
			if group.Consume(ctx, []string{topic}, one) != nil {
				return
			}
		}
	}()
	return one
}

func (one *groupMember) Setup(session sarama.ConsumerGroupSession) error {
	one.mutex.Lock()
	defer one.mutex.Unlock()
	one.owned = nil
	for _, partitions := range session.Claims() {
		one.owned = append(one.owned, partitions...)
	}
	slices.Sort(one.owned)
	return nil
}

func (one *groupMember) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (one *groupMember) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for message := range claim.Messages() {
		if one.upTo == 0 || message.Offset < one.upTo {
			session.MarkMessage(message, "")
		}
		one.mutex.Lock()
		one.read = append(one.read, string(message.Value))
		one.mutex.Unlock()
	}
	return nil
}

func (one *groupMember) partitions() []int32 {
	one.mutex.Lock()
	defer one.mutex.Unlock()
	return slices.Clone(one.owned)
}

func (one *groupMember) values() []string {
	one.mutex.Lock()
	defer one.mutex.Unlock()
	return slices.Sorted(slices.Values(one.read))
}

func (one *groupMember) leave() {
	one.cancel()
	<-one.ended
	Check(one.group.Close())
}

func addGroups() {
	strategies := []sarama.BalanceStrategy{
		sarama.NewBalanceStrategyRange(), sarama.NewBalanceStrategyRoundRobin(), sarama.NewBalanceStrategySticky(),
	}
	for _, strategy := range strategies {
		Add("divides a topic between two members ("+strategy.Name()+"), and again when one leaves", "", func(context.Context) {
			topic := Named("divided-" + strategy.Name())
			fourPartitions(topic)
			config := settings()
			config.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{strategy}
			one, two := join(config, topic, topic), join(config, topic, topic)
			Eventually("two partitions each", func() bool { return len(one.partitions()) == 2 && len(two.partitions()) == 2 })
			two.leave()
			Eventually("all partitions", func() bool { return len(one.partitions()) == 4 })
			one.leave()
		})
	}
	Add("goes on after what the group has committed", "", func(context.Context) {
		topic := Named("committed")
		fourPartitions(topic)
		first := joinUpTo(settings(), topic, topic, 7)
		Eventually("every message", func() bool { return len(first.values()) == 40 })
		first.leave()
		second := join(settings(), topic, topic)
		Eventually("the rest", func() bool { return len(second.values()) == 12 })
		Equal([]string{second.values()[0], second.values()[11]}, []string{"0/7", "3/9"})
		second.leave()
	})
	Add("comes back as a static member to the partitions that it had", "", func(context.Context) {
		topic := Named("static")
		fourPartitions(topic)
		instance := func(id string) *sarama.Config {
			config := settings()
			config.Consumer.Group.InstanceId = id
			config.Consumer.Group.Session.Timeout = 30 * time.Second
			return config
		}
		one, two := join(instance("one"), topic, topic), join(instance("two"), topic, topic)
		Eventually("two partitions each", func() bool { return len(one.partitions()) == 2 && len(two.partitions()) == 2 })
		before, others := one.partitions(), two.partitions()
		one.leave()
		one = join(instance("one"), topic, topic)
		Eventually("its partitions", func() bool { return len(one.partitions()) == 2 })
		Equal([][]int32{one.partitions(), two.partitions()}, [][]int32{before, others})
		one.leave()
		two.leave()
	})
}

func transactional(id string) sarama.AsyncProducer {
	config := settings()
	config.Producer.Idempotent = true
	config.Net.MaxOpenRequests = 1
	config.Producer.Transaction.ID = id
	producer, err := sarama.NewAsyncProducer(Servers, config)
	Check(err)
	return producer
}

func send(producer sarama.AsyncProducer, topic, value string) {
	producer.Input() <- &sarama.ProducerMessage{Topic: topic, Value: sarama.StringEncoder(value)}
	select {
	case <-producer.Successes():
	case err := <-producer.Errors():
		panic(err)
	}
}

func committedOnly() *sarama.Config {
	config := settings()
	config.Consumer.IsolationLevel = sarama.ReadCommitted
	return config
}

func addTransactions() {
	Add("commits and aborts transactions, of which readers see what was committed", "transactions", func(ctx context.Context) {
		topic := Named("transacted")
		Check(createTopic(topic, 1))
		producer := transactional(topic)
		defer producer.Close()
		for _, value := range []string{"one", "two", "three"} {
			Check(producer.BeginTxn())
			send(producer, topic, value)
			if value == "two" {
				Check(producer.AbortTxn())
			} else {
				Check(producer.CommitTxn())
			}
		}
		Equal(values(readFrom(ctx, committedOnly(), topic, 0, 2)), []string{"one", "three"})
		Equal(values(readFrom(ctx, settings(), topic, 0, 3)), []string{"one", "two", "three"})
	})
	Add("sends offsets with a transaction", "transactions", func(ctx context.Context) {
		source, sink := Named("tx-source"), Named("tx-sink")
		Check(createTopic(source, 1))
		Check(createTopic(sink, 1))
		client := admin()
		defer client.Close()
		producer := transactional(sink)
		defer producer.Close()
		for _, commits := range []bool{false, true} {
			Check(producer.BeginTxn())
			send(producer, sink, fmt.Sprint("out ", commits))
			offset := &sarama.PartitionOffsetMetadata{Partition: 0, Offset: 1}
			Check(producer.AddOffsetsToTxn(map[string][]*sarama.PartitionOffsetMetadata{source: {offset}}, source))
			expected := int64(-1)
			if commits {
				Check(producer.CommitTxn())
				expected = 1
			} else {
				Check(producer.AbortTxn())
			}
			Eventually("the offset", func() bool {
				offsets, err := client.ListConsumerGroupOffsets(source, map[string][]int32{source: {0}})
				Check(err)
				return offsets.GetBlock(source, 0).Offset == expected
			})
		}
		Equal(values(readFrom(ctx, committedOnly(), sink, 0, 1)), []string{"out true"})
	})
}

func writesCross(context.Context) {
	if CrossTopic == "" {
		return
	}
	for at, record := range CrossRecords() {
		config := settings()
		config.Producer.Compression = sarama.CompressionCodec(at % 5)
		message := &sarama.ProducerMessage{Topic: CrossTopic, Timestamp: time.UnixMilli(record.Time)}
		if record.Key != nil {
			message.Key = sarama.ByteEncoder(record.Key)
		}
		if record.Value != nil {
			message.Value = sarama.ByteEncoder(record.Value)
		}
		for _, header := range record.Headers {
			message.Headers = append(message.Headers, sarama.RecordHeader{Key: []byte(header.Name), Value: header.Value})
		}
		Check(produce(config, message))
	}
}

func readCross(ctx context.Context, topic string) {
	expected := CrossRecords()
	for at, message := range readFrom(ctx, settings(), topic, 0, len(expected)) {
		headers := []Header{}
		for _, header := range message.Headers {
			headers = append(headers, Header{Name: string(header.Key), Value: header.Value})
		}
		Equal(Record{Key: message.Key, Value: message.Value, Headers: headers, Time: message.Timestamp.UnixMilli()}, expected[at])
	}
}

func main() {
	addAdministration()
	addRecords()
	addGroups()
	addTransactions()
	Add("writes for the others", "", writesCross)
	RunAll("sarama "+ClientVersion("github.com/IBM/sarama"), readCross)
}
