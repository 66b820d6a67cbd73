package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os/user"

	"github.com/consentd/consentd/cache"
	"github.com/consentd/consentd/internal/admin"
	"github.com/consentd/consentd/internal/config"
	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/setup"
)

// consentCmd holds the commands for consent records.
type consentCmd struct {
	Get     consentGetCmd     `cmd:"" help:"Print a record as JSON."`
	Set     consentSetCmd     `cmd:"" help:"Grant (NAME=1) and deny (NAME=0) flags; the others stay."`
	Unset   consentUnsetCmd   `cmd:"" help:"Remove flags from a record; what is not there is denied."`
	Delete  consentDeleteCmd  `cmd:"" help:"Leave a record that denies everything, or erase it."`
	History consentHistoryCmd `cmd:"" help:"Print the changes of a record, one a line as JSON."`
	Import  consentImportCmd  `cmd:"" help:"Store records, one a line as JSON; each replaces what is stored. The same file may be imported again."`
	Export  consentExportCmd  `cmd:"" help:"Print all records, one a line as JSON."`
	Link    consentLinkCmd    `cmd:"" help:"Link subjects of one device: what one denies, none of them grants."`
	Key     consentKeyCmd     `cmd:"" help:"Print the Redis key of a subject's record."`
}

// storeFlags say where the records are.
type storeFlags struct {
	adminFlags
	tokenFlags
}

// records is the consent API, and what to close after use.
type records struct {
	*client
	store setup.Records // nil: a proxy holds it
	close func() error
}

// open talks to the store itself, or to the proxy that holds it: always where the
// store is embedded, since that is one process's own.
func (f *storeFlags) open(env *environment) (records, error) {
	if f.Admin != "" {
		return f.remote(env)
	}
	c, problems := config.Load(f.Config, env.lookup)
	if len(problems) > 0 {
		return records{}, problems
	}
	if c.Consent.Store.Embedded != nil {
		return f.remote(env)
	}
	return direct(c, env)
}

func (f *storeFlags) remote(env *environment) (records, error) {
	c, err := connect(&f.adminFlags, &f.tokenFlags, env)
	return records{c, nil, func() error { return nil }}, err
}

func direct(c *config.Config, env *environment) (records, error) {
	v, err := consent.NewVocabulary(c.Consent.Flags)
	if err != nil {
		return records{}, err
	}
	if redis := c.Consent.Store.Redis; redis != nil {
		redis.Timeout = max(redis.Timeout, callTimeout) // no request waits for a command
	}
	quiet := slog.New(slog.DiscardHandler)
	cache.LogRedis(quiet) // what fails is the answer of the command
	store, err := setup.OpenStore(c, v)
	if err != nil {
		return records{}, err
	}
	state := admin.State{Config: c, Vocabulary: v, Records: store, Invalidate: func(consent.Key) {}}
	server := admin.New(admin.Options{
		Author: operator(), State: func() admin.State { return state }, Log: quiet, Now: env.now,
	})
	return records{openDirectly(server), store, store.Close}, nil
}

// operator is whom the history names.
func operator() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "consentd"
}

// subjectFlags name one record.
type subjectFlags struct {
	Subject string `arg:"" name:"KIND:VALUE" help:"The subject, for example oaid:1fe9a970-efbb-29e0-0bdd-f5dbfbf7ea0b."`
	Scope   string `placeholder:"NAME" help:"Consent that was given to one application or recipient only."`
}

// path finds what is no subject before anything is sent.
func (f *subjectFlags) path(rest string, query url.Values) (string, error) {
	subject, err := consent.ParseSubject(f.Subject)
	if err != nil {
		return "", err
	}
	if query == nil {
		query = url.Values{}
	}
	if f.Scope != "" {
		query.Set("scope", f.Scope)
	}
	path := "/v1/consents/" + url.PathEscape(subject.String()) + rest
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path, nil
}

// call sends one request about one record and gives the body of the answer.
func (f *storeFlags) call(env *environment, s *subjectFlags, method, rest string, query url.Values, body []byte) (out []byte, err error) {
	path, err := s.path(rest, query)
	if err != nil {
		return nil, err
	}
	r, err := f.open(env)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	answer, err := r.do(method, path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	return io.ReadAll(answer.Body)
}

// printIndented prints JSON for people, which programs read as well.
func printIndented(env *environment, data []byte, err error) error {
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, bytes.TrimSpace(data), "", "  "); err != nil {
		return errors.New("the answer is not JSON")
	}
	out.WriteByte('\n')
	_, err = out.WriteTo(env.stdout)
	return err
}

type consentGetCmd struct {
	subjectFlags
	storeFlags
}

// Run prints a record.
func (c *consentGetCmd) Run(env *environment) error {
	data, err := c.call(env, &c.subjectFlags, http.MethodGet, "", nil, nil)
	return printIndented(env, data, err)
}
