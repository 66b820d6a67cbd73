package setup_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// authority signs certificates for sdk.test.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, key: newKey(t)}
	template := template("authority")
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	a.cert = a.sign(template, template, a.key)
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func template(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{"sdk.test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
}

func (a *authority) sign(template, parent *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
	a.t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert
}

// issue writes NAME.pem, NAME.key and the authority's own NAME-ca.pem, and gives the pair.
func (a *authority) issue(s *site, name string) tls.Certificate {
	a.t.Helper()
	key := newKey(a.t)
	cert := a.sign(template(name), a.cert, key)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	s.write(name+".pem", inPEM("CERTIFICATE", cert.Raw))
	s.write(name+".key", inPEM("PRIVATE KEY", der))
	s.write(name+"-ca.pem", inPEM("CERTIFICATE", a.cert.Raw))
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key}
}

func inPEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// askTLS gives the status of a request over TLS and the name of the server.
func (s *site) askTLS(config *tls.Config) (status int, server string, err error) {
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		return 0, "", err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	secure := tls.Client(conn, config)
	if _, err := io.WriteString(secure, body("{}")); err != nil {
		return 0, "", err
	}
	resp, err := http.ReadResponse(bufio.NewReader(secure), nil)
	if err != nil {
		return 0, "", err
	}
	return resp.StatusCode, secure.ConnectionState().PeerCertificates[0].Subject.CommonName, resp.Body.Close()
}

// runTLS starts a site whose files were made before.
func runTLS(t *testing.T, up *backend, l layout, prepare func(s *site)) *site {
	t.Helper()
	s := newSite(t)
	prepare(s)
	s.configure(up, l)
	s.start()
	return s
}

func TestTheListenerShowsTheCertificateOfTheLastReload(t *testing.T) {
	up, ca := newBackend(t), newAuthority(t)
	l := strict("problem")
	l.proxy += ", tls: {cert_file: one.pem, key_file: one.key}"
	s := runTLS(t, up, l, func(s *site) { ca.issue(s, "one"); ca.issue(s, "two") })
	client := &tls.Config{RootCAs: ca.pool(), ServerName: "sdk.test", NextProtos: []string{"h2", "http/1.1"}}
	expect := func(name string) {
		t.Helper()
		if status, server, err := s.askTLS(client); err != nil || status != 200 || server != name {
			t.Errorf("got %d of %s, %v", status, server, err)
		}
	}
	expect("one")
	l.proxy = strings.NewReplacer("one.pem", "two.pem", "one.key", "two.key").Replace(l.proxy)
	s.reload(up, l)
	expect("two")
	s.write("two.pem", "broken")
	if problems := s.engine.Reload(); len(problems) == 0 {
		t.Error("a broken certificate was taken")
	}
	expect("two")
	if a, err := exchange(dialed(t, s.address), body("{}")); err == nil && a.StatusCode == 200 {
		t.Error("plain text was answered")
	}
}

func dialed(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestWithAClientCAOnlyItsClientsAreServed(t *testing.T) {
	up, ours, theirs := newBackend(t), newAuthority(t), newAuthority(t)
	l := strict("problem")
	l.proxy += ", tls: {cert_file: server.pem, key_file: server.key, client_ca_file: server-ca.pem}"
	var known, stranger tls.Certificate
	s := runTLS(t, up, l, func(s *site) {
		ours.issue(s, "server")
		known, stranger = ours.issue(s, "known"), theirs.issue(s, "stranger")
	})
	for _, row := range []struct {
		name  string
		certs []tls.Certificate
		ok    bool
	}{
		{"a client of the authority", []tls.Certificate{known}, true},
		{"a client of another authority", []tls.Certificate{stranger}, false},
		{"a client without a certificate", nil, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			status, _, err := s.askTLS(&tls.Config{RootCAs: ours.pool(), ServerName: "sdk.test", Certificates: row.certs})
			if got := err == nil && status == 200; got != row.ok {
				t.Errorf("got %d, %v", status, err)
			}
			if !row.ok {
				up.gotNothing(t)
			}
			up.forget()
		})
	}
}

func TestAnHTTPSUpstreamIsTrustedByItsAuthorityAlone(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	scratch := newSite(t)
	up := newBackendAt(t, "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{ours.issue(scratch, "up")}, ClientCAs: ours.pool(), ClientAuth: tls.RequireAndVerifyClientCert,
	})
	for _, row := range []struct {
		name, upstream string
		status         int
	}{
		{"with its authority, its name and a certificate", "tls: {ca_file: own-ca.pem, server_name: sdk.test, cert_file: own.pem, key_file: own.key}", 200},
		{"without a certificate of ours", "tls: {ca_file: own-ca.pem, server_name: sdk.test}", 502},
		{"under another name", "tls: {ca_file: own-ca.pem, server_name: other.test, cert_file: own.pem, key_file: own.key}", 502},
		{"with another authority", "tls: {ca_file: their-ca.pem, server_name: sdk.test, cert_file: own.pem, key_file: own.key}", 502},
		{"with the authorities of the system", "tls: {server_name: sdk.test, cert_file: own.pem, key_file: own.key}", 502},
	} {
		t.Run(row.name, func(t *testing.T) {
			l := strict("problem")
			l.upstream = row.upstream
			s := runTLS(t, up, l, func(s *site) { ours.issue(s, "own"); theirs.issue(s, "their") })
			if a := s.post("/in", "{}"); a.StatusCode != row.status {
				t.Errorf("got %d %s", a.StatusCode, a.body)
			}
			if row.status != 200 {
				up.gotNothing(t)
			}
			up.forget()
		})
	}
}
