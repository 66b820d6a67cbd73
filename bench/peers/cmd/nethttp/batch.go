package main

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/consentd/consentd/bench/corpus"
	"github.com/consentd/consentd/bench/peers/peer"
)

// batch does what the shipped rules of SensorsData ask for the fields of the corpus.
func (e *editor) batch(body []byte) ([]byte, int, error) {
	text, err := corpus.Unseal(body)
	if err != nil {
		return nil, 0, err
	}
	var events []object
	if err := json.Unmarshal(text, &events); err != nil {
		return nil, 0, err
	}
	all := peer.All
	for _, event := range events {
		subject, _ := event["anonymous_id"].(string)
		flags := e.consent.Of(subject)
		e.event(event, flags)
		all &= flags
	}
	if text, err = json.Marshal(events); err != nil {
		return nil, 0, err
	}
	return corpus.Seal(text), all, nil
}

func (e *editor) event(event object, flags int) {
	properties, _ := event["properties"].(object)
	if flags&(peer.DeviceID|peer.Profile) != peer.DeviceID|peer.Profile {
		e.hash(event, "distinct_id", "anonymous_id")
		e.hash(properties, "$device_id")
		identities, _ := event["identities"].(object)
		for key := range identities {
			e.hash(identities, key)
		}
	}
	if flags&peer.DeviceID == 0 {
		e.hash(properties, "$event_session_id")
		drop(properties, "imei", "oaid")
	}
	if flags&peer.Location == 0 {
		drop(properties, "$latitude", "$longitude", "$city")
	}
	if flags&peer.DeviceInfo == 0 {
		drop(properties, "$carrier")
	}
	if flags&peer.Profile == 0 {
		e.texts.clean(properties)
	}
}

func drop(o object, keys ...string) {
	for _, key := range keys {
		delete(o, key)
	}
}

// texts finds contact data in free text.
type texts struct{ phone, email, idCard *regexp.Regexp }

func newTexts() texts {
	return texts{
		phone:  regexp.MustCompile(`\b1[3-9]\d{9}\b`),
		email:  regexp.MustCompile(`[\w.+-]+@[\w-]+\.[\w.-]+`),
		idCard: regexp.MustCompile(`\b\d{17}[\dXx]\b`),
	}
}

func (t texts) clean(o object) {
	for key, value := range o {
		text, ok := value.(string)
		if !ok {
			continue
		}
		if strings.HasSuffix(key, "url") || key == "$screen_name" {
			text, _, _ = strings.Cut(text, "?")
		}
		for _, find := range []*regexp.Regexp{t.phone, t.email, t.idCard} {
			text = find.ReplaceAllString(text, "")
		}
		o[key] = text
	}
}
