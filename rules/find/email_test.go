package find

import "testing"

func TestEmail(t *testing.T) {
	checkRows(t, Email, []row{
		{"alone", "zhang@qq.com", "zhang@qq.com"},
		{"in a Chinese sentence", "请写信到zhang.san@163.com谢谢", "zhang.san@163.com"},
		{"before Chinese and a host", "zhang@qq.com或www.baidu.com", "zhang@qq.com"},
		{"at the end of a Chinese sentence", "邮箱：zhang@qq.com。谢谢", "zhang@qq.com"},
		{"in an English sentence", "Mail to bob+tag@mail.example.co.uk.", "bob+tag@mail.example.co.uk"},
		{"in brackets", "Bob <bob@example.com>", "bob@example.com"},
		{"in single quotes", "'bob@example.com'", "bob@example.com"},
		{"with an apostrophe", "o'brien@example.ie", "o'brien@example.ie"},
		{"in JSON", `{"email":"a_b-c@x-y.cn","n":1}`, "a_b-c@x-y.cn"},
		{"in a URL", "https://x.cn/?mail=zhang@qq.com&y=1", "zhang@qq.com"},
		{"with an escaped @", "https://x.cn/?mail=zhang%40qq.com&y=1", "zhang%40qq.com"},
		{"with an @ escaped twice", "?u=%3Fmail%3Dzhang%2540qq.com%26y", "zhang%2540qq.com"},
		{"with an @ escaped three times", "zhang%252540qq.com", "zhang%252540qq.com"},
		{"with an escaped plus sign", "bob%2Btag%40example.com", "bob%2Btag%40example.com"},
		{"behind escaped Chinese", "%E9%82%AE%E7%AE%B1zhang%40qq.com", "zhang%40qq.com"},
		{"in a mailto link", "mailto:bob@example.com?subject=x", "bob@example.com"},
		{"of digits", "10001@qq.com", "10001@qq.com"},
		{"with a digit domain", "a@163.com", "a@163.com"},
		{"in Chinese letters", "张三@例子.中国", "张三@例子.中国"},
		{"in escaped Chinese letters", "%E5%BC%A0@%E4%BE%8B.%E4%B8%AD%E5%9B%BD", "%E5%BC%A0@%E4%BE%8B.%E4%B8%AD%E5%9B%BD"},
		{"with umlauts", "jörg@bücher.de", "jörg@bücher.de"},
		{"with a mixed label", "zhang@qq邮箱.com", "zhang@qq邮箱.com"},
		{"with a Punycode domain", "a@xn--fsq.xn--fiqs8s", "a@xn--fsq.xn--fiqs8s"},
		{"with a number behind it", "zhang@qq.com.123", "zhang@qq.com"},
		{"with a hyphen behind it", "zhang@qq.com-", "zhang@qq.com"},
		{"with a point behind it", "zhang@qq.com..", "zhang@qq.com"},
		{"with a point before it", "..zhang@qq.com", "zhang@qq.com"},
		{"behind an @", "@zhang@qq.com", "zhang@qq.com"},
		{"before an @", "zhang@qq.com@", "zhang@qq.com"},
		{"a domain like a density", "a@2x.com", "a@2x.com"},

		{"a handle", "@zhangsan", ""},
		{"a host without a point", "zhang@localhost", ""},
		{"a top-level domain of one letter", "a@b.c", ""},
		{"a version of a package", "react@18.2.0", ""},
		{"a scoped package", "@babel/core@7.1", ""},
		{"a picture for dense screens", "https://cdn.cn/icon@2x.png", ""},
		{"an empty label", "zhang@.com", ""},
		{"a label that starts with a hyphen", "zhang@-qq.com", ""},
		{"a blank before the @", "zhang @qq.com", ""},
		{"a blank behind the @", "zhang@ qq.com", ""},
		{"an IP address", "root@10.0.0.1", ""},
		{"a local part of points", "...@qq.com", ""},
		{"a broken escape", "zhang%4qq.com", ""},
		{"an @ alone", "@", ""},
		{"a percent sign alone", "%", ""},
	})
}

func TestEmailWithALongLocalPartIsFound(t *testing.T) {
	long := "a123456789b123456789c123456789d123456789e123456789f123456789g123456789@qq.com"
	if parts := all(t, Email, long); len(parts) != 1 || parts[0] != long[len(long)-len("@qq.com")-maxLocal:] {
		t.Errorf("%q holds %q", long, parts)
	}
}
