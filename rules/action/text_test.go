package action

import "testing"

func TestMask(t *testing.T) {
	for _, row := range []struct {
		name, text  string
		first, last int
		want        string
	}{
		{"a phone number", "13912345678", 3, 4, "139****5678"},
		{"everything", "secret", 0, 0, "******"},
		{"the end stays", "secret", 0, 2, "****et"},
		{"the start stays", "secret", 2, 0, "se****"},
		{"one character beyond what stays", "12345", 2, 2, "12*45"},
		{"no more than what stays", "1234", 2, 2, "****"},
		{"less than what stays", "12", 5, 5, "**"},
		{"negative widths are none", "1234", -1, -2, "****"},
		{"widths beyond any text", "1234", 1 << 62, 1 << 62, "****"},
		{"characters, not bytes", "张三丰李四", 1, 1, "张***四"},
		{"characters outside the basic plane", "😀😁😂", 1, 0, "😀**"},
		{"bytes that are no UTF-8, in what stays too", "\xffab\xed\xa0\xbd", 2, 1, "*a****"},
		{"the replacement character is one", "\uFFFDab", 1, 0, "\uFFFD**"},
		{"the empty text", "", 1, 1, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := string(Mask([]byte(">"), []byte(row.text), row.first, row.last)); got != ">"+row.want {
				t.Errorf("%q becomes %q, want %q", row.text, got, ">"+row.want)
			}
		})
	}
}

func TestZeroText(t *testing.T) {
	for name, row := range map[string][2]string{
		"an advertising id":      {"6D92078A-8246-4BA4-AE5B-76104861E7DC", "00000000-0000-0000-0000-000000000000"},
		"a hardware address":     {"02:00:5e:10:ab:ff", "00:00:00:00:00:00"},
		"letters of any script":  {"张三 Łukasz", "00 000000"},
		"digits of any script":   {"٣١.٢", "00.0"},
		"numbers beyond digits":  {"½ Ⅷ ²", "0 0 0"},
		"marks of a letter":      {"e\u0301", "00"},
		"bytes that are no text": {"\xff-\xed\xa0\xbd", "0-000"},
		"signs stay":             {"+-_/ 😀", "+-_/ 😀"},
		"the empty text":         {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := string(ZeroText([]byte(">"), []byte(row[0]))); got != ">"+row[1] {
				t.Errorf("%q becomes %q, want %q", row[0], got, ">"+row[1])
			}
		})
	}
}

func TestStripQuery(t *testing.T) {
	for name, row := range map[string][2]string{
		"a query":                               {"https://shop.example/cart?uid=1", "https://shop.example/cart"},
		"a fragment":                            {"https://shop.example/cart#uid=1", "https://shop.example/cart"},
		"a fragment before a query":             {"https://shop.example/cart#a?b", "https://shop.example/cart"},
		"a path":                                {"/cart?uid=1", "/cart"},
		"a query alone":                         {"?uid=1", ""},
		"neither":                               {"https://shop.example:8443/a/b/", "https://shop.example:8443/a/b/"},
		"an encoded question mark":              {"https://shop.example/a%3Fuid=1", "https://shop.example/a"},
		"an encoded number sign":                {"https://shop.example/a%23uid=1", "https://shop.example/a"},
		"an encoded sign before a plain one":    {"/a%3fuid=1?x", "/a"},
		"a plain sign before an encoded one":    {"/a?uid=1%3f", "/a"},
		"a sign that is encoded twice":          {"/go/https%253A%252F%252Fx%252Fa%253Fuid", "/go/https%253A%252F%252Fx%252Fa"},
		"other escapes stay":                    {"/%E5%95%86/%3/%", "/%E5%95%86/%3/%"},
		"userinfo":                              {"https://bob:pw@shop.example/a", "https://shop.example/a"},
		"userinfo with an at sign":              {"https://bob@x.cn:pw@shop.example", "https://shop.example"},
		"userinfo with an encoded at sign":      {"https://bob%40shop.example/a", "https://shop.example/a"},
		"userinfo with a semicolon":             {"https://bob;x:pw@shop.example/a", "https://shop.example/a"},
		"userinfo without a scheme":             {"//bob:pw@shop.example/a", "//shop.example/a"},
		"userinfo without slashes":              {"bob:pw@shop.example/a", "shop.example/a"},
		"an address of mail":                    {"mailto:bob@shop.example", "shop.example"},
		"userinfo behind backslashes":           {`https:\\bob:pw@shop.example\a`, `https:\\shop.example\a`},
		"userinfo of a URL in a path":           {"/go/https://bob:pw@shop.example/a", "/go/https://shop.example/a"},
		"an at sign in a path":                  {"https://shop.example/@bob/x", "https://shop.example/@bob/x"},
		"an at sign in the first of a path":     {"/a@b/c", "/a@b/c"},
		"a session in the last segment":         {"https://shop.example/cart;jsessionid=1F?x", "https://shop.example/cart"},
		"a session in an earlier segment":       {"/shop;jsessionid=1F/cart", "/shop/cart"},
		"a session behind an encoded semicolon": {"/cart%3Bjsessionid=1F", "/cart"},
		"text that is no URL":                   {"Cart of Bob? yes", "Cart of Bob"},
		"the empty text":                        {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := string(StripQuery([]byte(">"), []byte(row[0]))); got != ">"+row[1] {
				t.Errorf("%q becomes %q, want %q", row[0], got, ">"+row[1])
			}
		})
	}
}

func TestCountItems(t *testing.T) {
	for name, row := range map[string]struct {
		text string
		want int
	}{
		"the empty text":  {"", 0},
		"blanks":          {" \t", 0},
		"one item":        {"com.shop", 1},
		"several items":   {"com.shop,com.bank, com.news", 3},
		"blank items":     {",com.shop,, ,com.bank,", 2},
		"commas and none": {",,,", 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := CountItems([]byte(row.text)); got != row.want {
				t.Errorf("%q has %d items, want %d", row.text, got, row.want)
			}
		})
	}
}
