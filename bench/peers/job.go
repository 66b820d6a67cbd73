package main

import (
	"fmt"
	"strconv"

	"github.com/consentd/consentd/bench/corpus"
)

// devices is how many devices send requests, a body each.
const devices = 400

// job is a kind of body that all peers get.
type job struct {
	name     string
	rate     int // requests a second, where the rate is fixed
	bodies   []corpus.Body
	requests [][]byte // as they are sent
	open     func([]byte) ([]byte, error)
}

// newJob makes the requests of a kind.
func newJob(name string) (*job, error) {
	j := &job{name: name, open: asIs}
	path, seal := "/openrtb2", func(b []byte) []byte { return b }
	one := func(i int) corpus.Body { return corpus.Bid(name, i) }
	switch name {
	case corpus.Small:
		j.rate = 2000
	case corpus.Medium:
		j.rate = 1000
	case corpus.Large:
		j.rate = 250
	case "batch":
		j.rate, j.open = 250, corpus.Unseal
		path, seal, one = "/sa?project=default", corpus.Seal, corpus.Batch
	default:
		return nil, fmt.Errorf("no kind of body is called %q: write 1k, 4k, 32k or batch", name)
	}
	for i := range devices {
		b := one(i)
		j.bodies = append(j.bodies, b)
		j.requests = append(j.requests, request(path, seal(b.Sent)))
	}
	return j, nil
}

func asIs(body []byte) ([]byte, error) { return body, nil }

// request writes one as an SDK does.
func request(path string, body []byte) []byte {
	kind := "application/json"
	if path != "/openrtb2" {
		kind = "application/x-www-form-urlencoded"
	}
	head := "POST " + path + " HTTP/1.1\r\n" +
		"Host: bids.example\r\n" +
		"User-Agent: Dalvik/2.1.0 (Linux; U; Android 12; NOH-AN00)\r\n" +
		"Accept: */*\r\n" +
		"Content-Type: " + kind + "\r\n" +
		"X-Openrtb-Version: 2.6\r\n" +
		"Cookie: uid=5f2b1c3d4e5f6071; seen=1700000000\r\n" +
		"Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n"
	return append([]byte(head), body...)
}
