package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules"
)

func TestManyRecordsMayHaveTwoSubjectsEachAndFewMayHaveMany(t *testing.T) {
	p := compile(t, nil, `
subjects: [oaid@oaid, imei@imei, android_id@**.id]
records: ["#"]
rules: [{item: imei, at: [imei], unless: device_id, action: remove}]
`)
	record := func(i, more int) string {
		var ids strings.Builder
		for j := range more {
			fmt.Fprintf(&ids, `{"id":"%016x"},`, 1000*i+j+1)
		}
		return fmt.Sprintf(`{"oaid":"o-%d","imei":"86%013d","more":[%s0]}`, i, i, ids.String())
	}
	for _, row := range []struct {
		name          string
		records, more int // ids besides two
		refused       bool
	}{
		{"a thousand records with two", 1000, 0, false},
		{"one record with sixty", 1, 58, false},
		{"a thousand records with three", 1000, 1, true},
		{"one record with three thousand", 1, 3000, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			list := make([]string, row.records)
			for i := range list {
				list[i] = record(i, row.more)
			}
			x := newExchange()
			fault := p.Open(x, &rules.Request{Body: []byte("[" + strings.Join(list, ",") + "]")})
			if got := fault.Code == wire.TooManyRecords; got != row.refused {
				t.Errorf("%d subjects: %v", len(x.Refs), fault)
			}
		})
	}
}
