// franz-go, with its administration package.
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

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// connect is the line that a program needs.
func connect(options ...kgo.Opt) *kgo.Client {
	client, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(Servers...)}, options...)...)
	Check(err)
	return client
}

var admin = kadm.NewClient(connect())

func createTopic(ctx context.Context, topic string, partitions int32) {
	_, err := admin.CreateTopic(ctx, partitions, -1, nil, topic)
	Check(err)
}

func failsWith(expected *kerr.Error, err error) {
	if !errors.Is(err, expected) {
		panic(fmt.Sprintf("%v is not %v", err, expected))
	}
}

func produce(ctx context.Context, records []*kgo.Record, options ...kgo.Opt) error {
	client := connect(append(options, kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	defer client.Close()
	return client.ProduceSync(ctx, records...).FirstErr()
}

func texts(topic string, count int, value func(at int) string) []*kgo.Record {
	records := make([]*kgo.Record, count)
	for at := range records {
		records[at] = &kgo.Record{Topic: topic, Value: []byte(value(at))}
	}
	return records
}

// take polls until so many records came.
func take(ctx context.Context, client *kgo.Client, count int) []*kgo.Record {
	var records []*kgo.Record
	for len(records) < count {
		fetches := client.PollFetches(ctx)
		for _, failure := range fetches.Errors() {
			panic(fmt.Sprintf("%v after %d records of %d", failure, len(records), count))
		}
		records = append(records, fetches.Records()...)
	}
	return records
}

func readAll(ctx context.Context, topic string, count int, options ...kgo.Opt) []*kgo.Record {
	from := map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().AtStart()}}
	client := connect(append(options, kgo.ConsumePartitions(from))...)
	defer client.Close()
	return take(ctx, client, count)
}

func values(records []*kgo.Record) []string {
	read := make([]string, len(records))
	for at, record := range records {
		read[at] = string(record.Value)
	}
	return read
}

func addAdministration() {
	Add("administers topics", "", func(ctx context.Context) {
		topic := Named("administered")
		retention := "600000"
		_, err := admin.CreateTopic(ctx, 2, 1, map[string]*string{"retention.ms": &retention}, topic)
		Check(err)
		added, err := admin.UpdatePartitions(ctx, 3, topic)
		Check(errors.Join(err, added.Error()))
		described, err := admin.ListTopics(ctx, topic)
		Check(err)
		Equal(described[topic].Partitions.Numbers(), []int32{0, 1, 2})
		configOf := func(key string) string {
			resources, err := admin.DescribeTopicConfigs(ctx, topic)
			Check(err)
			for _, config := range resources[0].Configs {
				if config.Key == key {
					return config.MaybeValue()
				}
			}
			return "none"
		}
		Equal(configOf("retention.ms"), retention)
		segment := "60000"
		_, err = admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{
			{Op: kadm.SetConfig, Name: "segment.ms", Value: &segment},
			{Op: kadm.DeleteConfig, Name: "retention.ms"},
		}, topic)
		Check(err)
		Equal([]string{configOf("segment.ms"), configOf("retention.ms")}, []string{"60000", "604800000"})
		brokers, err := admin.ListBrokers(ctx)
		Check(err)
		Equal(len(brokers), len(Servers))
		_, err = admin.DeleteTopic(ctx, topic)
		Check(err)
		// A client remembers for a while what it was told; another one asks.
		other := kadm.NewClient(connect())
		defer other.Close()
		left, err := other.ListTopics(ctx)
		Check(err)
		Equal(left.Has(topic), false)
	})
	Add("deletes records, and tells where partitions begin and end", "", func(ctx context.Context) {
		topic := Named("trimmed")
		createTopic(ctx, topic, 1)
		Check(produce(ctx, texts(topic, 5, func(at int) string { return fmt.Sprint(at) })))
		var offsets kadm.Offsets
		offsets.AddOffset(topic, 0, 3, -1)
		deleted, err := admin.DeleteRecords(ctx, offsets)
		Check(errors.Join(err, deleted.Error()))
		starts, err := admin.ListStartOffsets(ctx, topic)
		Check(err)
		ends, err := admin.ListEndOffsets(ctx, topic)
		Check(err)
		start, _ := starts.Lookup(topic, 0)
		end, _ := ends.Lookup(topic, 0)
		Equal([]int64{start.Offset, end.Offset}, []int64{3, 5})
	})
	Add("hears the error that was made", "", func(ctx context.Context) {
		topic := Named("mistaken")
		createTopic(ctx, topic, 2)
		_, err := admin.CreateTopic(ctx, 1, 1, nil, topic)
		failsWith(kerr.TopicAlreadyExists, err)
		_, err = admin.CreateTopic(ctx, 1, 1, nil, "no/name")
		failsWith(kerr.InvalidTopicException, err)
		soon := "soon"
		_, err = admin.CreateTopic(ctx, 1, 1, map[string]*string{"retention.ms": &soon}, Named("x"))
		failsWith(kerr.InvalidConfig, err)
		_, err = admin.CreateTopic(ctx, 1, 99, nil, Named("x"))
		failsWith(kerr.InvalidReplicationFactor, err)
		fewer, err := admin.UpdatePartitions(ctx, 1, topic)
		Check(err)
		failsWith(kerr.InvalidPartitions, fewer[topic].Err)
		_, err = admin.DeleteTopic(ctx, Named("nowhere"))
		failsWith(kerr.UnknownTopicOrPartition, err)
		large := []*kgo.Record{{Topic: topic, Value: make([]byte, 1_100_000)}}
		failsWith(kerr.MessageTooLarge, produce(ctx, large, kgo.ProducerBatchMaxBytes(5_000_000),
			kgo.ProducerBatchCompression(kgo.NoCompression())))
		unknown := []*kgo.Record{{Topic: Named("nowhere"), Value: []byte("x")}}
		failsWith(kerr.UnknownTopicOrPartition, produce(ctx, unknown, kgo.UnknownTopicRetries(1)))
	})
	Add("lists, describes and deletes groups, and moves their offsets", "", func(ctx context.Context) {
		topic := Named("grouped")
		fourPartitions(ctx, topic)
		client := member(topic, topic)
		take(ctx, client, 40)
		listed, err := admin.ListGroups(ctx)
		Check(err)
		Equal(slices.Contains(listed.Groups(), topic), true)
		described, err := admin.DescribeGroups(ctx, topic)
		Check(err)
		Equal([]any{described[topic].State, len(described[topic].Members)}, []any{"Stable", 1})
		refused, err := admin.DeleteGroup(ctx, topic)
		failsWith(kerr.NonEmptyGroup, errors.Join(err, refused.Err))
		Check(client.CommitUncommittedOffsets(ctx))
		client.Close()
		var moved kadm.Offsets
		moved.AddOffset(topic, 2, 5, -1)
		Check(admin.CommitAllOffsets(ctx, topic, moved))
		offsets, err := admin.FetchOffsets(ctx, topic)
		Check(err)
		offset, _ := offsets.Lookup(topic, 2)
		Equal(offset.At, int64(5))
		lag, err := admin.Lag(ctx, topic)
		Check(err)
		Equal(lag[topic].Lag.Total(), int64(5))
		_, err = admin.DeleteGroup(ctx, topic)
		Check(err)
	})
}

func addRecords() {
	codecs := map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	}
	for name, codec := range codecs {
		Add("produces and reads "+name, "", func(ctx context.Context) {
			topic := Named("codec-" + name)
			createTopic(ctx, topic, 1)
			records := texts(topic, 200, func(at int) string { return strings.Repeat("la", 50) + fmt.Sprint(at) })
			Check(produce(ctx, records, kgo.ProducerBatchCompression(codec), kgo.ProducerLinger(20*time.Millisecond)))
			Equal(values(readAll(ctx, topic, 200)), values(records))
		})
	}
	Add("keeps headers, tombstones, empty values and timestamps", "", func(ctx context.Context) {
		topic := Named("bytes")
		createTopic(ctx, topic, 1)
		headers := []kgo.RecordHeader{{Key: "one", Value: []byte("first")}, {Key: "one", Value: []byte{0, 255}}, {Key: "none"}}
		at := time.UnixMilli(1_700_000_000_000)
		Check(produce(ctx, []*kgo.Record{
			{Topic: topic, Key: []byte("a"), Value: []byte("x"), Headers: headers, Timestamp: at},
			{Topic: topic, Key: []byte("a")},
			{Topic: topic, Value: []byte{}},
		}))
		read := readAll(ctx, topic, 3)
		Equal(read[0].Headers, headers)
		Equal(read[0].Timestamp.UnixMilli(), at.UnixMilli())
		Equal(read[1].Value == nil, true)
		Equal([]bool{read[2].Key == nil, read[2].Value != nil}, []bool{true, true})
	})
	Add("seeks by offset, and finds offsets by timestamp", "", func(ctx context.Context) {
		topic := Named("sought")
		createTopic(ctx, topic, 1)
		records := texts(topic, 10, func(at int) string { return fmt.Sprint(at) })
		for at := range records {
			records[at].Timestamp = time.UnixMilli(1_700_000_000_000 + int64(at))
		}
		Check(produce(ctx, records))
		found, err := admin.ListOffsetsAfterMilli(ctx, 1_700_000_000_004, topic)
		Check(err)
		offset, _ := found.Lookup(topic, 0)
		Equal(offset.Offset, int64(4))
		from := map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().AfterMilli(1_700_000_000_006)}}
		client := connect(kgo.ConsumePartitions(from))
		defer client.Close()
		Equal(values(take(ctx, client, 4)), []string{"6", "7", "8", "9"})
		client.SetOffsets(map[string]map[int32]kgo.EpochOffset{topic: {0: {Epoch: -1, Offset: 4}}})
		Equal(values(take(ctx, client, 6)), []string{"4", "5", "6", "7", "8", "9"})
	})
	Add("produces idempotently, with several requests at a time", "", func(ctx context.Context) {
		topic := Named("once")
		createTopic(ctx, topic, 1)
		records := texts(topic, 2_000, func(at int) string { return fmt.Sprint(at) })
		Check(produce(ctx, records, kgo.MaxBufferedRecords(100), kgo.ProducerBatchMaxBytes(600)))
		Equal(values(readAll(ctx, topic, 2_000)), values(records))
	})
}

func fourPartitions(ctx context.Context, topic string) {
	createTopic(ctx, topic, 4)
	var records []*kgo.Record
	for partition := range int32(4) {
		for at := range 10 {
			value := fmt.Sprintf("%d/%d", partition, at)
			records = append(records, &kgo.Record{Topic: topic, Partition: partition, Value: []byte(value)})
		}
	}
	Check(produce(ctx, records))
}

func member(group, topic string, options ...kgo.Opt) *kgo.Client {
	return connect(append([]kgo.Opt{
		kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.HeartbeatInterval(300 * time.Millisecond),
	}, options...)...)
}

// owner is a member that knows what it was given.
type owner struct {
	client *kgo.Client
	mutex  sync.Mutex
	owned  map[int32]bool
}

func newOwner(group, topic string, options ...kgo.Opt) *owner {
	one := &owner{owned: map[int32]bool{}}
	change := func(gained bool) func(context.Context, *kgo.Client, map[string][]int32) {
		return func(_ context.Context, _ *kgo.Client, changed map[string][]int32) {
			one.mutex.Lock()
			defer one.mutex.Unlock()
			for _, partition := range changed[topic] {
				if gained {
					one.owned[partition] = true
				} else {
					delete(one.owned, partition)
				}
			}
		}
	}
	one.client = member(group, topic, append(options, kgo.OnPartitionsAssigned(change(true)),
		kgo.OnPartitionsRevoked(change(false)), kgo.OnPartitionsLost(change(false)))...)
	return one
}

func (one *owner) partitions() int {
	one.mutex.Lock()
	defer one.mutex.Unlock()
	return len(one.owned)
}

func addGroups() {
	divides := func(name, needs string, options ...kgo.Opt) {
		Add("divides a topic between two members ("+name+"), and again when one leaves", needs, func(ctx context.Context) {
			topic := Named("divided-" + strings.ReplaceAll(name, ", ", "-"))
			fourPartitions(ctx, topic)
			one, two := newOwner(topic, topic, options...), newOwner(topic, topic, options...)
			Eventually("two partitions each", func() bool { return one.partitions() == 2 && two.partitions() == 2 })
			for partition := range one.owned {
				Equal(two.owned[partition], false)
			}
			two.client.Close()
			Eventually("all partitions", func() bool { return one.partitions() == 4 })
			one.client.Close()
		})
	}
	divides("range", "", kgo.Balancers(kgo.RangeBalancer()))
	divides("roundrobin", "", kgo.Balancers(kgo.RoundRobinBalancer()))
	divides("sticky", "", kgo.Balancers(kgo.StickyBalancer()))
	divides("cooperative-sticky", "", kgo.Balancers(kgo.CooperativeStickyBalancer()))
	Add("goes on after what the group has committed", "", func(ctx context.Context) {
		topic := Named("committed")
		fourPartitions(ctx, topic)
		first := member(topic, topic, kgo.DisableAutoCommit())
		take(ctx, first, 40)
		commits := map[int32]kgo.EpochOffset{}
		for partition := range int32(4) {
			commits[partition] = kgo.EpochOffset{Epoch: -1, Offset: 7}
		}
		first.CommitOffsetsSync(ctx, map[string]map[int32]kgo.EpochOffset{topic: commits}, nil)
		first.Close()
		second := member(topic, topic)
		defer second.Close()
		read := values(take(ctx, second, 12))
		slices.Sort(read)
		Equal([]string{read[0], read[11]}, []string{"0/7", "3/9"})
	})
	Add("comes back as a static member to the partitions that it had", "", func(ctx context.Context) {
		topic := Named("static")
		fourPartitions(ctx, topic)
		one := newOwner(topic, topic, kgo.InstanceID("one"))
		two := newOwner(topic, topic, kgo.InstanceID("two"))
		Eventually("two partitions each", func() bool { return one.partitions() == 2 && two.partitions() == 2 })
		before, others := fmt.Sprint(one.owned), fmt.Sprint(two.owned)
		one.client.Close()
		again := newOwner(topic, topic, kgo.InstanceID("one"))
		Eventually("its partitions", func() bool { return again.partitions() == 2 })
		Equal([]string{fmt.Sprint(again.owned), fmt.Sprint(two.owned)}, []string{before, others})
		again.client.Close()
		two.client.Close()
	})
}

func transactional(id string) *kgo.Client {
	return connect(kgo.TransactionalID(id), kgo.TransactionTimeout(30*time.Second))
}

func addTransactions() {
	committed := kgo.FetchIsolationLevel(kgo.ReadCommitted())
	Add("commits and aborts transactions, of which readers see what was committed", "transactions", func(ctx context.Context) {
		topic := Named("transacted")
		createTopic(ctx, topic, 1)
		client := transactional(Named("tx"))
		defer client.Close()
		for _, value := range []string{"one", "two", "three"} {
			Check(client.BeginTransaction())
			Check(client.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: []byte(value)}).FirstErr())
			Check(client.EndTransaction(ctx, kgo.TransactionEndTry(value != "two")))
		}
		Equal(values(readAll(ctx, topic, 2, committed)), []string{"one", "three"})
		Equal(values(readAll(ctx, topic, 3)), []string{"one", "two", "three"})
	})
	Add("consumes, transforms and produces in transactions", "transactions", func(ctx context.Context) {
		source, sink := Named("tx-source"), Named("tx-sink")
		fourPartitions(ctx, source)
		createTopic(ctx, sink, 1)
		session, err := kgo.NewGroupTransactSession(kgo.SeedBrokers(Servers...), kgo.TransactionalID(Named("tx-chain")),
			kgo.ConsumerGroup(source), kgo.ConsumeTopics(source), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
			kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.RequireStableFetchOffsets())
		Check(err)
		defer session.Close()
		for done := 0; done < 40; {
			fetched := session.PollRecords(ctx, 15).Records()
			Check(session.Begin())
			for _, record := range fetched {
				Check(session.ProduceSync(ctx, &kgo.Record{Topic: sink, Value: record.Value}).FirstErr())
			}
			ended, err := session.End(ctx, kgo.TryCommit)
			Check(err)
			if ended {
				done += len(fetched)
			}
		}
		Equal(len(readAll(ctx, sink, 40, committed)), 40)
		lag, err := admin.Lag(ctx, source)
		Check(err)
		Equal(lag[source].Lag.Total(), int64(0))
	})
	Add("is fenced by a later producer of the same id", "transactions", func(ctx context.Context) {
		topic := Named("fenced")
		createTopic(ctx, topic, 1)
		first, second := transactional(topic), transactional(topic)
		defer first.Close()
		defer second.Close()
		Check(first.BeginTransaction())
		Check(first.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: []byte("lost")}).FirstErr())
		Check(second.BeginTransaction())
		Check(second.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: []byte("kept")}).FirstErr())
		err := first.EndTransaction(ctx, kgo.TryCommit)
		if !errors.Is(err, kerr.ProducerFenced) && !errors.Is(err, kerr.InvalidProducerEpoch) {
			panic(fmt.Sprintf("%v is no fencing", err))
		}
		Check(second.EndTransaction(ctx, kgo.TryCommit))
		Equal(values(readAll(ctx, topic, 1, committed)), []string{"kept"})
	})
}

func writesCross(ctx context.Context) {
	if CrossTopic == "" {
		return
	}
	codecs := []kgo.CompressionCodec{kgo.NoCompression(), kgo.GzipCompression(), kgo.SnappyCompression(),
		kgo.Lz4Compression(), kgo.ZstdCompression()}
	for at, record := range CrossRecords() {
		written := &kgo.Record{Topic: CrossTopic, Key: record.Key, Value: record.Value, Timestamp: time.UnixMilli(record.Time)}
		for _, header := range record.Headers {
			written.Headers = append(written.Headers, kgo.RecordHeader{Key: header.Name, Value: header.Value})
		}
		Check(produce(ctx, []*kgo.Record{written}, kgo.ProducerBatchCompression(codecs[at%len(codecs)])))
	}
}

func readCross(ctx context.Context, topic string) {
	expected := CrossRecords()
	for at, record := range readAll(ctx, topic, len(expected)) {
		headers := []Header{}
		for _, header := range record.Headers {
			headers = append(headers, Header{Name: header.Key, Value: header.Value})
		}
		Equal(Record{Key: record.Key, Value: record.Value, Headers: headers, Time: record.Timestamp.UnixMilli()}, expected[at])
	}
}

func main() {
	addAdministration()
	addRecords()
	addGroups()
	addTransactions()
	Add("writes for the others", "", writesCross)
	RunAll("franz-go "+ClientVersion("github.com/twmb/franz-go"), readCross)
}
