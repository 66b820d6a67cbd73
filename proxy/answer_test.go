package proxy

import (
	"encoding/json"
	"image/gif"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"
)

func TestAProblemSaysWhatAndWhere(t *testing.T) {
	var resp fasthttp.Response
	WriteProblemAt(&resp, ReasonMalformedBody, "a \"quoted\" word", 17)
	var got map[string]any
	if err := json.Unmarshal(resp.Body(), &got); err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]any{
		"type": "about:blank", "title": "Unprocessable Entity", "status": 422.0, "reason": "malformed_body",
		"detail": "a \"quoted\" word", "offset": 17.0,
	} {
		if got[field] != want {
			t.Errorf("%s is %v, want %v", field, got[field], want)
		}
	}
	if resp.StatusCode() != 422 || string(resp.Header.ContentType()) != "application/problem+json" {
		t.Errorf("got %s", resp.Header.String())
	}
}

func TestAProblemReplacesWhatWasThere(t *testing.T) {
	var resp fasthttp.Response
	resp.Header.Set("Set-Cookie", "uid=7")
	resp.SetBodyString("imei")
	WriteProblem(&resp, ReasonOverloaded, "")
	if text := resp.String(); strings.Contains(text, "uid") || strings.Contains(text, "imei") || len(resp.Header.Peek("Retry-After")) == 0 {
		t.Errorf("got %s", text)
	}
}

func absorbed(raw string, fixed *FixedAnswer, t *testing.T) *fasthttp.Response {
	var ctx fasthttp.RequestCtx
	parseHead(t, raw).CopyTo(&ctx.Request.Header)
	Absorb(&ctx, fixed)
	return &ctx.Response
}

func TestAbsorbedRequestsAreAnsweredAsTheBackendWould(t *testing.T) {
	for _, row := range []struct{ name, head, contentType, body string }{
		{"form", "POST /sa HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n", "", ""},
		{"pixel", "GET /sa.GIF?data=x HTTP/1.1\r\nHost: h\r\nAccept: application/json\r\n\r\n", "image/gif", transparentGIF},
		{"gif in the query only", "GET /sa?x.gif HTTP/1.1\r\nHost: h\r\n\r\n", "", ""},
		{"JSON sent", "POST /a HTTP/1.1\r\nHost: h\r\nContent-Type: Application/JSON; charset=utf-8\r\n\r\n", "application/json", "{}"},
		{"JSON accepted", "GET /a HTTP/1.1\r\nHost: h\r\nAccept: application/json\r\n\r\n", "application/json", "{}"},
	} {
		t.Run(row.name, func(t *testing.T) {
			resp := absorbed(row.head, nil, t)
			if resp.StatusCode() != 200 || string(resp.Body()) != row.body || string(resp.Header.Peek("Cache-Control")) != "no-store" {
				t.Errorf("got %s", resp.String())
			}
			resp.Header.SetNoDefaultContentType(true)
			if got := string(resp.Header.ContentType()); got != row.contentType {
				t.Errorf("got content type %q", got)
			}
		})
	}
}

func TestTheTransparentGIFIsAGIF(t *testing.T) {
	image, err := gif.Decode(strings.NewReader(transparentGIF))
	if err != nil || len(transparentGIF) != 43 {
		t.Fatalf("%d bytes: %v", len(transparentGIF), err)
	}
	if _, _, _, alpha := image.At(0, 0).RGBA(); alpha != 0 {
		t.Error("the dot can be seen")
	}
}

func TestAFixedAnswerIsGivenAsConfigured(t *testing.T) {
	resp := absorbed("GET /sa.gif HTTP/1.1\r\nHost: h\r\n\r\n", &FixedAnswer{204, "", nil}, t)
	if resp.StatusCode() != 204 || len(resp.Body()) != 0 {
		t.Errorf("got %s", resp.String())
	}
}

func TestPagesOnOtherOriginsMayReadAbsorbedAnswers(t *testing.T) {
	resp := absorbed("OPTIONS /sa HTTP/1.1\r\nHost: h\r\nOrigin: https://shop.example\r\nAccess-Control-Request-Method: POST\r\n"+
		"Access-Control-Request-Headers: x-a, content-type\r\n\r\n", nil, t)
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": "https://shop.example", "Access-Control-Allow-Credentials": "true", "Vary": "Origin",
		"Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": "x-a, content-type",
	} {
		if got := string(resp.Header.Peek(name)); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	resp = absorbed("GET /sa HTTP/1.1\r\nHost: h\r\nOrigin: null\r\n\r\n", nil, t)
	if len(resp.Header.Peek("Access-Control-Allow-Credentials")) > 0 {
		t.Error("an opaque origin gets credentials")
	}
}
