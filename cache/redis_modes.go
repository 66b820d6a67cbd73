package cache

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Mode says how Redis is deployed.
type Mode string

// The deployments; the empty one is ModeSingle.
const (
	ModeSingle   Mode = "single"
	ModeSentinel Mode = "sentinel"
	ModeCluster  Mode = "cluster"
)

const (
	// topologyAge is how old a cluster's map of slots may grow. The client's default
	// of a minute would keep asking a dead master for as long.
	topologyAge = time.Second
	redirects   = 3
)

// usable tells whether the addresses go with the mode.
func (o *RedisOptions) usable() bool {
	switch o.Mode {
	case "", ModeSingle:
		return len(o.Addresses) == 1 && o.SentinelMaster == ""
	case ModeSentinel:
		return len(o.Addresses) > 0 && o.SentinelMaster != ""
	case ModeCluster:
		return len(o.Addresses) > 0 && o.SentinelMaster == ""
	}
	return false
}

// client makes the client of a mode. In none of them a replica is read: one whose
// link is down goes on answering with what it had.
func (o *RedisOptions) client() redis.UniversalClient {
	switch o.Mode {
	case ModeSentinel:
		return redis.NewFailoverClient(sentinelOptions(o, poolSize, pipelinePoolSize))
	case ModeCluster:
		return redis.NewClusterClient(clusterOptions(o))
	}
	return redis.NewClient(singleOptions(o, o.Addresses[0], poolSize, pipelinePoolSize))
}

// singleOptions differ from the client's defaults where those make a request wait:
// by default a deadline of the caller is ignored and a refused connection is
// dialed for seconds. A command is never sent twice on its own.
func singleOptions(o *RedisOptions, address string, pool, pipelines int) *redis.Options {
	return &redis.Options{
		Addr:                     address,
		Username:                 o.Username,
		Password:                 o.Password,
		TLSConfig:                o.TLS,
		Protocol:                 2, // nothing here needs the push messages of RESP3
		ContextTimeoutEnabled:    true,
		MaxRetries:               -1,
		DialerRetries:            1,
		DialTimeout:              adminTimeout,
		ReadTimeout:              adminTimeout,
		WriteTimeout:             adminTimeout,
		PoolTimeout:              adminTimeout,
		PoolSize:                 pool,
		PipelinePoolSize:         pipelines,
		PipelineReadBufferSize:   bufferBytes,
		PipelineWriteBufferSize:  bufferBytes,
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
}

func sentinelOptions(o *RedisOptions, pool, pipelines int) *redis.FailoverOptions {
	return &redis.FailoverOptions{
		MasterName:              o.SentinelMaster,
		SentinelAddrs:           o.Addresses,
		SentinelUsername:        o.SentinelUser,
		SentinelPassword:        o.SentinelSecret,
		OnConnect:               refuseReplica,
		Username:                o.Username,
		Password:                o.Password,
		TLSConfig:               o.TLS,
		Protocol:                2,
		ContextTimeoutEnabled:   true,
		MaxRetries:              -1,
		DialerRetries:           1,
		DialTimeout:             adminTimeout,
		ReadTimeout:             adminTimeout,
		WriteTimeout:            adminTimeout,
		PoolTimeout:             adminTimeout,
		PoolSize:                pool,
		PipelinePoolSize:        pipelines,
		PipelineReadBufferSize:  bufferBytes,
		PipelineWriteBufferSize: bufferBytes,
		DisableIdentity:         true,
	}
}

func clusterOptions(o *RedisOptions) *redis.ClusterOptions {
	return &redis.ClusterOptions{
		Addrs:                      o.Addresses,
		Username:                   o.Username,
		Password:                   o.Password,
		TLSConfig:                  o.TLS,
		Protocol:                   2,
		ContextTimeoutEnabled:      true,
		MaxRedirects:               redirects, // a slot that moved is asked for where it went
		DialerRetries:              1,
		DialTimeout:                adminTimeout,
		ReadTimeout:                adminTimeout,
		WriteTimeout:               adminTimeout,
		PoolTimeout:                adminTimeout,
		PoolSize:                   poolSize,
		PipelinePoolSize:           pipelinePoolSize,
		PipelineReadBufferSize:     bufferBytes,
		PipelineWriteBufferSize:    bufferBytes,
		ClusterStateReloadInterval: topologyAge,
		DisableIdentity:            true,
		MaintNotificationsConfig:   &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
}

// ErrReplica says that a server which was taken for a master is none.
var ErrReplica = errors.New("the Redis server is a replica, or not yet a master")

// refuseReplica looks at each new connection: for a moment after a failover a
// sentinel may still name the old master. The sentinels themselves pass.
func refuseReplica(ctx context.Context, conn *redis.Conn) error {
	role, err := conn.Do(ctx, "ROLE").Slice()
	if err != nil {
		return err
	}
	if len(role) == 0 || role[0] == "slave" {
		return ErrReplica
	}
	return nil
}
