package main

import (
	"encoding/json"
	"math"
	"strings"

	"github.com/consentd/consentd/bench/peers/peer"
)

type object = map[string]any

func (e *editor) bid(body []byte) ([]byte, int, error) {
	var bid object
	if err := json.Unmarshal(body, &bid); err != nil {
		return nil, 0, err
	}
	device, _ := bid["device"].(object)
	subject, _ := device["oaid"].(string)
	flags := e.consent.Of(subject)
	e.device(device, flags)
	edited, err := json.Marshal(bid)
	return edited, flags, err
}

func (e *editor) device(device object, flags int) {
	if flags&peer.DeviceID == 0 {
		delete(device, "imei")
		e.hash(device, "oaid", "ifa")
	}
	if geo, ok := device["geo"].(object); ok && flags&peer.Location == 0 {
		round(geo, "lat", "lon")
	}
	if ext, ok := device["ext"].(object); ok && flags&peer.AppList == 0 {
		delete(ext, "applist")
	}
	if ip, ok := device["ip"].(string); ok && flags&peer.NetworkID == 0 {
		device["ip"] = ip[:strings.LastIndexByte(ip, '.')+1] + "0"
	}
}

func (e *editor) hash(o object, keys ...string) {
	for _, key := range keys {
		if value, ok := o[key].(string); ok {
			o[key] = e.hasher.Pseudonym(value)
		}
	}
}

func round(o object, keys ...string) {
	for _, key := range keys {
		if value, ok := o[key].(float64); ok {
			o[key] = math.Round(value*10) / 10
		}
	}
}
