// Package configs holds the files that are shipped with consentd, for the commands
// that need them without an installation.
package configs

import "embed"

// Files are the configurations, the rule files and the requests that the rules are
// tested with.
//
//go:embed consentd.yaml demo.yaml rules/*.yaml rules/testdata/openrtb/*.json
var Files embed.FS
