package wire

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// idNames are what rules for advertising requests look for at any depth.
const idNames = `imei imei1 imei2 imei_md5 imeimd5 imei_sha1 hash_imei muid meid oaid oaid_md5 oaidmd5 hash_oaid
	vaid aaid msa_udid gaid gaid_md5 google_aid gps_adid advertising_id android_ad_id idfa idfa_md5 ifamd5 ios_ifa
	hash_idfa idfv idfv_md5 android_id androidid androididmd5 serialno android_uuid imsi caid caid1 caid2 precaid
	boot_mark update_mark openudid udid device_id mac mac_md5 macidmd5 bt_mac distinct_id anonymous_id first_id
	visitor_id login_id session_id install_id ssid bssid wifi_mac phone email birthday id_card`

// deviceNames are what they look for in the device object.
const deviceNames = `ifa ip ipv6 ua didsha1 didmd5 dpidsha1 dpidmd5 macsha1 macmd5 carrier model make os osv hwv geo.lat
	geo.lon geo.zip geo.city lmt dnt language`

func idLocators() []string {
	var locators []string
	for name := range strings.FieldsSeq(idNames) {
		locators = append(locators, "**."+name)
	}
	for name := range strings.FieldsSeq(deviceNames) {
		locators = append(locators, "device."+name)
	}
	return locators
}

// generated makes a document of about that size in the shape of an advertising
// request: a device with ids, and impressions until it is large enough.
func generated(size int) []byte {
	r := rand.New(rand.NewPCG(1, uint64(size)))
	var b strings.Builder
	fmt.Fprintf(&b, `{"id":"%016x%016x","at":2,"tmax":300,"device":{"ua":"Mozilla/5.0 (Linux; Android 14; K)`+
		` AppleWebKit/537.36","ip":"192.0.2.%d","make":"Maker","model":"Model %d","os":"Android","osv":"14","w":1080,"h":2340,`+
		`"geo":{"lat":31.%d,"lon":121.%d,"country":"CHN","type":1},"ifa":"%08x-0000-4000-8000-%012x","ext":{"oaid":"%016x",`+
		`"imei_md5":"%016x%016x"}},"user":{"id":"%016x"},"imp":[`,
		r.Uint64(), r.Uint64(), r.IntN(256), r.IntN(100), r.IntN(1e6), r.IntN(1e6), r.Uint32(), r.Uint64N(1<<48),
		r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64())
	for i := 0; i == 0 || b.Len() < size-120; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"%d","bidfloor":%d.%02d,"secure":1,"tagid":"slot-%04x","banner":{"w":%d,"h":%d,"pos":%d,`+
			`"mimes":["image/jpeg","image/png"],"btype":[1,2,4]},"ext":{"deeplink":true,"note":null,"text":"a \"quoted\" title"}}`,
			i, r.IntN(50), r.IntN(100), r.IntN(1<<16), 100*(1+r.IntN(10)), 50*(1+r.IntN(20)), r.IntN(8))
	}
	b.WriteString(`]}`)
	return []byte(b.String())
}

func TestGeneratedDocumentsAreJSONOfTheirSize(t *testing.T) {
	for _, size := range []int{1 << 10, 4 << 10, 32 << 10} {
		document := generated(size)
		if !json.Valid(document) || len(document) < size*8/10 || len(document) > size*12/10 {
			t.Errorf("%d bytes for %d", len(document), size)
		}
	}
}

func benchmark(b *testing.B, work func(m *Message)) {
	p := newPlan(b, idLocators()...)
	p.limits.Depth = 64
	for _, size := range []int{1 << 10, 4 << 10, 32 << 10} {
		b.Run(fmt.Sprintf("%dK", size>>10), func(b *testing.B) {
			document := generated(size)
			m := new(Message)
			b.SetBytes(int64(len(document)))
			b.ReportAllocs()
			for b.Loop() {
				p.reset(m)
				if _, fault := m.AddBody(document, nil); fault.Failed() {
					b.Fatal(fault)
				}
				work(m)
			}
		})
	}
}

func BenchmarkScan(b *testing.B) { benchmark(b, func(*Message) {}) }

func BenchmarkScanAndSplice(b *testing.B) {
	benchmark(b, func(m *Message) {
		removeAll(m)
		if fault := m.Seal(); fault.Failed() {
			b.Fatal(fault)
		}
	})
}

func BenchmarkCoding(b *testing.B) {
	document := generated(4 << 10)
	for _, coding := range realCodings {
		b.Run(codingNames[coding], func(b *testing.B) {
			p := newPlan(b, idLocators()...)
			body, m := []byte(encode(b, coding, string(document))), new(Message)
			b.SetBytes(int64(len(document)))
			b.ReportAllocs()
			for b.Loop() {
				p.reset(m)
				if _, fault := m.AddBody(body, []Coding{coding}); fault.Failed() {
					b.Fatal(fault)
				}
				removeAll(m)
				if fault := m.Seal(); fault.Failed() {
					b.Fatal(fault)
				}
			}
		})
	}
}
