// Package scenario is what both Go clients share: what the suite tells a program, and how it reports.
package scenario

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// Patience is how long a scenario may take.
const Patience = 45 * time.Second

// Servers is all that a client is configured with.
var Servers = strings.Split(os.Getenv("KAFKA_SERVERS"), ",")

// CrossTopic is what the records of CrossRecords are written to.
var CrossTopic = os.Getenv("KAFKA_CROSS_TOPIC")

// Named makes a name that no other run has.
func Named(name string) string { return os.Getenv("KAFKA_PREFIX") + name }

// Header of a record.
type Header struct {
	Name  string
	Value []byte
}

// Record is what each client writes and every other one must read. Time is in milliseconds.
type Record struct {
	Key, Value []byte
	Headers    []Header
	Time       int64
}

// CrossRecords reads them from the file that all languages share.
func CrossRecords() []Record {
	var stored []struct {
		Key, Value *string
		Headers    [][2]string
		Timestamp  int64
	}
	bytes, err := os.ReadFile(os.Getenv("KAFKA_CROSS_RECORDS"))
	Check(err)
	Check(json.Unmarshal(bytes, &stored))
	records := make([]Record, len(stored))
	for at, one := range stored {
		records[at] = Record{Key: unpacked(one.Key), Value: unpacked(one.Value), Headers: []Header{}, Time: one.Timestamp}
		for _, header := range one.Headers {
			records[at].Headers = append(records[at].Headers, Header{header[0], unpacked(&header[1])})
		}
	}
	return records
}

func unpacked(text *string) []byte {
	if text == nil {
		return nil
	}
	bytes, err := base64.StdEncoding.DecodeString(*text)
	Check(err)
	return bytes
}

// Check ends the scenario when there is an error.
func Check(err error) {
	if err != nil {
		panic(err)
	}
}

// Equal ends the scenario when they differ.
func Equal(actual, expected any) {
	if !reflect.DeepEqual(actual, expected) {
		panic(fmt.Sprintf("%#v is not %#v", actual, expected))
	}
}

// Eventually asks until it is so, for what happens on connections of their own.
func Eventually(what string, isSo func() bool) {
	for until := time.Now().Add(30 * time.Second); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		if isSo() {
			return
		}
	}
	panic("not within 30 s: " + what)
}

type scenario struct {
	name string
	run  func(ctx context.Context)
}

var scenarios []scenario

// Add registers a scenario; needs is empty, or a part of the protocol.
func Add(name, needs string, run func(ctx context.Context)) {
	if needs == "" || slices.Contains(strings.Split(os.Getenv("KAFKA_FEATURES"), ","), needs) {
		scenarios = append(scenarios, scenario{name, run})
	}
}

// RunAll runs and reports every scenario, or reads what the other clients wrote when the suite says so.
func RunAll(client string, readCross func(ctx context.Context, topic string)) {
	chosen := scenarios
	if reads := os.Getenv("KAFKA_CROSS_READS"); reads != "" {
		chosen = nil
		for _, read := range strings.Split(reads, ",") {
			writer, topic, _ := strings.Cut(read, "=")
			run := func(ctx context.Context) { readCross(ctx, topic) }
			chosen = append(chosen, scenario{"reads what " + writer + " wrote", run})
		}
	}
	output := json.NewEncoder(os.Stdout)
	for _, one := range chosen {
		started := time.Now()
		failure := outcome(one)
		line := map[string]any{"scenario": one.name, "ok": failure == "", "ms": time.Since(started).Milliseconds()}
		if failure != "" {
			line["error"] = failure
		}
		Check(output.Encode(line))
	}
	Check(output.Encode(map[string]string{"client": client}))
}

// outcome is empty when the scenario went well.
func outcome(one scenario) string {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	done := make(chan string, 1)
	go func() {
		defer func() {
			if trouble := recover(); trouble != nil {
				done <- fmt.Sprintf("%v\n%s", trouble, debug.Stack())
			}
		}()
		one.run(ctx)
		done <- ""
	}()
	select {
	case failure := <-done:
		return failure
	case <-ctx.Done():
		return fmt.Sprintf("not done after %v", Patience)
	}
}

// ClientVersion is that of the module as it was built in.
func ClientVersion(module string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dependency := range info.Deps {
			if dependency.Path == module {
				return dependency.Version
			}
		}
	}
	return "?"
}
