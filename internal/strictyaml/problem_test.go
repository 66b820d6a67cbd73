package strictyaml

import "testing"

func TestProblemsComeByFileAndPlace(t *testing.T) {
	var problems Problems
	problems.Add("b", Pos{1, 1}, "first of %s", "b")
	problems.Add("a", Pos{2, 1}, "later")
	problems.Add("a", Pos{1, 9}, "right")
	problems.Add("a", Pos{1, 2}, "left")
	problems.Add("a", Pos{}, "the file")
	const want = "a: the file\na:1:2: left\na:1:9: right\na:2:1: later\nb:1:1: first of b"
	if got := problems.Err().Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestNoProblemsAreNoError(t *testing.T) {
	var problems Problems
	if problems.Err() != nil {
		t.Error("an empty list is an error")
	}
}

func TestASuggestionIsASlipAway(t *testing.T) {
	known := []string{"listen", "limits", "location", "ip", "tls"}
	for _, row := range []struct{ name, in, want string }{
		{"a letter missing", "listn", `, did you mean "listen"?`},
		{"a letter more", "locattion", `, did you mean "location"?`},
		{"another letter", "limitz", `, did you mean "limits"?`},
		{"two letters swapped", "lsiten", `, did you mean "listen"?`},
		{"another case", "LISTEN", `, did you mean "listen"?`},
		{"short names", "tsl", `, did you mean "tls"?`},
		{"the nearest wins", "limite", `, did you mean "limits"?`},
		{"nothing near", "consent", ""},
		{"the empty name", "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := Suggest(row.in, known); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}
