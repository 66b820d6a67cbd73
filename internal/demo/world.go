// Package demo shows what consentd does, with requests as they are sent in practice:
// each before and after, and which consent made the difference.
package demo

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/consentd/consentd/configs"
	"github.com/consentd/consentd/internal/consent"
)

const (
	folderMode = 0o700
	fileMode   = 0o600
	keyBytes   = 32

	configFile = "demo.yaml"
	keyFile    = "keys/demo"
	// Captures is the folder of the sample requests.
	Captures = "rules/testdata/openrtb"
)

// Unpack writes the shipped files and a random key into a folder, and gives the path
// of the configuration.
func Unpack(dir string, random io.Reader) (config string, err error) {
	err = fs.WalkDir(configs.Files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := configs.Files.ReadFile(path)
		if err != nil {
			return err
		}
		return writeFile(filepath.Join(dir, path), data)
	})
	if err != nil {
		return "", err
	}
	key := make([]byte, keyBytes)
	if _, err := io.ReadFull(random, key); err != nil {
		return "", err
	}
	text := base64.StdEncoding.EncodeToString(key)
	return filepath.Join(dir, configFile), writeFile(filepath.Join(dir, keyFile), []byte(text))
}

func writeFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), folderMode); err != nil {
		return err
	}
	return os.WriteFile(path, data, fileMode)
}

// Device is a sample device: the advertising id of a capture, and what it granted.
type Device struct {
	Name    string
	IFA     string
	Granted []string // nil: nothing
	All     bool
}

// Devices are the sample devices. Their ids are those of captures 03, 04 and 12.
func Devices() [3]Device {
	return [3]Device{
		{Name: "nothing", IFA: "e785543f-0be8-48f1-2c53-b4ae46a942d3"},
		{Name: "some", IFA: "zxcjbzxmc-zxcbmz-zxbcz-zxczx", Granted: []string{"device_id", "network_id", "device_info", "cookies"}},
		{Name: "everything", IFA: "hello-ads", All: true},
	}
}

// Subject is the device as the consent store knows it.
func (d Device) Subject() string { return "ifa:" + d.IFA }

// Seed stores what the sample devices granted.
func Seed(ctx context.Context, store consent.Store, v *consent.Vocabulary) error {
	for _, d := range Devices() {
		granted, unknown := v.Set(d.Granted)
		if unknown != "" {
			return fmt.Errorf("the demo grants %q, which is no flag", unknown)
		}
		if d.All {
			granted = v.All()
		}
		subject, err := consent.ParseSubject(d.Subject())
		if err != nil {
			return err
		}
		change := consent.Change{
			Author: consent.Author{By: "demo", Source: "consentd demo"}, Replace: true, Grant: granted, Deny: v.All() &^ granted,
		}
		if _, err := store.Update(ctx, consent.Key{Subject: subject}, change); err != nil {
			return err
		}
	}
	return nil
}
