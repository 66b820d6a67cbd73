package rules_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/rules"
)

func TestWhatGrantedEverythingGoesOutByteForByte(t *testing.T) {
	for _, name := range sdNames(t) {
		t.Run(name, func(t *testing.T) {
			in := sdCapture(t, name)
			if isSealed(name) {
				return
			}
			if out := sdTreat(t, in, all()); out != in {
				t.Errorf("\n got %q\nwant %q", out, in)
			}
		})
	}
}

func TestWithoutAnalyticsNoEventIsSentOn(t *testing.T) {
	p := sdPlan(t, all()&^flags("analytics"), "sensorsdata", "common")
	for _, name := range sdNames(t) {
		if !hasEvents(name) {
			continue
		}
		if _, outcome, fault := sdRun(t, p, sdCapture(t, name), nil); outcome != rules.Absorb || fault.Failed() {
			t.Errorf("%s: outcome %v, fault %v", name, outcome, fault)
		}
	}
}

// sdPlanted are the values that identify somebody in the captures.
var sdPlanted = [...]string{
	"8f1b2c3d4e5f6071", "0b6f8a2e-6c1d-4a7b-9d52-2f4c0f0e7a11", // Android ids
	"6D92078A-8246-4BA4-AE5B-76104861E7DC", "9C287922-EE26-4501-94B5-DDE6F83E1475", // IDFA, IDFV
	"1fe9a970-efbb-29e0-0bdd-f5dbfbf7ea0b", "38400000-8cf0-11bd-b23e-10b96e40000d", // OAID, GAID
	"861234567890123", "861234567890131", "02:15:b2:aa:bb:cc", // IMEIs, MAC
	"-11543b4c-921600-", "oABCD-openid-0001", "uUNION-0001", "d-4f1c9a2e77b0", // visitors
	"1795313141598-7671982", "1795313144230-6665980", "1795313146864-7254801",
	"13800138000", "zhangsan", "张三", // phone, login, e-mail, name
	"39907501", "116397102", "39.907501", "116.397102", "123.123.123.123", // place
	"u_778899", "url=abc", "utm_medium=cpc", // queries of URLs
	"5d2a1f0c7b3e49c8a1d0e6f4b2c39a77", "06:13:20", "1a0018970a8b3c4d5e6", // session, first visit, push id
	"com.tencent.mm", "中国移动", "Build/HUAWEI", "; NOH-AN00", // apps, carrier, device in a user agent
	"sensorsdata2015jssdkcross",
}

func sdTexts(m message) map[string]bool {
	seen := make(map[string]bool)
	for _, part := range []string{m.path, m.query, m.head, m.body} {
		sdPeel(part, 8, seen)
	}
	return seen
}

func holdsAny(seen map[string]bool, value string) bool {
	for text := range seen {
		if strings.Contains(strings.ToLower(text), strings.ToLower(value)) {
			return true
		}
	}
	return false
}

func TestNoPlantedValueGoesOutUngranted(t *testing.T) {
	met := make(map[string]bool)
	for _, name := range sdNames(t) {
		in := sdCapture(t, name)
		if isSealed(name) {
			continue
		}
		granted := consent.Flags(0)
		if hasEvents(name) {
			granted = flags("analytics")
		}
		before, after := sdTexts(in), sdTexts(sdTreat(t, in, granted))
		for _, value := range sdPlanted {
			met[value] = met[value] || holdsAny(before, value)
			if holdsAny(after, value) {
				t.Errorf("%s: %s goes out", name, value)
			}
		}
	}
	for _, value := range sdPlanted {
		if !met[value] {
			t.Errorf("no capture holds %s: the decoder of this test does not read it", value)
		}
	}
}

func TestChecksumsAreThoseOfJava(t *testing.T) {
	for _, name := range sdNames(t) {
		if !hasEvents(name) {
			continue
		}
		out := sdTreat(t, sdCapture(t, name), flags("analytics"))
		params := out.query
		if out.body != "" {
			params = out.body
		}
		_, carrier := sdEvents(t, params)
		stated := sdParam(t, params, "crc")
		if ext := sdParam(t, params, "ext"); ext != "" {
			stated, _, _ = strings.Cut(strings.TrimPrefix(ext, "crc="), ",")
		}
		if want := strconv.Itoa(int(sdJavaHash(carrier))); stated != "" && stated != want {
			t.Errorf("%s: crc %s, want %s", name, stated, want)
		}
	}
}
