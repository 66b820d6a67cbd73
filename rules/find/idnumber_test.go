package find

import "testing"

func TestIDCard(t *testing.T) {
	checkRows(t, IDCard, []row{
		{"with X", "11010519491231002X", "11010519491231002X"},
		{"with x", "11010519491231002x", "11010519491231002x"},
		{"with a digit", "440524188001010014", "440524188001010014"},
		{"in a Chinese sentence", "身份证号11010519491231002X，姓名张三", "11010519491231002X"},
		{"before Chinese", "11010519491231002X是我", "11010519491231002X"},
		{"in a query", "?id=11010519491231002X&n=1", "11010519491231002X"},
		{"behind an escape", "?q=%2011010519491231002X", "11010519491231002X"},
		{"in JSON", `{"id":"440524188001010014"}`, "440524188001010014"},
		{"with blanks", "110105 19491231 002X", "110105 19491231 002X"},
		{"behind a word", "idcard440524188001010014", "440524188001010014"},
		{"before a word", "440524188001010014name", "440524188001010014"},
		{"of Shenyang", "210102196606060062", "210102196606060062"},
		{"of Shenzhen", "440300200004300014", "440300200004300014"},
		{"of a resident from Taiwan", "830000199001010012", "830000199001010012"},
		{"of a foreigner", "911840198506150011", "911840198506150011"},
		{"of Chengdu", "51010419770908003X", "51010419770908003X"},
		{"of Taiwan", "710000198808080087", "710000198808080087"},
		{"of fifteen digits", "旧证 110105491231002。", "110105491231002"},
		{"born on a leap day", "110105200002290013", "110105200002290013"},

		{"a wrong check digit", "110105194912310021", ""},
		{"a control character as check digit", "44052418800101001\x14", ""},
		{"a letter as check digit", "11010519491231002Y", ""},
		{"no check digit", "11010519491231002", ""},
		{"X within a word", "11010519491231002Xa", ""},
		{"a thirteenth month", "110105194913310021", ""},
		{"a thirtieth of February", "110105194902300020", ""},
		{"a leap day of no leap year", "110105190002290017", ""},
		{"born too long ago", "110105184912310020", ""},
		{"born in a far future", "110105210012310021", ""},
		{"a province that the south-west lacks", "550104197709080037", ""},
		{"a province that starts with zero", "010104197709080031", ""},
		{"a thirty-first of April", "44030020000431001X", ""},
		{"no province", "990105194912310023", ""},
		{"within a longer number", "1440524188001010014", ""},
		{"before more digits", "4405241880010100141", ""},
		{"fifteen digits without a date", "110105499931002", ""},
		{"fifteen digits of no province", "860105491231002", ""},
		{"a time in microseconds", "1700000000000000", ""},
		{"inside of a digest", "ab440524188001010014cdef", ""},
	})
}

func TestIMEI(t *testing.T) {
	checkRows(t, IMEI, []row{
		{"alone", "352099001761481", "352099001761481"},
		{"in a Chinese sentence", "设备号352099001761481已激活", "352099001761481"},
		{"in a query", "?imei=352099001761481&x", "352099001761481"},
		{"behind an escape", "?u=imei%3D352099001761481%26", "352099001761481"},
		{"in JSON", `{"a":["867530912345673"]}`, "867530912345673"},
		{"in a list", "imei=490154203237518##mac=", "490154203237518"},
		{"with hyphens", "35-209900-176148-1", "35-209900-176148-1"},
		{"with blanks", "35 209900 176148 1", "35 209900 176148 1"},
		{"with escaped hyphens", "35%2D209900%2D176148%2D1", "35%2D209900%2D176148%2D1"},
		{"in the form of old phones", "490154-20-323751-8", "490154-20-323751-8"},
		{"behind a word", "imei352099001761481", "352099001761481"},

		{"a wrong Luhn digit", "352099001761482", ""},
		{"zeros", "000000000000000", ""},
		{"one digit repeated", "555555555555555", ""},
		{"fourteen digits", "35209900176148", ""},
		{"within a longer number", "1352099001761481", ""},
		{"before more digits", "3520990017614810", ""},
		{"separators at other places", "352-099001-761481", ""},
		{"a fraction", "0.352099001761481", ""},
		{"inside of an Android ID", "a352099001761481", ""},
		{"a number with X", "35209900176148X", ""},
	})
}
