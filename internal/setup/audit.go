package setup

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/consentd/consentd/internal/audit"
	"github.com/consentd/consentd/internal/config"
	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/strictyaml"
	"github.com/consentd/consentd/proxy"
	"github.com/consentd/consentd/rules"
)

const (
	// referenceLabel keeps the key of references apart from the pseudonyms that
	// backends get under the key which it is made of.
	referenceLabel = "consentd: subjects in audit records"
	// versionBytes of a hash tell one configuration from another.
	versionBytes = 8
	// auditWait is how long the end of the process may wait for a disk that hangs.
	auditWait = time.Second
)

// openAudit gives nil where nothing is to be recorded.
func (e *Engine) openAudit(c *config.Config) (*audit.Log, error) {
	if c.Audit.File == "" {
		return nil, nil
	}
	file := c.Audit.File
	if file != audit.Stdout {
		file = c.Path(file)
	}
	return audit.Open(audit.Options{
		File: file, Out: os.Stdout, MaxSize: int64(c.Audit.MaxSize), Keep: c.Audit.Keep,
		Now: now, Random: rand.Reader, Notice: e.auditNotice,
	})
}

// auditNotice tells operators of an outage once, and of its end.
func (e *Engine) auditNotice(err error) {
	if err != nil {
		e.Log.Error("the audit cannot be written; requests go on, and records are lost when its buffer is full", "error", err)
		return
	}
	e.Log.Info("the audit is written again")
}

// proxyAudit is what the proxy records.
func proxyAudit(log *audit.Log, c *config.Config) *proxy.Audit {
	if log == nil {
		return nil
	}
	return &proxy.Audit{To: log, Sample: uint64(c.Audit.Sample)}
}

// Audit takes records of what operators do; nil where nothing is recorded.
func (e *Engine) Audit() *audit.Log { return e.audit }

// Reference names a subject as audit records do.
func (s *State) Reference(subject consent.Subject) string {
	return consent.NewReferrer(s.blueprint.references).Reference(subject)
}

// referenceKey is the first secret of subjects, so that a record of the audit and
// one of the store carry the same digits; else one that is made of the current key of
// pseudonyms, or that lasts as long as the process.
func (b *blueprint) referenceKey(process []byte) []byte {
	if secrets := b.config.Consent.SubjectSecrets; len(secrets) > 0 {
		if key, err := b.config.ReadSecret(secrets[0].Value); err == nil {
			return key
		}
	}
	if b.key == nil {
		return process
	}
	mac := hmac.New(sha256.New, b.key)
	mac.Write([]byte(referenceLabel))
	return mac.Sum(nil)
}

var errNoReference = errors.New("neither consent.subject_secrets nor pseudonyms.keys names a file: " +
	"the references of audit records are made under a key that ends with the process")

// ReferenceOf names a subject as the audit of a consentd with this configuration does.
func ReferenceOf(c *config.Config, subject consent.Subject) (string, error) {
	b := &blueprint{config: c}
	var problems strictyaml.Problems
	b.readSecrets(&problems)
	if err := problems.Err(); err != nil {
		return "", err
	}
	key := b.referenceKey(nil)
	if key == nil {
		return "", errNoReference
	}
	return consent.NewReferrer(key).Reference(subject), nil
}

// newProcessKey is for where the configuration names no secret at all.
func newProcessKey() []byte {
	key := make([]byte, minKey)
	_, _ = rand.Read(key) // it never fails
	return key
}

// checkAudit finds what the next start would stop at.
func (b *blueprint) checkAudit(problems *strictyaml.Problems) {
	c := b.config
	if c.Audit.File == "" || c.Audit.File == audit.Stdout {
		return
	}
	path := c.Path(c.Audit.File)
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		problems.Add(c.File, c.Pos, "audit.file: there is no folder %s; make it, for the user that runs consentd", filepath.Dir(path))
		return
	}
	info, err := os.Stat(path)
	if err == nil && (info.IsDir() || info.Mode()&os.ModeNamedPipe != 0) {
		problems.Add(c.File, c.Pos, "audit.file: %s is no file; to pass records to a program write - and read standard output", path)
	}
}

// findAudit says where references would not outlive the process.
func (b *blueprint) findAudit(found *strictyaml.Problems) {
	c := b.config
	if c.Audit.File != "" && len(c.Consent.SubjectSecrets) == 0 && len(c.Pseudonyms.Keys) == 0 {
		found.Add(c.File, c.Pos, "audit.file is set, but there is neither a subject secret nor a pseudonym key: "+
			"the references of subjects change with every start; name a file in consent.subject_secrets")
	}
}

// versionOf is a hash of everything that decides: the configuration with its
// variables filled in, wherever it lies, and the rule files in the order of its routes.
func versionOf(c *config.Config, files map[string]*rules.File) string {
	plain := *c
	plain.File, plain.Dir = "", ""
	sum := sha256.New()
	_ = json.NewEncoder(sum).Encode(plain) // texts, numbers and lists
	for _, name := range names(files) {
		fmt.Fprintf(sum, "%q", files[name].Source()) // quoted, so that no two lists run together
	}
	return hex.EncodeToString(sum.Sum(nil)[:versionBytes])
}

// closeAudit writes what is left.
func (e *Engine) closeAudit() {
	ctx, cancel := context.WithTimeout(context.Background(), auditWait)
	defer cancel()
	if err := e.audit.Close(ctx); err != nil {
		e.Log.Error("the audit was not closed in order", "error", err)
	}
}
