package scaffold

// SDK is a data format that rule files are shipped for.
type SDK struct {
	Name   string
	About  string
	Files  []string // shipped rule files
	routes []route
	tests  []sample
}

// route is one route of an SDK, without what the user says.
type route struct {
	Suffix string // of its name; empty for the only or main one
	Paths  []string
	Rules  []string
	Keys   []string // further keys, one a line, each with its reason in a comment
}

// sample is a test of what the rules do to a request.
type sample struct {
	Name    string
	Flags   string
	Request string
	Expect  string
}

// SDKs lists what can be set up, in the order in which it is offered.
func SDKs() []SDK { return []SDK{openRTB(), sensorsData(), sigmob(), tracking()} }

func openRTB() SDK {
	const body = `{"id":"1","device":{"oaid":"5f1c9a0e2b7d4e63","geo":{"country":"CHN"}}}`
	const request = `{method: POST, path: /openrtb2, headers: {content-type: application/json}, body: '` + body + `'}`
	return SDK{
		Name: "openrtb", About: "OpenRTB bid requests", Files: []string{"openrtb"},
		routes: []route{{
			Paths: []string{"/openrtb2", "/openrtb2/*"}, Rules: []string{"openrtb", "common"},
			Keys: []string{"absorb: {status: 204}   # no bid"},
		}},
		tests: []sample{
			{"openrtb without consent has no OAID", "[]", request,
				`{status: forwarded, body: '{"id":"1","device":{"geo":{"country":"CHN"},"lmt":1}}'}`},
			{"openrtb with consent is as it came", "[device_id, network_id, location, device_info, profile, personalized_ads]", request,
				`{status: forwarded, body: '` + body + `'}`},
		},
	}
}

func sensorsData() SDK {
	return SDK{
		Name: "sensorsdata", About: "SensorsData events", Files: []string{"sensorsdata", "sensorsdata_config"},
		routes: []route{
			{
				Paths: []string{"/sa", "/sa.gif", "/debug", "/config/*", "/slink/*", "/sdk/deeplink/*", "/api/sdk/*", "/sfo/*", "/mp_login"},
				Rules: []string{"sensorsdata", "common"},
				Keys:  []string{"refuse: absorb   # the SDKs keep what they are refused, and send it again"},
			},
			{
				Suffix: "config", Paths: []string{"/config/Android.conf", "/config/iOS.conf"},
				Rules: []string{"sensorsdata", "sensorsdata_config", "common"},
			},
		},
		tests: []sample{{
			"sensorsdata without consent sends no event", "[]",
			`{method: POST, path: /sa, headers: {content-type: application/json}, body: '{"type":"track","event":"buy","distinct_id":"u1","properties":{}}'}`,
			`{status: absorbed}`,
		}},
	}
}

func sigmob() SDK {
	return SDK{
		Name: "sigmob", About: "Sigmob ad requests, logs and tracking", Files: []string{"sigmob", "sigmob_config"},
		routes: []route{
			{
				Paths: []string{"/ad/v4", "/hb/v2/ad", "/hb/v2/bid"}, Rules: []string{"sigmob", "common"},
				Keys: []string{"opaque: forward_if_granted   # an encrypted request of a device that granted everything"},
			},
			{
				Suffix: "config", Paths: []string{"/s/config"}, Rules: []string{"sigmob_config", "common"},
				Keys: []string{"opaque: forward_if_granted"},
			},
			{
				Suffix: "log", Paths: []string{"/log", "/track"}, Rules: []string{"sigmob", "common"},
				Keys: []string{"refuse: absorb   # the SDK keeps what it is refused, and sends it again", "opaque: forward_if_granted"},
			},
		},
		tests: []sample{{
			"a sigmob body that nobody can read is not sent for a device without consent", "[]",
			`{method: POST, path: /ad/v4, headers: {content-type: application/octet-stream}, body: 'not to be read'}`,
			`{status: 415, reason: opaque_body}`,
		}},
	}
}

func tracking() SDK {
	const path = "/r/k=1&p=2&m2=5f1c9a0e2b7d4e63"
	return SDK{
		Name: "tracking", About: "monitoring links and pixels", Files: []string{"tracking"},
		routes: []route{{
			Paths: []string{"/r/*", "/x/*", "/i/*", "/c/*", "/pixel/*"}, Rules: []string{"tracking", "common"},
			Keys: []string{"refuse: absorb"},
		}},
		tests: []sample{{
			"a monitoring link of a device that granted everything is as it came",
			"[device_id, network_id, location, app_list, sensors, device_info, cookies, profile, analytics, personalized_ads, cross_border]",
			`{method: GET, path: "` + path + `"}`, `{status: forwarded, path: "` + path + `"}`,
		}},
	}
}
