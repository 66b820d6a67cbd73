package setup_test

import (
	"encoding/json"
	"reflect"
	"testing"
)

const (
	ifaBody    = `{"device":{"imei":"867530912345678","ifa":"E785543F-0be8-48f1-2c53-b4ae46a942d3","ip":"1.2.3.4","geo":{"lat":1.5}}}`
	ifaSubject = "ifa:e785543f-0be8-48f1-2c53-b4ae46a942d3"
)

func TestADeviceWithoutARecordLosesItsIdentifiers(t *testing.T) {
	up := newBackend(t)
	s := run(t, up, layout{routes: anyRoute})
	a := s.post("/openrtb2?imei=1234&x=%20y", ifaBody, "Cookie", "uid=1", "X-Forwarded-For", "9.8.7.6", "User-Agent", "Secret/1")
	if a.StatusCode != 200 || a.body != "ok" {
		t.Fatal(a.StatusCode, a.body)
	}
	got := up.last(t)
	if got.target() != "/openrtb2?x=%20y" {
		t.Error(got.target())
	}
	if want := `{"device":{"lmt":1,"ip":"1.2.3.0","geo":{}}}`; !sameJSON(got.body, want) {
		t.Errorf("got %s, want %s", got.body, want)
	}
	for name, want := range map[string]string{"X-Forwarded-For": "9.8.7.0", "User-Agent": "Mozilla/5.0"} {
		if v := got.values(name); len(v) != 1 || v[0] != want {
			t.Errorf("%s: got %q, want %q", name, v, want)
		}
	}
	if v := got.values("Cookie"); v != nil {
		t.Error(v)
	}
}

func TestADeviceThatGrantedAllIsLeftAsItIs(t *testing.T) {
	up := newBackend(t)
	s := run(t, up, layout{routes: anyRoute})
	s.grant(ifaSubject)
	s.post("/openrtb2?imei=1234", ifaBody, "cookie", `uid=1; b="2"`, "X-Forwarded-For", "9.8.7.6", "X-uPPer", "1", "User-Agent", "Secret/1")
	got := up.last(t)
	want := "POST /openrtb2?imei=1234 HTTP/1.1\r\nHost: sdk.test\r\ncookie: uid=1; b=\"2\"\r\n" +
		"X-Forwarded-For: 9.8.7.6, 127.0.0.1\r\nX-uPPer: 1\r\nUser-Agent: Secret/1\r\nContent-Length: 115\r\n\r\n"
	if got.head != want || got.body != ifaBody {
		t.Errorf("got %q\nwant %q", got.head, want)
	}
}

// sameJSON compares two documents without regard to order and blanks.
func sameJSON(a, b string) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return false
	}
	return reflect.DeepEqual(x, y)
}
