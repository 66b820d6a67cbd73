package setup_test

import (
	"slices"
	"testing"
)

// A test's own address is 127.0.0.1.
func TestTheAddressOfTheClientIsAddedOnlyWhereThatIsGranted(t *testing.T) {
	const one, two = "198.51.100.7", "203.0.113.9, 192.0.2.44"
	for _, row := range []struct {
		name, trusted, grant string
		sent, arrives        []string // X-Forwarded-For
		others               bool     // Forwarded and X-Real-IP arrive
	}{
		{"nothing granted, nothing sent", "", "device_id", nil, nil, true},
		{"granted, nothing sent", "", "network_id", nil, []string{"127.0.0.1"}, true},
		{"nothing granted", "", "device_id", []string{one}, []string{"198.51.100.0"}, true},
		{"granted", "", "network_id", []string{one}, []string{one + ", 127.0.0.1"}, true},
		{"granted, two lines", "", "network_id", []string{one, two}, []string{one, two + ", 127.0.0.1"}, true},
		{"granted, from a trusted peer", "127.0.0.0/8", "network_id", []string{one}, []string{one + ", 127.0.0.1"}, true},
		{"granted, from another peer", "192.0.2.0/24", "network_id", []string{one, two}, []string{"127.0.0.1"}, false},
		{"nothing granted, from another peer", "192.0.2.0/24", "device_id", []string{one}, nil, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			up := newBackend(t)
			l := layout{routes: anyRoute}
			if row.trusted != "" {
				l.proxy = `trusted_proxies: ["` + row.trusted + `"]`
			}
			s := run(t, up, l)
			s.grant(ifaSubject, row.grant)
			head := []string{"Forwarded", "for=198.51.100.0", "X-Real-IP", "198.51.100.0"}
			for _, v := range row.sent {
				head = append(head, "X-Forwarded-For", v)
			}
			s.post("/x", ifaBody, head...)
			got := up.last(t)
			if values := got.values("X-Forwarded-For"); !slices.Equal(values, row.arrives) {
				t.Errorf("got %q, want %q", values, row.arrives)
			}
			if others := got.values("Forwarded") != nil && got.values("X-Real-IP") != nil; others != row.others {
				t.Error(got.head)
			}
		})
	}
}
