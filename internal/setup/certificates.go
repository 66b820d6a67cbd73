package setup

import (
	"crypto/tls"
	"fmt"
	"sync/atomic"

	"github.com/consentd/consentd/internal/config"
)

// certificates are the listener's, read again on reload without a new listener.
type certificates struct {
	current atomic.Pointer[tls.Config] // nil: plain HTTP
}

func loadCertificates(c *config.Config) (*certificates, error) {
	certs := new(certificates)
	return certs, certs.reload(c)
}

// reload reads the files. On an error the old certificate stays.
func (s *certificates) reload(c *config.Config) error {
	t := c.Proxy.TLS
	if t.CertFile == "" {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(c.Path(t.CertFile), c.Path(t.KeyFile))
	if err != nil {
		return fmt.Errorf("proxy.tls: %w", err)
	}
	next := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}
	if t.ClientCAFile != "" {
		if next.ClientCAs, err = certPool(c.Path(t.ClientCAFile)); err != nil {
			return fmt.Errorf("proxy.tls: %w", err)
		}
		next.ClientAuth = tls.RequireAndVerifyClientCert
	}
	s.current.Store(next)
	return nil
}

// config asks for the current certificate at each handshake; nil without TLS.
func (s *certificates) config() *tls.Config {
	first := s.current.Load()
	if first == nil {
		return nil
	}
	outer := first.Clone()
	outer.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		inner := s.current.Load().Clone()
		inner.NextProtos = []string{"http/1.1"}
		return inner, nil
	}
	return outer
}
