package action

// ReduceUA keeps the platform with its major version, whether it is mobile, and
// the browser's or library's family with its major version, in a form that
// backends still parse as that browser. Model, build, locale, application and
// device tokens go. The result is written anew from a fixed list of words and
// numbers of at most three digits, so no identifier can ride in it; where nothing
// is recognised it is Mozilla/5.0. Reducing twice changes nothing.
func ReduceUA(dst, text []byte) []byte {
	a := agent{system: unknownSystem, browser: none, library: none, sensors: none}
	a.read(text)
	return a.appendTo(dst)
}

// system is an operating system. Of several that a text names the lowest counts:
// iPhones also say Mac OS X, Android and OpenHarmony also say Linux.
type system uint8

const (
	openHarmony system = iota
	iPad
	iPhone
	android
	windows
	macOS
	chromeOS
	linux
	unknownSystem
)

// release is as much of a version as is read. A major of 0 is no version.
type release struct{ major, minor int }

// agent is what was recognised.
type agent struct {
	system          system
	releases        [unknownSystem]release
	mobile, webview bool

	webkit, safari, headless bool
	version, chrome, firefox int // majors

	browser, browserMajor int // into browsers
	library, libraryMajor int // into libraries
	cfNetwork             bool
	darwin                int // major
	sensors               int // into sensorsPlatforms
}

// none is the index of what a text did not name.
const none = -1

// product is a name with what follows its major version; the rest of the version
// is the same for everybody.
type product struct{ name, tail string }

// browsers name themselves beside the engine, and of several the first counts.
var browsers = [...]product{
	{"MicroMessenger", ".0.0"},
	{"Googlebot", ".0"},
	{"bingbot", ".0"},
	{"Baiduspider", ".0"},
	{"Edg", ".0.0.0"},
	{"EdgA", ".0.0.0"},
	{"EdgiOS", ".0.0.0"},
	{"OPR", ".0.0.0"},
	{"SamsungBrowser", ".0"},
	{"HuaweiBrowser", ".0.0.0"},
	{"MiuiBrowser", ".0.0"},
	{"VivoBrowser", ".0.0.0"},
	{"HeyTapBrowser", ".0.0.0"},
	{"UCBrowser", ".0.0.0"},
	{"Quark", ".0.0.0"},
	{"MQQBrowser", ".0"},
	{"QQBrowser", ".0.0.0"},
	{"YaBrowser", ".0.0.0"},
	{"CriOS", ".0.0.0"},
	{"FxiOS", ".0"},
	{"ArkWeb", ".0.0.0"},
}

// libraries send requests without a browser.
var libraries = [...]product{
	{"okhttp", ".0.0"},
	{"Dalvik", ".0.0"},
	{"Apache-HttpClient", ".0"},
	{"Go-http-client", ".0"},
	{"Python-urllib", ".0"},
	{"python-requests", ".0.0"},
	{"Java", ".0.0"},
	{"curl", ".0.0"},
}

// sensorsPlatforms stand in "SensorsAnalytics iOS SDK" and its like.
var sensorsPlatforms = [...]string{"iOS", "Android", "Node", "Java", "Python", "PHP", "Go"}

// read goes over the words once. A number directly behind a word, after one blank
// or slash, is that word's version.
func (a *agent) read(text []byte) {
	var before []byte // the word that a version may follow
	for len(text) > 0 {
		n := wordLen(text)
		word := text[:n]
		if v, ok := parseRelease(word); ok && len(before) > 0 {
			a.readVersion(before, v)
		} else if n > 0 {
			a.readWord(before, word)
		}
		if before = nil; n < len(text) {
			if text[n] == ' ' || text[n] == '/' {
				before = word
			}
			n++
		}
		text = text[n:]
	}
}

// wordLen counts bytes beyond ASCII as letters, so that no word ends at one.
func wordLen(s []byte) int {
	n := 0
	for n < len(s) && (isLetter(s[n]) || isDigit(s[n]) || s[n] == '.' || s[n] == '_' || s[n] == '-' || s[n] >= 0x80) {
		n++
	}
	return n
}

// parseRelease reads 10, 10.0 or 17_4_1: a major of at most three digits and a
// minor of at most two. A longer minor is taken for none.
func parseRelease(word []byte) (v release, ok bool) {
	n := digitRun(word)
	if n == 0 || n > 3 || n < len(word) && !isVersionSeparator(word[n]) {
		return v, false
	}
	v.major = smallNumber(word[:n])
	if n == len(word) {
		return v, true
	}
	minor := word[n+1:]
	n = digitRun(minor)
	if n <= 2 && (n == len(minor) || isVersionSeparator(minor[n])) {
		v.minor = smallNumber(minor[:n])
	}
	return v, true
}

func isVersionSeparator(c byte) bool { return c == '.' || c == '_' }

func smallNumber(digits []byte) int {
	n := 0
	for _, c := range digits {
		n = n*10 + int(c-'0')
	}
	return n
}

func (a *agent) readWord(before, word []byte) {
	switch string(word) {
	case "OpenHarmony":
		a.saw(openHarmony)
	case "iPad":
		a.saw(iPad)
	case "iPhone", "iPod":
		a.saw(iPhone)
	case "Android":
		a.saw(android)
	case "Windows":
		a.saw(windows)
	case "Macintosh":
		a.saw(macOS)
	case "CrOS":
		a.saw(chromeOS)
	case "Linux":
		a.saw(linux)
	case "Mobile", "Phone":
		a.mobile = true
	case "wv":
		a.webview = true
	case "AppleWebKit":
		a.webkit = true
	case "Safari":
		a.safari = true
	case "CFNetwork":
		a.cfNetwork = true
	}
	if string(before) == "SensorsAnalytics" {
		a.readSensors(word)
	}
}

func (a *agent) saw(s system) { a.system = min(a.system, s) }

func (a *agent) readSensors(platform []byte) {
	for i, name := range sensorsPlatforms {
		if string(platform) == name {
			a.sensors = i
		}
	}
}

func (a *agent) readVersion(name []byte, v release) {
	switch string(name) {
	case "OpenHarmony":
		a.releases[openHarmony] = v
	case "OS", "iOS":
		a.releases[iPad], a.releases[iPhone] = v, v
	case "Android":
		a.releases[android] = v
	case "NT":
		a.releases[windows] = v
	case "X":
		a.releases[macOS] = v
	case "Version":
		a.version = v.major
	case "Chrome", "HeadlessChrome":
		a.chrome, a.headless = v.major, string(name) == "HeadlessChrome"
	case "Firefox":
		a.firefox = v.major
	case "Darwin":
		a.darwin = v.major
	default:
		a.readProduct(name, v.major)
	}
}

func (a *agent) readProduct(name []byte, major int) {
	if i := indexProduct(browsers[:], name); i != none && (a.browser == none || i < a.browser) {
		a.browser, a.browserMajor = i, major
	}
	if i := indexProduct(libraries[:], name); i != none && (a.library == none || i < a.library) {
		a.library, a.libraryMajor = i, major
	}
}

func indexProduct(products []product, name []byte) int {
	for i := range products {
		if products[i].name == string(name) {
			return i
		}
	}
	return none
}
