// Command passthrough forwards requests as they are, with fasthttp: what everything
// else is measured in.
package main

import (
	"log"

	"github.com/consentd/consentd/bench/peers/peer"
)

func main() {
	o := peer.Parse()
	log.Fatal(peer.Serve(o.Listen, peer.Forward(o.Backend, nil)))
}
