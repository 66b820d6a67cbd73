package cache

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/redis/go-redis/v9"
)

// LogRedis sends what the Redis client has to say to a log, for the whole process.
// By default it writes to standard error in a format of its own.
func LogRedis(log *slog.Logger) { redis.SetLogger(clientLog{log}) }

// clientLog tells everything at debug: what matters to an operator is said by the
// Tracker, the metrics and the outcome of requests.
type clientLog struct{ log *slog.Logger }

// Printf implements the client's interface.
func (l clientLog) Printf(ctx context.Context, format string, v ...any) {
	if l.log.Enabled(ctx, slog.LevelDebug) {
		l.log.DebugContext(ctx, "redis client", "message", fmt.Sprintf(format, v...))
	}
}
