package setup

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"sync/atomic"

	"github.com/consentd/consentd/internal/config"
	"github.com/consentd/consentd/internal/strictyaml"
)

// certificates are the listener's, read again on reload without a new listener.
type certificates struct {
	current atomic.Pointer[tls.Config] // nil: plain HTTP
}

// config asks for the current certificate at each handshake; nil without TLS.
func (s *certificates) config() *tls.Config {
	first := s.current.Load()
	if first == nil {
		return nil
	}
	outer := first.Clone()
	outer.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return s.current.Load(), nil }
	return outer
}

// readCertificates reads what the listener, the upstreams and the store are to use.
func (b *blueprint) readCertificates(problems *strictyaml.Problems) {
	c := b.config
	var err error
	if b.listener, err = listenerTLS(c); err != nil {
		problems.Add(c.File, c.Proxy.TLS.Pos, "%v", err)
	}
	b.clients = make(map[string]*tls.Config)
	for _, u := range c.Upstreams {
		if b.clients[u.Key.Value], err = clientTLS(c, &u.Value.TLS); err != nil {
			problems.Add(c.File, u.Value.TLS.Pos, "%v", err)
		}
	}
	if r := c.Consent.Store.Redis; r != nil {
		if _, err := redisOptions(c, r); err != nil {
			problems.Add(c.File, r.Pos, "%v", err)
		}
	}
}

// listenerTLS gives nil where the listener speaks plain HTTP.
func listenerTLS(c *config.Config) (*tls.Config, error) {
	t := c.Proxy.TLS
	if t.CertFile == "" {
		return nil, nil
	}
	pair, err := keyPair(c, t.CertFile, t.KeyFile)
	if err != nil {
		return nil, err
	}
	listener := &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"},
	}
	if t.ClientCAFile != "" {
		listener.ClientAuth = tls.RequireAndVerifyClientCert
		listener.ClientCAs, err = certPool(c, t.ClientCAFile)
	}
	return listener, err
}

// clientTLS is for connections to an upstream.
func clientTLS(c *config.Config, t *config.ClientTLS) (*tls.Config, error) {
	client := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName}
	var err error
	if t.CAFile != "" {
		if client.RootCAs, err = certPool(c, t.CAFile); err != nil {
			return nil, err
		}
	}
	if t.CertFile != "" {
		client.Certificates = make([]tls.Certificate, 1)
		client.Certificates[0], err = keyPair(c, t.CertFile, t.KeyFile)
	}
	return client, err
}

func keyPair(c *config.Config, cert, key string) (tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(c.Path(cert), c.Path(key))
	if err != nil {
		return pair, errors.New("the certificate " + cert + " with the key " + key + " cannot be used: " + reason(err).Error())
	}
	return pair, nil
}

func certPool(c *config.Config, file string) (*x509.CertPool, error) {
	data, err := os.ReadFile(c.Path(file))
	if err != nil {
		return nil, errors.New("the certificates " + file + " cannot be read: " + reason(err).Error())
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, errors.New(file + " holds no certificate in PEM form")
	}
	return pool, nil
}
