package action

import "strconv"

// appendTo writes the agent. What it writes must read back as the same agent, or
// a request that passes two proxies would change twice.
func (a *agent) appendTo(dst []byte) []byte {
	switch {
	case a.isBrowser():
		return a.appendBrowser(dst)
	case a.sensors != none:
		return append(append(append(dst, "SensorsAnalytics "...), sensorsPlatforms[a.sensors]...), " SDK"...)
	case a.cfNetwork:
		return a.appendCFNetwork(dst)
	case a.library != none:
		return a.appendPlatform(appendProduct(dst, libraries[a.library], a.libraryMajor), 0)
	}
	return a.appendBrowser(dst)
}

func (a *agent) isBrowser() bool {
	return a.webkit || a.chrome > 0 || a.firefox > 0 || a.browser != none
}

func appendProduct(dst []byte, p product, major int) []byte {
	return append(appendVersion(append(dst, p.name...), '/', major), p.tail...)
}

func appendVersion(dst []byte, separator byte, n int) []byte {
	return strconv.AppendInt(append(dst, separator), int64(n), 10)
}

// appendCFNetwork leaves out the version of CFNetwork itself: it names the minor
// release of iOS.
func (a *agent) appendCFNetwork(dst []byte) []byte {
	dst = append(dst, "CFNetwork/1.0"...)
	if a.darwin == 0 {
		return dst
	}
	return append(appendVersion(append(dst, " Darwin"...), '/', a.darwin), ".0.0"...)
}

func (a *agent) appendBrowser(dst []byte) []byte {
	dst = append(dst, "Mozilla/5.0"...)
	switch {
	case a.chrome > 0:
		dst = a.appendChrome(a.appendPlatform(dst, 0))
	case a.firefox > 0:
		dst = a.appendPlatform(dst, a.firefox)
		dst = append(appendVersion(append(dst, " Gecko/20100101 Firefox"...), '/', a.firefox), ".0"...)
	case a.webkit:
		dst = a.appendWebKit(a.appendPlatform(dst, 0))
	default:
		dst = a.appendPlatform(dst, 0)
	}
	if a.browser == none {
		return dst
	}
	return appendProduct(append(dst, ' '), browsers[a.browser], a.browserMajor)
}

// appendChrome follows Chrome's own reduced form.
func (a *agent) appendChrome(dst []byte) []byte {
	dst = append(dst, " AppleWebKit/537.36 (KHTML, like Gecko) "...)
	if a.isWebView() {
		dst = append(dst, "Version/4.0 "...)
	}
	if a.headless {
		dst = append(dst, "Headless"...)
	}
	dst = append(appendVersion(append(dst, "Chrome"...), '/', a.chrome), ".0.0.0"...)
	if a.mobile {
		dst = append(dst, " Mobile"...)
	}
	return append(dst, " Safari/537.36"...)
}

// isWebView: the system's browser inside an application calls itself wv.
func (a *agent) isWebView() bool {
	return a.webview && a.chrome > 0 && a.system == android
}

// appendWebKit writes Safari and the web views of iOS. The numbers are those that
// Apple froze in 2017.
func (a *agent) appendWebKit(dst []byte) []byte {
	dst = append(dst, " AppleWebKit/605.1.15 (KHTML, like Gecko)"...)
	if a.version > 0 {
		dst = append(appendVersion(append(dst, " Version"...), '/', a.version), ".0"...)
	}
	if a.mobile {
		dst = append(dst, " Mobile/15E148"...)
	}
	if a.safari {
		dst = append(dst, " Safari/604.1"...)
	}
	return dst
}

// appendPlatform writes the comment behind the first product. Firefox repeats its
// version in it, and on Android says there that it is mobile.
func (a *agent) appendPlatform(dst []byte, firefox int) []byte {
	if a.system == unknownSystem {
		return dst
	}
	dst = a.appendSystem(append(dst, " ("...))
	if a.isWebView() {
		dst = append(dst, "; wv"...)
	}
	if firefox > 0 {
		if a.mobile {
			dst = append(dst, "; Mobile"...)
		}
		dst = append(appendVersion(append(dst, "; rv"...), ':', firefox), ".0"...)
	}
	return append(dst, ')')
}

func (a *agent) appendSystem(dst []byte) []byte {
	v := a.releases[min(a.system, linux)]
	switch a.system {
	case openHarmony:
		return a.appendOpenHarmony(dst, v)
	case iPad:
		return appendApple(append(dst, "iPad"...), "; CPU OS", v, " like Mac OS X")
	case iPhone:
		return appendApple(append(dst, "iPhone"...), "; CPU iPhone OS", v, " like Mac OS X")
	case android:
		return appendRelease(append(dst, "Linux; Android"...), v.major)
	case windows:
		return appendWindows(append(dst, "Windows"...), v)
	case macOS:
		return appendApple(append(dst, "Macintosh"...), "; Intel Mac OS X", v, "")
	case chromeOS:
		return append(dst, "X11; CrOS x86_64 14541.0.0"...)
	}
	return append(dst, "X11; Linux x86_64"...)
}

func (a *agent) appendOpenHarmony(dst []byte, v release) []byte {
	if a.mobile {
		dst = append(dst, "Phone; OpenHarmony"...)
	} else {
		dst = append(dst, "Tablet; OpenHarmony"...)
	}
	if v.major == 0 {
		return dst
	}
	return append(appendVersion(dst, ' ', v.major), ".0"...)
}

func appendRelease(dst []byte, major int) []byte {
	if major == 0 {
		return dst
	}
	return appendVersion(dst, ' ', major)
}

// appendWindows keeps the minor number: NT 6.1 and 6.3 are different systems.
func appendWindows(dst []byte, v release) []byte {
	if v.major == 0 || v.minor > 9 {
		return dst
	}
	return appendVersion(appendVersion(append(dst, " NT"...), ' ', v.major), '.', v.minor)
}

// appendApple writes a minor number, which parsers demand, but a true one only for
// Mac OS X 10, where it is what tells the systems apart.
func appendApple(dst []byte, before string, v release, after string) []byte {
	if v.major == 0 {
		return dst
	}
	if v.major != 10 || after != "" {
		v.minor = 0
	}
	dst = appendVersion(append(dst, before...), ' ', v.major)
	return append(appendVersion(dst, '_', v.minor), after...)
}
