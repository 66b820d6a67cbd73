package corpus

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"net/url"
)

// Events is how many events a batch has.
const Events = 20

// Batch gives batch i of a SensorsData SDK on Android: the events, without their
// envelope.
func Batch(i int) Body {
	w := newWriter(0x5d, i)
	visitor, session := w.hex(16), w.hex(32)
	w.list(Events, func(k int) { w.event(k, visitor, session) })
	return w.body(visitor)
}

func (w *writer) event(k int, visitor, session string) {
	w.both(`{"_track_id":%d,"time":%d,"type":"track","distinct_id":`, w.lots.IntN(1<<31), 1_700_000_000_000+int64(w.lots.IntN(1e9)))
	w.hashed(visitor)
	w.both(`,"anonymous_id":`)
	w.hashed(visitor)
	w.both(`,"identities":{"$identity_android_id":`)
	w.hashed(visitor)
	w.both(`},"event":"%s","lib":{"$lib":"Android","$lib_version":"6.8.0","$lib_method":"autoTrack","$app_version":"2.3.1"},"properties":{`, w.pick("$AppStart", "$AppClick", "$AppViewScreen", "AddToCart"))
	w.properties(k, visitor, session)
	w.both(`},"_flush_time":1700000005000}`)
}

func (w *writer) properties(k int, visitor, session string) {
	w.both(`"$os":"Android","$os_version":"12","$lib":"Android","$lib_version":"6.8.0","$manufacturer":"HUAWEI","$model":"NOH-AN00","$brand":"HUAWEI","$screen_width":1176,"$screen_height":2400,"$timezone_offset":-480,"$app_id":"com.demo.app","$app_name":"\u793a\u4f8b\/Demo","$wifi":true,"$network_type":"WIFI","$device_id":`)
	w.hashed(visitor)
	w.both(`,"$event_session_id":`)
	w.hashed(session)
	w.gone(`,"$carrier":"%s","$latitude":%d,"$longitude":%d`, w.pick("中国移动", "中国联通"), 30_000_000+w.lots.IntN(1e7), 110_000_000+w.lots.IntN(1e7))
	w.both(`,"$screen_name":"com.demo.%s","$title":"%s","price":%.2f,"$element_content":`, w.word(), w.pick("首页", "详情", "购物车"), w.lots.Float64()*500)
	w.content(k)
	w.gone(`,"imei":"86%s","oaid":"%s"`, w.digits(13), w.hex(16))
}

// content has a phone number in one event of a batch.
func (w *writer) content(k int) {
	if k != Events/2 {
		w.both(`"%s %s"`, w.word(), w.word())
		return
	}
	w.becomes(`"发给 139`+w.digits(8)+` 的短信"`, `"发给  的短信"`)
}

// Seal puts the events of a batch into the form that SDKs send.
func Seal(events []byte) []byte {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(events) // a buffer takes all
	_ = z.Close()
	list := base64.StdEncoding.EncodeToString(packed.Bytes())
	return fmt.Appendf(nil, "crc=%d&gzip=1&data_list=%s", JavaHash(list), url.QueryEscape(list))
}

// Unseal gives the events back, and whether the checksum is that of their text.
func Unseal(form []byte) (events []byte, err error) {
	values, err := url.ParseQuery(string(form))
	if err != nil {
		return nil, err
	}
	list := values.Get("data_list")
	if got, want := values.Get("crc"), fmt.Sprint(JavaHash(list)); got != want {
		return nil, fmt.Errorf("crc is %q, want %q", got, want)
	}
	packed, err := base64.StdEncoding.DecodeString(list)
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// JavaHash is String.hashCode of Java, of a text in ASCII.
func JavaHash(text string) (h int32) {
	for _, c := range []byte(text) {
		h = 31*h + int32(c)
	}
	return h
}
