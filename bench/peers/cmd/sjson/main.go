// Command sjson enforces consent with fasthttp, gjson and sjson: a call for each field.
package main

import (
	"errors"
	"log"
	"math"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"
	"github.com/valyala/fasthttp"

	"github.com/consentd/consentd/bench/peers/peer"
)

type editor struct {
	consent *peer.Consent
	hasher  *peer.Hasher
}

func main() {
	o := peer.Parse()
	e := &editor{peer.NewConsent(o.Redis), peer.NewHasher()}
	log.Fatal(peer.Serve(o.Listen, peer.Forward(o.Backend, e.edit)))
}

func (e *editor) edit(r *fasthttp.Request) error {
	body := r.Body()
	if !gjson.ValidBytes(body) {
		return errors.New("no JSON")
	}
	flags := e.consent.Of(gjson.GetBytes(body, "device.oaid").String())
	d := &document{text: body}
	if flags&peer.DeviceID == 0 {
		d.remove("device.imei")
		d.replace("device.oaid", e.pseudonym)
		d.replace("device.ifa", e.pseudonym)
	}
	if flags&peer.Location == 0 {
		d.replace("device.geo.lat", round)
		d.replace("device.geo.lon", round)
	}
	if flags&peer.AppList == 0 {
		d.remove("device.ext.applist")
	}
	if flags&peer.NetworkID == 0 {
		d.replace("device.ip", truncate)
	}
	if flags&peer.Cookies == 0 {
		r.Header.DelAllCookies()
	}
	r.SetBody(d.text)
	return d.err
}

func (e *editor) pseudonym(v gjson.Result) string { return `"` + e.hasher.Pseudonym(v.String()) + `"` }

func round(v gjson.Result) string {
	return strconv.FormatFloat(math.Round(v.Float()*10)/10, 'f', -1, 64)
}

func truncate(v gjson.Result) string {
	ip := v.String()
	return `"` + ip[:strings.LastIndexByte(ip, '.')+1] + `0"`
}

// document is edited until the first error.
type document struct {
	text []byte
	err  error
}

func (d *document) remove(path string) {
	if d.err == nil {
		d.text, d.err = sjson.DeleteBytes(d.text, path)
	}
}

func (d *document) replace(path string, with func(gjson.Result) string) {
	if v := gjson.GetBytes(d.text, path); d.err == nil && v.Exists() {
		d.text, d.err = sjson.SetRawBytes(d.text, path, []byte(with(v)))
	}
}
