package action

import (
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestRound(t *testing.T) {
	for _, row := range []struct {
		name, text    string
		digits, exp10 int
		want          string
	}{
		{"a latitude", "31.230416", 2, 0, "31.23"},
		{"up", "31.236", 2, 0, "31.24"},
		{"a negative number away from zero", "-122.3462", 2, 0, "-122.35"},
		{"a small negative number", "-0.128953", 2, 0, "-0.13"},
		{"a half up", "0.125", 2, 0, "0.13"},
		{"a negative half down", "-0.125", 2, 0, "-0.13"},
		{"just under a half", "0.1249999999999999999999999999", 2, 0, "0.12"},
		{"a number that floats cannot hold", "1.005", 2, 0, "1.01"},
		{"an exponent that vanishes", "1e-7", 2, 0, "0"},
		{"the smallest double", "4.9e-324", 2, 0, "0"},
		{"a number with more decimals", "123.456", 2, 0, "123.46"},
		{"a number with fewer decimals", "31.2", 2, 0, "31.2"},
		{"trailing zeros", "31.20", 2, 0, "31.2"},
		{"trailing zeros after rounding", "31.2004", 2, 0, "31.2"},
		{"an integer stays one", "120", 2, 0, "120"},
		{"an integer written with a point", "120.0", 2, 0, "120"},
		{"never minus zero", "-0.004", 2, 0, "0"},
		{"minus zero itself", "-0", 2, 0, "0"},
		{"minus zero with decimals", "-0.000", 2, 0, "0"},
		{"to integers", "31.5", 0, 0, "32"},
		{"to tens", "125", -1, 0, "130"},
		{"to tens from one digit", "7", -1, 0, "10"},
		{"to hundreds from one digit", "7", -2, 0, "0"},
		{"millionths", "31230416", 2, 6, "31230000"},
		{"negative millionths", "-73985656", 2, 6, "-73990000"},
		{"millionths that vanish", "4999", 2, 6, "0"},
		{"millionths at the half", "5000", 2, 6, "10000"},
		{"millionths with decimals", "31230416.75", 2, 6, "31230000"},
		{"a carry over the point", "9.995", 2, 0, "10"},
		{"a carry through all digits", "99999999", 2, 6, "100000000"},
		{"a carry that keeps decimals", "1.995", 2, 0, "2"},
		{"a carry of a negative number", "-9.996", 2, 0, "-10"},
		{"a carry into zeros behind the point", "0.0951", 2, 0, "0.1"},
		{"an exponent that moves the point left", "31230416e-6", 2, 0, "31.23"},
		{"an exponent that moves the point right", "8.6E14", 2, 0, "860000000000000"},
		{"an exponent with a plus sign", "3.1230416e+1", 2, 0, "31.23"},
		{"an exponent with leading zeros", "3.1230416e001", 2, 0, "31.23"},
		{"an exponent and a half", "5e-3", 2, 0, "0.01"},
		{"an exponent and a bare fraction", ".5e-1", 1, 0, "0.1"},
		{"a plus sign", "+31.236", 2, 0, "31.24"},
		{"blanks", "\t 31.236 ", 2, 0, "31.24"},
		{"leading zeros", "0031.236", 2, 0, "31.24"},
		{"a bare point in front", ".236", 2, 0, "0.24"},
		{"a bare point behind", "31.", 2, 0, "31"},
		{"a list", "31.2304,121.4737", 2, 0, "31.23,121.47"},
		{"a list with blanks", "31.2304, -121.4757", 2, 0, "31.23, -121.48"},
		{"a list of three", "31.2304,121.4737,12.345", 1, 0, "31.2,121.5,12.3"},
		{"a list of millionths", "31230416,121473701", 2, 6, "31230000,121470000"},
		{"a list that ends in an integer", "31.2304,121", 2, 0, "31.23,121"},
		{"a list of integers with a blank", "31, 121", 2, 0, "31, 121"},
		{"a decimal comma that is coarse already", "31,23", 2, 0, "31,23"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, ok := Round([]byte(">"), []byte(row.text), row.digits, row.exp10)
			if !ok || string(got) != ">"+row.want {
				t.Errorf("%q becomes %q, %v; want %q", row.text, got, ok, ">"+row.want)
			}
		})
	}
}

func TestRoundDoesNotUnderstand(t *testing.T) {
	for name, text := range map[string]string{
		"the empty text":                "",
		"a blank":                       " ",
		"a word":                        "north",
		"not a number":                  "NaN",
		"infinity":                      "-Infinity",
		"a hexadecimal number":          "0x1f",
		"a sign alone":                  "-",
		"two signs":                     "--1",
		"a point alone":                 ".",
		"two points":                    "1.2.3",
		"an exponent alone":             "e5",
		"an exponent without digits":    "1e",
		"an exponent with a sign alone": "1e-",
		"an exponent with a fraction":   "1e1.5",
		"a huge exponent":               "1e999999999",
		"a huge negative exponent":      "1e-999999999",
		"an exponent beyond any int":    "1e99999999999999999999999999",
		"zero with a huge exponent":     "0e999999999",
		"an exponent over the bound":    "1e33",
		"digits with underscores":       "1_000",
		"digits of another script":      "٣١",
		"degrees and minutes":           "31°13'49\"N",
		"a blank inside":                "31 .5",
		"a list with a word":            "31.2304,x",
		"a list with an empty item":     "31.2304,,121.4737",
		"a list that ends in a comma":   "31.2304,",
		"a pair with a semicolon":       "31.2304;121.4737",
		"a decimal comma":               "31,230416",
		"a decimal comma and a sign":    "-31,230416",
		"a decimal comma and a blank":   "31,230416 ",
		"two decimal commas":            "31.5,121,230416",
	} {
		t.Run(name, func(t *testing.T) {
			if got, ok := Round([]byte(">"), []byte(text), 2, 0); ok || string(got) != ">" {
				t.Errorf("%q becomes %q, %v", text, got, ok)
			}
		})
	}
}

func TestRoundRefusesAbsurdParameters(t *testing.T) {
	for _, row := range [][2]int{{401, 0}, {-401, 0}, {0, 1 << 40}, {-1 << 63, 1}} {
		if _, ok := Round(nil, []byte("1"), row[0], row[1]); ok {
			t.Errorf("digits %d, exp10 %d are accepted", row[0], row[1])
		}
	}
}

// exactly rounds with big rationals: scale, add a half, cut, scale back.
func exactly(text string, decimals int) string {
	value, ok := new(big.Rat).SetString(text)
	if !ok {
		return "no number"
	}
	scale := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(decimals, -decimals))), nil))
	if decimals < 0 {
		scale.Inv(scale)
	}
	half := big.NewRat(int64(value.Sign()), 2)
	value.Mul(value, scale).Add(value, half)
	whole := new(big.Int).Quo(value.Num(), value.Denom())
	value.SetInt(whole).Quo(value, scale)
	plain := value.FloatString(max(decimals, 0))
	if strings.Contains(plain, ".") {
		plain = strings.TrimRight(strings.TrimRight(plain, "0"), ".")
	}
	return plain
}

func TestRoundAgreesWithBigRationals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[+-]?([0-9]{1,12}|[09]{1,6}|[1-9]9{0,8})(\.[0-9]{1,12}|\.[059]{1,6})?([eE]([+]?[0-9]|-[0-9]|[+]?[12][0-9]|-[1-9][0-9]))?`).Draw(t, "text")
		digits, exp10 := rapid.IntRange(-3, 14).Draw(t, "digits"), rapid.SampledFrom([]int{0, 0, 3, 6, 7}).Draw(t, "exp10")
		got, ok := Round(nil, []byte(text), digits, exp10)
		if want := exactly(text, digits-exp10); !ok || string(got) != want {
			t.Fatalf("%s to %d of %d becomes %q, %v; want %q", text, digits, exp10, got, ok, want)
		}
	})
}

func TestRoundTwiceIsRoundOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?[0-9]{1,6}(\.[0-9]{1,8})?(e-?[0-9])?`).Draw(t, "text")
		once, ok := Round(nil, []byte(text), 2, 0)
		if !ok {
			t.Fatalf("%q is not understood", text)
		}
		if twice, ok := Round(nil, once, 2, 0); !ok || string(twice) != string(once) {
			t.Fatalf("%q becomes %q, then %q", text, once, twice)
		}
	})
}
