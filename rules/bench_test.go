package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/consent"
)

// BenchmarkJudge takes an ad request of about that size through the shipped files.
func BenchmarkJudge(b *testing.B) {
	p := shippedPlan(b, "openrtb", "common")
	for _, size := range []int{1, 4, 32} {
		for _, who := range []struct {
			name  string
			grant consent.Flags
		}{{"none", 0}, {"all", all()}} {
			b.Run(fmt.Sprintf("%dKB/%s", size, who.name), func(b *testing.B) {
				x := newExchange()
				r := message{path: "/openrtb2", head: headers, body: adRequest(size << 10)}.request()
				b.SetBytes(int64(len(r.Body)))
				b.ReportAllocs()
				for b.Loop() {
					run(b, p, x, r, who.grant)
				}
			})
		}
	}
}

// adRequest is a bid request with as many impressions as the size takes.
func adRequest(size int) string {
	const frame = `{"id":"8a1f","imp":[%s],"app":{"id":"a1","bundle":"com.example","name":"Example","publisher":{"id":"p1"}},` +
		`"device":{"ua":"Mozilla/5.0 (Linux; Android 13; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/116.0.0.0 Mobile Safari/537.36",` +
		`"ip":"203.0.113.77","geo":{"lat":31.230416,"lon":121.473701,"country":"CHN","city":"Shanghai"},"ifa":"1fe9a970-efbb-29e0-0bdd-f5dbfbf7ea0b",` +
		`"make":"Google","model":"Pixel 7","os":"Android","osv":"13","language":"zh","carrier":"CMCC","connectiontype":2,` +
		`"ext":{"oaid":"5e2a41c0d9f84b7f","imei":"867400020316620","boot_mark":"ec7f4f33-411a-47bc"}},"user":{"id":"u1","yob":1990,"gender":"F"},"at":2,"tmax":120}`
	const imp = `{"id":"1","banner":{"w":320,"h":50,"pos":1,"btype":[1,4],"battr":[1,2,3],"api":[3,5]},"tagid":"t1","bidfloor":0.25,"bidfloorcur":"CNY","secure":1,"ext":{"deal":"d1","style":"native"}}`
	n := max(1, (size-len(frame))/len(imp))
	return fmt.Sprintf(frame, strings.TrimSuffix(strings.Repeat(imp+",", n), ","))
}
