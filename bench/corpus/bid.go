package corpus

import (
	"fmt"
	"strconv"
	"strings"
)

// Sizes of bid requests, as they are called.
const (
	Small  = "1k"
	Medium = "4k"
	Large  = "32k"
)

// shape says how much there is of what makes bid requests long.
type shape struct{ imps, apps, segments int }

func shapeOf(size string) shape {
	switch size {
	case Medium:
		return shape{imps: 2, apps: 26, segments: 12}
	case Large:
		return shape{imps: 17, apps: 210, segments: 260}
	}
	return shape{imps: 1, apps: 2}
}

// Bid gives bid request i of a size, in OpenRTB 2.6 with the fields of Chinese
// exchanges. Its device has the identifiers, the place and the list of applications
// that the job is about; empty arrays and objects do not occur, since some JSON
// libraries cannot tell them apart.
func Bid(size string, i int) Body {
	w, s := newWriter(len(size)<<8|int(size[0]), i), shapeOf(size)
	oaid := w.hex(16)
	w.both(`{"id":"%s","at":2,"tmax":%d,"cur":["CNY"],"imp":`, w.hex(32), 120+w.lots.IntN(200))
	w.list(s.imps, func(k int) { w.imp(k, s) })
	w.app(s)
	w.device(oaid, s)
	w.user(s)
	w.both(`,"regs":{"coppa":0,"gdpr":0}}`)
	return w.body(oaid)
}

func (w *writer) imp(k int, s shape) {
	w.both(`{"id":"%d","tagid":"%s","secure":1,"bidfloor":%.2f,"bidfloorcur":"CNY",`, k+1, w.digits(9), w.lots.Float64()*30)
	switch {
	case s.segments == 0:
		w.both(`"banner":{"w":640,"h":100,"pos":1,"mimes":["image\/jpeg","image\/png"]}`)
	case k%2 == 0:
		w.native()
	default:
		w.video()
	}
	w.both(`,"ext":{"placement":"%s","style":[%d,%d]}}`, w.word(), w.lots.IntN(90), w.lots.IntN(90))
}

// native holds a document in a text, as exchanges send it.
func (w *writer) native() {
	inner := fmt.Sprintf(`{"ver":"1.2","context":1,"plcmttype":4,"assets":[{"id":1,"required":1,"title":{"len":%d}},{"id":2,"required":1,"img":{"type":3,"w":1280,"h":720}},{"id":3,"data":{"type":2,"len":60}}],"eventtrackers":[{"event":1,"methods":[1]}]}`, 20+w.lots.IntN(60))
	w.both(`"native":{"request":%s,"ver":"1.2","api":[3,5],"battr":[1,3,8]}`, strconv.Quote(inner))
}

func (w *writer) video() {
	w.both(`"video":{"mimes":["video\/mp4","video\/webm"],"minduration":5,"maxduration":%d,"protocols":[2,3,5,6,7],"w":1280,"h":720,"startdelay":0,"linearity":1,"skip":1,"skipafter":%d,"playbackmethod":[1,3],"delivery":[2],"api":[2,7],"companionad":[{"id":"%s","w":300,"h":250}]}`,
		15+w.lots.IntN(45), 3+w.lots.IntN(5), w.hex(8))
}

func (w *writer) app(s shape) {
	w.both(`,"app":{"id":"%s","name":"%s","bundle":"com.%s.%s","ver":"%d.%d.%d"`,
		w.digits(8), w.pick("天气通", "每日阅读", "极速清理", "斗地主"), w.word(), w.word(), w.lots.IntN(12), w.lots.IntN(30), w.lots.IntN(99))
	if s.segments > 0 {
		w.both(`,"storeurl":"https:\/\/store.example\/app\/%s?lang=zh_CN","cat":["IAB9","IAB%d"],"publisher":{"id":"%s","name":"\u793a\u4f8b%s"},"content":{"title":"%s \"%s\"","language":"zh","keywords":"%s,%s"}`,
			w.digits(9), 1+w.lots.IntN(25), w.digits(6), w.word(), w.word(), w.word(), w.word(), w.word())
	}
	w.both(`}`)
}

// device writes its members in one of several orders, as SDKs differ.
func (w *writer) device(oaid string, s shape) {
	members := []func(){
		func() { w.both(`"oaid":`); w.hashed(oaid) },
		func() { w.both(`"ifa":`); w.hashed(w.uuid()) },
		w.address, w.place, w.hardware,
		func() { w.applications(s) },
	}
	w.lots.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	w.both(`,"device":{"ua":"Mozilla\/5.0 (Linux; Android %d; %s-%s Build\/%s; wv) AppleWebKit\/537.36 (KHTML, like Gecko) Version\/4.0 Chrome\/%d.0.%d.%d Mobile Safari\/537.36"`,
		9+w.lots.IntN(7), w.pick("HUAWEI", "Xiaomi", "vivo", "OPPO"), strings.ToUpper(w.hex(4)), strings.ToUpper(w.hex(6)), 90+w.lots.IntN(50), w.lots.IntN(7000), w.lots.IntN(200))
	for _, member := range members {
		w.both(",")
		member()
	}
	w.gone(`,"imei":"86%s"`, w.digits(13))
	w.both("}")
}

func (w *writer) address() {
	net := fmt.Sprintf("%d.%d.%d.", 36+w.lots.IntN(180), w.lots.IntN(256), w.lots.IntN(256))
	w.both(`"ip":`)
	w.becomes(fmt.Sprintf(`"%s%d"`, net, 1+w.lots.IntN(254)), `"`+net+`0"`)
}

func (w *writer) place() {
	w.both(`"geo":{"type":1,"country":"CHN","lat":`)
	w.rounded(20 + w.lots.Float64()*25)
	w.both(`,"lon":`)
	w.rounded(80 + w.lots.Float64()*45)
	w.both(`}`)
}

// rounded writes a coordinate of six decimals, of which one stays.
func (w *writer) rounded(degrees float64) {
	tenths := int(degrees*10) + 1
	sent := fmt.Sprintf("%d.%d%d", tenths/10, tenths%10, 10000+w.lots.IntN(30000))
	w.becomes(sent, strconv.FormatFloat(float64(tenths)/10, 'f', -1, 64))
}

func (w *writer) hardware() {
	w.both(`"make":"%s","model":"%s","os":"Android","osv":"%d","w":1080,"h":2400,"pxratio":2.75,"connectiontype":%d,"devicetype":4,"language":"zh"`,
		w.pick("HUAWEI", "Xiaomi", "vivo", "OPPO"), strings.ToUpper(w.hex(7)), 9+w.lots.IntN(7), 2+w.lots.IntN(4))
}

func (w *writer) applications(s shape) {
	w.both(`"ext":{"tz":"+0800"`)
	if s.segments > 0 {
		w.both(`,"boot":%d.%s,"disk":%d`, 1_690_000_000+w.lots.IntN(50_000_000), w.digits(5)+"7", 128<<30)
	}
	w.gone(`,"applist":[`)
	for k := range s.apps {
		if k > 0 {
			w.gone(",")
		}
		w.application(s)
	}
	w.gone("]")
	w.both("}")
}

func (w *writer) application(s shape) {
	if s.segments == 0 {
		w.gone(`"com.%s.%s"`, w.word(), w.word())
		return
	}
	w.gone(`{"p":"com.%s.%s","v":"%d.%d.%d","t":%d}`, w.word(), w.word(), w.lots.IntN(12), w.lots.IntN(30), w.lots.IntN(99), 1_600_000_000+w.lots.IntN(150_000_000))
}

func (w *writer) user(s shape) {
	w.both(`,"user":{"id":"%s"`, w.hex(16))
	if s.segments > 0 {
		w.both(`,"yob":%d,"gender":"%s","data":[{"id":"%s","name":"segments.example","segment":`, 1960+w.lots.IntN(50), w.pick("M", "F"), w.digits(3))
		w.list(s.segments, func(int) {
			w.both(`{"id":"%s","name":"%s-%s","value":"%.3f"}`, w.digits(6), w.word(), w.word(), w.lots.Float64())
		})
		w.both(`}]`)
	}
	w.both(`}`)
}
