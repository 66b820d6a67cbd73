package cache

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// proof is what a server says of itself.
type proof struct {
	server  string   // run id of its process
	node    string   // in a cluster: its own id
	masters []string // in a cluster: the ids of all masters that it knows to have slots
}

var errCluster = errors.New("the Redis server has lost the majority of its cluster")

// inspect asks the server whether it is what a feed must follow. A connection that
// was made while it was the master goes on answering when it is not.
func (f *feed) inspect(ctx context.Context) (proof, error) {
	ctx, cancel := context.WithTimeout(ctx, beatEvery)
	defer cancel()
	if f.tracker.store.options.Mode == ModeCluster {
		return inspectNode(ctx, f.client)
	}
	pipe := f.client.Pipeline()
	return inspectServer(ctx, pipe)
}

// inspectServer runs what is in the pipeline too.
func inspectServer(ctx context.Context, pipe redis.Pipeliner) (proof, error) {
	server, replication := pipe.Info(ctx, "server"), pipe.Info(ctx, "replication")
	if _, err := pipe.Exec(ctx); err != nil {
		return proof{}, err
	}
	if role := infoField(replication.Val(), "role"); role != "master" {
		return proof{}, fmt.Errorf("%w: its role is %q", ErrReplica, role)
	}
	return proof{server: infoField(server.Val(), "run_id")}, nil
}

func inspectNode(ctx context.Context, client *redis.Client) (proof, error) {
	pipe := client.Pipeline()
	node, state, slots := pipe.ClusterMyID(ctx), pipe.ClusterInfo(ctx), pipe.ClusterSlots(ctx)
	p, err := inspectServer(ctx, pipe)
	if err != nil {
		return p, err
	}
	if infoField(state.Val(), "cluster_state") != "ok" {
		return p, errCluster
	}
	p.node = node.Val()
	for _, slot := range slots.Val() {
		if len(slot.Nodes) > 0 {
			p.masters = append(p.masters, slot.Nodes[0].ID)
		}
	}
	return p, nil
}
