package proxy

import "testing"

func TestABodyIsReadOnlyWhereEveryCharsetThatItsTypeNamesIsUTF8(t *testing.T) {
	for value, accepted := range map[string]bool{
		"":                                      true,
		"application/json":                      true,
		"application/json; charset=utf-8":       true,
		"application/json;Charset=\"UTF8\"":     true,
		"a/b; charset='us-ascii'":               true,
		"a/b; charset = utf-8 ; a=b":            true,
		"a/b; charset=utf-8, c/d;charset=utf-8": true,
		"a/b; charset*=utf-8''utf-8":            true,
		"a/b; charset*=UTF-8'en'utf8;c=d":       true,
		"a/b; charset=gbk":                      false,
		"application/json,charset=utf-7":        false,
		"application/json charset=utf-7":        false,
		"a/b; x=\"; CHARSET=utf-7\"":            false,
		"a/b; charset=utf-8; charset=utf-7":     false,
		"a/b; charset=utf-8; charset=\"utf-7\"": false,
		"a/b; charset=\"utf-7; charset=utf-8\"": false,
		"a/b; charset=\"utf-8":                  false,
		"a/b; charset=\"utf\\-8\"":              false,
		"a/b; charset=\"utf-8\"x":               false,
		"a/b; charset=utf-8 utf-7":              false,
		"a/b; charset=utf-8x":                   false,
		"a/b; charset=":                         false,
		"a/b; charset":                          false,
		"a/b; charset*=utf-7":                   false,
		"a/b; charset*=utf-7''utf-8":            false,
		"a/b; charset*=utf-8''utf-7":            false,
		"a/b; charset*0=utf; charset*1=-7":      false,
		"a/b; charset*=utf-8":                   false,
		"a/b; charset%3dutf-8":                  false,
		"charsetcharset=utf-8":                  false,
	} {
		if fault := checkCharset([]byte(value)); fault.Failed() == accepted {
			t.Errorf("%q: accepted is %v", value, !accepted)
		}
	}
}
