package admin

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

const (
	tokenBytes = 32
	tokenMode  = 0o600
)

// ReadToken reads a token file. No error holds any of its content.
func ReadToken(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the admin token cannot be read: %w", err)
	}
	token := strings.TrimSpace(string(data))
	if token == "" || strings.ContainsAny(token, " \t\r\n") {
		return nil, fmt.Errorf("the admin token %s is empty or has blanks: write one line, or remove the file to have one made", path)
	}
	return []byte(token), nil
}

// EnsureToken is ReadToken that first makes the file, with a random token that only
// its owner can read, where it does not exist.
func EnsureToken(path string, random io.Reader) (token []byte, made bool, err error) {
	token, err = ReadToken(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return token, false, err
	}
	if err := makeToken(path, random); err != nil {
		return nil, false, fmt.Errorf("the admin token cannot be made: %w", err)
	}
	token, err = ReadToken(path)
	return token, true, err
}

// makeToken leaves no half a token behind.
func makeToken(path string, random io.Reader) error {
	secret := make([]byte, tokenBytes)
	if _, err := io.ReadFull(random, secret); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, tokenMode)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, base64.RawURLEncoding.EncodeToString(secret))
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(path) // the first error says more
	}
	return err
}
