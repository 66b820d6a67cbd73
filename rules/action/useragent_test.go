package action

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestReduceUA(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{
			"Chrome on Android",
			"Mozilla/5.0 (Linux; Android 12; NOH-AN00 Build/HUAWEINOH-AN00) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0.4844.88 Mobile Safari/537.36",
			"Mozilla/5.0 (Linux; Android 12) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0.0.0 Mobile Safari/537.36",
		},
		{
			"Chrome on an Android tablet",
			"Mozilla/5.0 (Linux; Android 8.1.0; SM-T580) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0.4844.88 Safari/537.36",
			"Mozilla/5.0 (Linux; Android 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0.0.0 Safari/537.36",
		},
		{
			"the web view of an Android application",
			"Mozilla/5.0 (Linux; Android 12; NOH-AN00 Build/X; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/99.0.4844.88 Mobile Safari/537.36 com.shop/7.1 uid/867400022047199",
			"Mozilla/5.0 (Linux; Android 12; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/99.0.0.0 Mobile Safari/537.36",
		},
		{
			"WeChat on Android",
			"Mozilla/5.0 (Linux; Android 12; NOH-AN00; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/86.0.4240.99 XWEB/3195 MMWEBSDK/20220303 Mobile Safari/537.36 MMWEBID/9732 MicroMessenger/8.0.21.2120(0x28001557) NetType/WIFI Language/zh_CN",
			"Mozilla/5.0 (Linux; Android 12; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/86.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.0",
		},
		{
			"a WeChat mini program",
			"Mozilla/5.0 (Linux; Android 12; NOH-AN00) MicroMessenger/8.0.47 MiniProgramEnv/android",
			"Mozilla/5.0 (Linux; Android 12) MicroMessenger/8.0.0",
		},
		{
			"Safari on an iPhone",
			"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4.1 Mobile/15E148 Safari/604.1",
			"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1",
		},
		{
			"the web view of an iPhone application",
			"Mozilla/5.0 (iPhone; CPU iPhone OS 16_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/20E247",
			"Mozilla/5.0 (iPhone; CPU iPhone OS 16_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
		},
		{
			"Safari on an iPad",
			"Mozilla/5.0 (iPad; CPU OS 15_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/15.6 Mobile/15E148 Safari/604.1",
			"Mozilla/5.0 (iPad; CPU OS 15_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/15.0 Mobile/15E148 Safari/604.1",
		},
		{
			"Chrome on an iPhone",
			"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/120.0.6099.119 Mobile/15E148 Safari/604.1",
			"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Safari/604.1 CriOS/120.0.0.0",
		},
		{
			"Safari on a Mac",
			"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.4 Safari/605.1.15",
			"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.0 Safari/604.1",
		},
		{
			"Chrome on a Mac beyond 10",
			"Mozilla/5.0 (Macintosh; Intel Mac OS X 11_2_3) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/89.0.4389.90 Safari/537.36",
			"Mozilla/5.0 (Macintosh; Intel Mac OS X 11_0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/89.0.0.0 Safari/537.36",
		},
		{
			"Edge on Windows",
			"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.6099.71 Safari/537.36 Edg/121.0.2210.61",
			"Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/121.0.0.0",
		},
		{
			"Firefox on Windows",
			"Mozilla/5.0 (Windows NT 6.1; Win64; x64; rv:109.0) Gecko/20100101 Firefox/115.0",
			"Mozilla/5.0 (Windows NT 6.1; rv:115.0) Gecko/20100101 Firefox/115.0",
		},
		{
			"Firefox on Android",
			"Mozilla/5.0 (Android 13; Mobile; rv:120.0) Gecko/120.0 Firefox/120.0",
			"Mozilla/5.0 (Linux; Android 13; Mobile; rv:120.0) Gecko/20100101 Firefox/120.0",
		},
		{
			"headless Chrome on Linux",
			"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36",
			"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36",
		},
		{
			"Chrome on ChromeOS",
			"Mozilla/5.0 (X11; CrOS x86_64 15633.69.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.6045.212 Safari/537.36",
			"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Safari/537.36",
		},
		{
			"ArkWeb on OpenHarmony",
			"Mozilla/5.0 (Phone; OpenHarmony 5.1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.5735.196 Safari/537.36 ArkWeb/4.1.6.1 Mobile",
			"Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Mobile Safari/537.36 ArkWeb/4.0.0.0",
		},
		{"a crawler", "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)", "Mozilla/5.0 Baiduspider/2.0"},
		{"Dalvik", "Dalvik/2.1.0 (Linux; U; Android 12; NOH-AN00 Build/HUAWEINOH-AN00)", "Dalvik/2.0.0 (Linux; Android 12)"},
		{"okhttp", "okhttp/4.9.1", "okhttp/4.0.0"},
		{"okhttp behind an application", "com.shop/7.1.3 (Linux; U; Android 12; zh_CN; NOH-AN00) okhttp/3.12.0", "okhttp/3.0.0 (Linux; Android 12)"},
		{"CFNetwork", "Shop/341 CFNetwork/1408.0.4 Darwin/22.5.0", "CFNetwork/1.0 Darwin/22.0.0"},
		{"the analytics SDK of iOS", "SensorsAnalytics iOS SDK", "SensorsAnalytics iOS SDK"},
		{"the analytics SDK of Node with a version", "SensorsAnalytics Node SDK 1.2.3 id-4711", "SensorsAnalytics Node SDK"},
		{"a script", "Python-urllib/3.11", "Python-urllib/3.0"},
		{"an iOS application", "Shop/7.1 (iPhone; iOS 16.1.2; Scale/3.00; iPhone14,3)", "Mozilla/5.0 (iPhone; CPU iPhone OS 16_0 like Mac OS X)"},
		{"a platform without version", "Mozilla/5.0 (iPhone) x", "Mozilla/5.0 (iPhone)"},
		{"Windows without version", "Shop (Windows 98)", "Mozilla/5.0 (Windows)"},
		{"a browser without platform", "Chrome/99.0.1", "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0.0.0 Safari/537.36"},
		{"the empty text", "", "Mozilla/5.0"},
		{"a word", "test-user-agent", "Mozilla/5.0"},
		{"an identifier", "867400022047199", "Mozilla/5.0"},
		{"an identifier as a version", "Mozilla/5.0 (Linux; Android 867400022047199) Chrome/867400022047199", "Mozilla/5.0 (Linux; Android)"},
		{"an identifier behind a version", "okhttp/4.867400022047199", "okhttp/4.0.0"},
		{"a family inside another word", "NotChrome/99 Chromed/99 éChrome/99", "Mozilla/5.0"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := string(ReduceUA([]byte(">"), []byte(row.text)))
			if got != ">"+row.want {
				t.Errorf("%q becomes\n%q, want\n%q", row.text, got, ">"+row.want)
			}
		})
	}
}

// uaText draws user agents that are put together from known and unknown words.
func uaText(t *rapid.T) string {
	word := rapid.OneOf(
		rapid.SampledFrom(strings.Fields(fixedWords)),
		rapid.SampledFrom([]string{
			"iPhone OS", "CPU OS", "Mac OS X", "Windows NT", "SensorsAnalytics", "Intel Mac OS X", "Chrome", "Darwin", "iPod", "NOH-AN00", "867400022047199", "é",
		}),
		rapid.StringMatching(`[0-9]{1,5}([._][0-9]{1,4}){0,3}`),
	)
	separator := rapid.SampledFrom([]string{" ", "/", " ", "/", "; ", " (", ") ", ":", ",", ""})
	var b strings.Builder
	for range rapid.IntRange(0, 20).Draw(t, "words") {
		b.WriteString(word.Draw(t, "word"))
		b.WriteString(separator.Draw(t, "separator"))
	}
	return b.String()
}

func TestReduceUATwiceIsReduceOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := uaText(t)
		once := ReduceUA(nil, []byte(text))
		if twice := ReduceUA(nil, once); string(twice) != string(once) {
			t.Fatalf("%q becomes\n%q, then\n%q", text, once, twice)
		}
		if word := foreignWord(once); word != "" {
			t.Fatalf("%q becomes %q, and %q is of no list", text, once, word)
		}
	})
}

// fixedWords is what a reduced user agent may hold beside small numbers: written
// out here, so that a word that enters the code must enter the test.
const fixedWords = `Mozilla Linux Android Mobile Safari AppleWebKit KHTML like Gecko Chrome HeadlessChrome Firefox Version wv rv
	iPhone iPad CPU OS Mac X Macintosh Intel Windows NT X11 x86_64 CrOS Phone Tablet OpenHarmony 15E148 20100101 14541.0.0 537.36 605.1.15 604.1
	MicroMessenger Googlebot bingbot Baiduspider Edg EdgA EdgiOS OPR SamsungBrowser HuaweiBrowser MiuiBrowser VivoBrowser HeyTapBrowser
	UCBrowser Quark MQQBrowser QQBrowser YaBrowser CriOS FxiOS ArkWeb
	okhttp Dalvik CFNetwork Darwin Apache-HttpClient Go-http-client Python-urllib python-requests Java curl
	SensorsAnalytics SDK iOS Node Python PHP Go`

// foreignWord gives the first word of a reduced user agent that is neither in the
// list nor a version of one number with zeros, or a system's with two.
func foreignWord(reduced []byte) string {
	known := map[string]bool{"": true}
	for _, word := range strings.Fields(fixedWords) {
		known[word] = true
	}
	version := regexp.MustCompile(`^(\d{1,3}(\.0){0,3}|\d{1,3}_0|10_\d{1,2}|\d{1,3}\.\d)$`)
	for _, word := range regexp.MustCompile(`[ /();:,]`).Split(string(reduced), -1) {
		if !known[word] && !version.MatchString(word) {
			return word
		}
	}
	return ""
}
