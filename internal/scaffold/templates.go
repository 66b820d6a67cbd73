package scaffold

// configuration is consentd.yaml. Keys that are left out have their defaults.
const configuration = `# Made by consentd init. Next:
#   consentd check --config consentd.yaml    what is wrong, or looks so
#   consentd test rules/first_test.yaml      what is done to requests
#   consentd run --config consentd.yaml
# Every key: docs/configuration.md, or consentd schema config.

proxy:
  listen: ":8080"

consent:
  subject_secrets: ["keys/subjects"]   # the store then holds no raw device id
  store:
{{- if .Redis}}
    redis: {addresses: ["{{.Redis}}"]}
{{- else}}
    embedded: {path: consent.db}         # one proxy alone; several share a Redis
{{- end}}

# Keys of the action hash. A new first key gives every device new pseudonyms.
pseudonyms:
  keys: [{id: "{{.KeyID}}", file: "keys/{{.KeyID}}"}]

rule_files: ["rules/*.yaml"]

upstreams:
{{- range .Chosen}}
  {{.Name}}: {urls: ["{{.URL}}"]}
{{- end}}

routes:
{{- range $sdk := .Chosen}}
{{- range .Routes}}
  - name: {{$sdk.RouteName .Suffix}}
    match: {paths: {{list .Paths}}}
    upstream: {{$sdk.Name}}
    rules: {{list .Rules}}
{{- range .Keys}}
    {{.}}
{{- end}}
{{- end}}
{{- end}}
`

// tests is a first test file.
const tests = `# What the rules do to requests. Run it with: consentd test rules/first_test.yaml
config: ../consentd.yaml
tests:
{{- range .Chosen}}
{{- range .Tests}}
  - name: {{.Name}}
    flags: {{.Flags}}
    request: {{.Request}}
    expect: {{.Expect}}
{{- end}}
{{- end}}
`
