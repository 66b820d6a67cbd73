// Package ruletest runs the tests of rule files: requests as an operator writes them
// down, through the code that serves, held against what the upstream and the client
// should get.
package ruletest

import (
	"github.com/consentd/consentd/internal/strictyaml"
)

// File is a test file as written.
type File struct {
	Path string

	Config strictyaml.String `yaml:"config,required"` // relative to the test file
	Now    Time              `yaml:"now"`
	Tests  []Test            `yaml:"tests,required"`
}

// Test is one request and what should become of it.
type Test struct {
	strictyaml.Pos
	Name        strictyaml.String `yaml:"name,required"`
	Flags       Flags             `yaml:"flags"`
	Records     []Record          `yaml:"records"`
	Now         Time              `yaml:"now"`
	Request     Request           `yaml:"request"`
	RequestFile strictyaml.String `yaml:"request_file"`
	Response    Response          `yaml:"response"`
	Expect      Expect            `yaml:"expect,required"`
}

// Record is a consent record, in the words of the admin API.
type Record struct {
	strictyaml.Pos
	Subject strictyaml.String `yaml:"subject,required"`
	Scope   strictyaml.String `yaml:"scope"`
	Flags   Flags             `yaml:"flags"`
	Minor   bool              `yaml:"minor"`
	Deleted bool              `yaml:"deleted"`
	Source  strictyaml.String `yaml:"source"`
	Policy  strictyaml.String `yaml:"policy"`
	Expires Time              `yaml:"expires"`
	Updated Time              `yaml:"updated"`
}

// Request is what the client sends. What is written beside a request_file takes the
// place of what stands in that file.
type Request struct {
	strictyaml.Pos
	RequestFile strictyaml.String       `yaml:"request_file"`
	Method      strictyaml.String       `yaml:"method"`
	Path        strictyaml.String       `yaml:"path"`
	Query       strictyaml.Map[Part]    `yaml:"query"`
	Headers     strictyaml.Map[Strings] `yaml:"headers"`
	Peer        strictyaml.String       `yaml:"peer"`
	Content
}

// Response is what the upstream answers.
type Response struct {
	strictyaml.Pos
	Status  int                     `yaml:"status"`
	Headers strictyaml.Map[Strings] `yaml:"headers"`
	Content
}

// Expect is what should become of the request. Only what is written is compared.
type Expect struct {
	strictyaml.Pos
	Status    strictyaml.String       `yaml:"status"`
	Reason    strictyaml.String       `yaml:"reason"`
	Route     strictyaml.String       `yaml:"route"`
	Upstream  strictyaml.String       `yaml:"upstream"`
	Unchanged bool                    `yaml:"unchanged"`
	Path      strictyaml.String       `yaml:"path"`
	Query     *Query                  `yaml:"query"`
	Headers   strictyaml.Map[Strings] `yaml:"headers"`
	Decoded   *Value                  `yaml:"decoded"`
	Items     strictyaml.Map[Strings] `yaml:"items"`
	Response  Answer                  `yaml:"response"`
	Content
}

// Answer is what the client should get.
type Answer struct {
	strictyaml.Pos
	Status  int                     `yaml:"status"`
	Headers strictyaml.Map[Strings] `yaml:"headers"`
	Content
}

// Content is a body.
type Content struct {
	Blob
	Form strictyaml.Map[Part] `yaml:"form"`
}

// Blob is a text or bytes, in one of several ways of writing them.
type Blob struct {
	Body     *Value            `yaml:"body"`
	BodyFile strictyaml.String `yaml:"body_file"`
	Protobuf *Value            `yaml:"protobuf"`
	Encode   Words             `yaml:"encode"`
}

// Parse reads a test file.
func Parse(path string, data []byte) (*File, strictyaml.Problems) {
	f := &File{Path: path}
	problems := strictyaml.Decode(path, data, f)
	return f, problems
}
