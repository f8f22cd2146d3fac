// Checks that a history of requests to the Admin API is linearizable: that each took effect at one moment between its call
// and its return. Reads one JSON object a line from standard input, prints one verdict, and exits with 1 where it is not.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/anishathalye/porcupine"
)

// One request, as e2e/linearizability.test.ts records it; times are nanoseconds.
type request struct {
	Client int    `json:"client"`
	Key    string `json:"key"`
	// put, get or delete.
	Op string `json:"op"`
	// What is put, or was seen by a get.
	Value string `json:"value"`
	// The ETag of If-Match; empty without one.
	Match string `json:"match"`
	Call  int64  `json:"call"`
	// 0 where no answer came: it may have taken effect at any time since, or never.
	Return int64 `json:"return"`
	Status int   `json:"status"`
	// Of the answer; empty where there was none.
	ETag string `json:"etag"`
}

// A resource: absent, or a value and its ETag, which nobody knows yet after a write without an answer.
type state struct {
	Exists bool
	Value  string
	ETag   string
}

func step(from, in, _ interface{}) (bool, interface{}) {
	now, r := from.(state), in.(request)
	if r.Return == 0 {
		return true, effect(now, r)
	}
	switch r.Op {
	case "get":
		if r.Status == 404 {
			return !now.Exists, now
		}
		fits := r.Status == 200 && now.Exists && now.Value == r.Value && (now.ETag == "" || now.ETag == r.ETag)
		return fits, state{true, now.Value, r.ETag}
	case "delete":
		if r.Status == 404 {
			return !now.Exists, now
		}
		return now.Exists && r.Status == 200, state{}
	default:
		if r.Status == 412 {
			return !matches(now, r), now
		}
		fits := matches(now, r) && (now.Exists && r.Status == 200 || !now.Exists && r.Status == 201)
		return fits, state{true, r.Value, r.ETag}
	}
}

// What a request does whose answer nobody has.
func effect(now state, r request) state {
	if r.Op == "delete" {
		return state{}
	}
	if r.Op == "put" && matches(now, r) {
		return state{true, r.Value, ""}
	}
	return now
}

func matches(now state, r request) bool {
	return r.Match == "" || (now.Exists && now.ETag == r.Match)
}

var model = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byKey := map[string][]porcupine.Operation{}
		for _, op := range history {
			key := op.Input.(request).Key
			byKey[key] = append(byKey[key], op)
		}
		parts := make([][]porcupine.Operation, 0, len(byKey))
		for _, part := range byKey {
			parts = append(parts, part)
		}
		return parts
	},
	Init:  func() interface{} { return state{} },
	Step:  step,
	Equal: func(a, b interface{}) bool { return a == b },
	DescribeOperation: func(in, _ interface{}) string {
		return fmt.Sprintf("%+v", in)
	},
}

func main() {
	var history []porcupine.Operation
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var r request
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			fmt.Println("not a history:", err)
			os.Exit(2)
		}
		end := r.Return
		if end == 0 {
			end = math.MaxInt64
		}
		history = append(history, porcupine.Operation{ClientId: r.Client, Input: r, Call: r.Call, Return: end})
	}
	// A history that was read in part only proves nothing.
	if err := lines.Err(); err != nil {
		fmt.Println("not a history:", err)
		os.Exit(2)
	}
	result := porcupine.CheckOperationsTimeout(model, history, 2*time.Minute)
	fmt.Printf("%s: %d requests\n", result, len(history))
	if result != porcupine.Ok {
		os.Exit(1)
	}
}
