package find

// idCardAt reads the number of a Chinese identity card: eighteen characters with a
// check digit (GB 11643-1999), or the fifteen digits given out before it, which
// have none. Some IMEIs look like the latter, and count.
func idCardAt(s []byte, i int) (hi int, ok bool) {
	if !startsNumber(s, i) {
		return 0, false
	}
	if hi, ok = idCard18At(s, i); !ok {
		hi, ok = idCard15At(s, i)
	}
	return hi, ok && !inHexWord(s, i, hi)
}

func idCard18At(s []byte, i int) (hi int, ok bool) {
	var buf [17]byte
	digits, hi, ok := appendDigits(buf[:0], s, i, layout{6, 8, 3})
	if !ok {
		return 0, false
	}
	check, size := byteAt(s, hi)
	if check == 'x' {
		check = 'X'
	}
	after, _ := byteAt(s, hi+size)
	ends := !isAlnum(after) || isDigit(check) && isLetter(after)
	birth := digits[6:14]
	ok = ends && check == idCardCheck(digits) && isProvince(digits) &&
		isBirthday(number(birth[:4]), number(birth[4:6]), number(birth[6:]))
	return hi + size, ok
}

func idCard15At(s []byte, i int) (hi int, ok bool) {
	var buf [15]byte
	digits, hi, ok := appendDigits(buf[:0], s, i, layout{6, 6, 3})
	if !ok || !endsNumber(s, hi) {
		return 0, false
	}
	birth := digits[6:12]
	ok = isProvince(digits) && isBirthday(1900+number(birth[:2]), number(birth[2:4]), number(birth[4:]))
	return hi, ok
}

// idCardCheck is the check character of ISO 7064 MOD 11-2 for 17 digits.
func idCardCheck(digits []byte) byte {
	sum := 0
	for _, c := range digits {
		sum = (sum + int(c-'0')) * 2 % 11
	}
	return "10X98765432"[sum]
}

// isProvince reports the first two digits that GB/T 2260 gives to a province, and
// 83 and 91 of the cards for residents from Taiwan and for foreigners.
func isProvince(digits []byte) bool {
	n := number(digits[1:2])
	switch digits[0] {
	case '1', '6':
		return 1 <= n && n <= 5
	case '2':
		return 1 <= n && n <= 3
	case '3':
		return 1 <= n && n <= 7
	case '4':
		return 1 <= n && n <= 6
	case '5':
		return n <= 4
	case '7', '9':
		return n == 1
	case '8':
		return 1 <= n && n <= 3
	}
	return false
}

// isBirthday reports a date of the Gregorian calendar in the years that people with
// such numbers were or will be born in.
func isBirthday(year, month, day int) bool {
	if year < 1850 || year > 2099 || month < 1 || month > 12 || day < 1 {
		return false
	}
	switch month {
	case 4, 6, 9, 11:
		return day <= 30
	case 2:
		leap := year%4 == 0 && (year%100 != 0 || year%400 == 0)
		return day <= 28 || day == 29 && leap
	}
	return day <= 31
}

func number(digits []byte) int {
	n := 0
	for _, c := range digits {
		n = n*10 + int(c-'0')
	}
	return n
}

// imeiAt reads fifteen digits, the last of which is the Luhn digit of the others.
// They may be set apart as in 35-209900-176148-1 and in the older 6-2-6-1 form.
// Zeros, the one digit that passes the check when repeated, are no device's.
func imeiAt(s []byte, i int) (hi int, ok bool) {
	if !startsNumber(s, i) {
		return 0, false
	}
	var buf [15]byte
	digits, hi, ok := appendDigits(buf[:0], s, i, layout{2, 4, 2, 6, 1})
	if !ok || !endsNumber(s, hi) || !isLuhn(digits) || allEqual(digits) || inHexWord(s, i, hi) {
		return 0, false
	}
	return hi, true
}

// isLuhn checks digits by ISO/IEC 7812-1 annex B.
func isLuhn(digits []byte) bool {
	sum := 0
	for i, c := range digits {
		n := int(c - '0')
		if (len(digits)-i)%2 == 0 {
			n = n*2/10 + n*2%10
		}
		sum += n
	}
	return sum%10 == 0
}

func allEqual(s []byte) bool {
	for _, c := range s {
		if c != s[0] {
			return false
		}
	}
	return true
}
