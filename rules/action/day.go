package action

import "strconv"

const (
	secondsPerDay      = 24 * 60 * 60
	secondsLength      = 10 // of the seconds since 1970, from September 2001 until 2286
	millisecondsLength = 13
	dateLength         = len("2026-11-22")
	clockLength        = len("02:05:41")
	maxFraction        = 9
)

// RoundDay cuts a time to the start of its day and keeps its form: a date alone, a
// date and a clock with or without a zone (RFC 3339, or with a blank), seconds or
// milliseconds since 1970. The day is that of the zone as written, and UTC for the
// latter two. It answers false for anything else and for what no calendar has.
func RoundDay(dst, text []byte) ([]byte, bool) {
	if allIn(text, isDigit) {
		return appendEpochDay(dst, text)
	}
	if len(text) < dateLength || !isDate(text[:dateLength]) {
		return dst, false
	}
	date, clock := text[:dateLength], text[dateLength:]
	if len(clock) == 0 {
		return append(dst, date...), true
	}
	n, ok := clockRun(clock)
	if !ok || !isZone(clock[n:]) {
		return dst, false
	}
	dst = append(dst, date...)
	for _, c := range clock[:n] {
		if isDigit(c) {
			c = '0'
		}
		dst = append(dst, c)
	}
	return append(dst, clock[n:]...), true
}

// appendEpochDay floors seconds or milliseconds. On the first of the days that can
// be written with so many digits the start has one less, and is not understood.
func appendEpochDay(dst, digits []byte) ([]byte, bool) {
	day := int64(secondsPerDay)
	switch len(digits) {
	case secondsLength:
	case millisecondsLength:
		day *= 1000
	default:
		return dst, false
	}
	since := int64(0)
	for _, c := range digits {
		since = since*10 + int64(c-'0')
	}
	start := len(dst)
	dst = strconv.AppendInt(dst, since-since%day, 10)
	if len(dst)-start != len(digits) {
		return dst[:start], false
	}
	return dst, true
}

// isDate reports yyyy-mm-dd.
func isDate(s []byte) bool {
	year, yearOK := twoDigits(s[2:], 99)
	century, centuryOK := twoDigits(s, 99)
	month, monthOK := twoDigits(s[5:], 12)
	day, dayOK := twoDigits(s[8:], 31)
	ok := yearOK && centuryOK && monthOK && dayOK && s[4] == '-' && s[7] == '-'
	year += 100 * century
	return ok && year > 0 && month > 0 && day > 0 && day <= daysIn(year, month)
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// twoDigits reads the two digits that s starts with, up to high.
func twoDigits(s []byte, high int) (n int, ok bool) {
	if len(s) < 2 || !isDigit(s[0]) || !isDigit(s[1]) {
		return 0, false
	}
	n = int(s[0]-'0')*10 + int(s[1]-'0')
	return n, n <= high
}

// clockRun gives the length of the T or blank and the clock that s starts with:
// seconds and their fraction may be missing, and a second may be a leap second.
func clockRun(s []byte) (n int, ok bool) {
	if s[0]|0x20 != 't' && s[0] != ' ' || !isMinute(s[1:], ':') {
		return 0, false
	}
	n = len("T02:05")
	if len(s) == n || s[n] != ':' {
		return n, true
	}
	if _, ok = twoDigits(s[n+1:], 60); !ok {
		return 0, false
	}
	n = 1 + clockLength
	if len(s) == n || s[n] != '.' && s[n] != ',' {
		return n, true
	}
	fraction := digitRun(s[n+1:])
	return n + 1 + fraction, 1 <= fraction && fraction <= maxFraction
}

// isMinute reports that s starts with hours and minutes.
func isMinute(s []byte, separator byte) bool {
	_, hourOK := twoDigits(s, 23)
	if !hourOK || len(s) < 3 || s[2] != separator {
		return false
	}
	_, minuteOK := twoDigits(s[3:], 59)
	return minuteOK
}

// isZone reports what may follow a clock: nothing, Z, or hours east or west with or
// without minutes. A blank may set it apart.
func isZone(s []byte) bool {
	if len(s) > 1 && s[0] == ' ' {
		s = s[1:]
	}
	if len(s) == 0 || len(s) == 1 && s[0]|0x20 == 'z' {
		return true
	}
	if s[0] != '+' && s[0] != '-' {
		return false
	}
	_, hourOK := twoDigits(s[1:], 23)
	switch len(s) {
	case len("+08"):
		return hourOK
	case len("+0800"):
		_, minuteOK := twoDigits(s[3:], 59)
		return hourOK && minuteOK
	}
	return len(s) == len("+08:00") && isMinute(s[1:], ':')
}
