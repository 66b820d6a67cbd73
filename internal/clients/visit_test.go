//go:build clients

package clients

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// visit is one run of one client: what its script is told.
type visit struct {
	Collector string  `json:"collector"`
	Planted   planted `json:"planted"`

	Gzip     bool           `json:"gzip"`
	Batch    map[string]int `json:"batch,omitempty"`
	Mode     string         `json:"mode,omitempty"`     // of the Node SDK
	Item     bool           `json:"item,omitempty"`     // of the Node SDK: report an item too
	SendType string         `json:"sendType,omitempty"` // of the web SDK
	Debug    bool           `json:"debug,omitempty"`    // of the web SDK
}

// planted are the values that must not pass without consent, made for one visit so
// that they turn up nowhere else.
type planted struct {
	Visitor   string `json:"visitor"`
	Login     string `json:"login"`
	UnionID   string `json:"unionid"`
	Phone     string `json:"phone"`
	Email     string `json:"email"`
	UID       string `json:"uid"`
	Member    string `json:"member"`   // a cookie of the site
	Referrer  string `json:"referrer"` // in the query of the page before
	IP        string `json:"ip"`
	Latitude  string `json:"latitude"`
	Longitude string `json:"longitude"`
}

func plant(visit string) planted {
	sum := sha256.Sum256([]byte(visit))
	id := hex.EncodeToString(sum[:6])
	return planted{
		Visitor: "visitor-" + id, Login: "account-" + id, UnionID: "union-" + id,
		Phone: fmt.Sprintf("138%02d%02d%02d%02d", sum[6]%100, sum[7]%100, sum[8]%100, sum[9]%100),
		Email: "zhangsan." + id + "@example.com", UID: "uid-" + id, Member: "member-" + id, Referrer: "from-" + id,
		IP: "203.0.113.77", Latitude: "39.907501", Longitude: "116.397102",
	}
}

// The names under which a test reports planted values.
const (
	theVisitor   = "the visitor's id"
	theAccount   = "the account"
	theUnion     = "the union id"
	thePhone     = "the phone number"
	theEmail     = "the e-mail address"
	theUID       = "an id in a page's query"
	theCookie    = "a cookie's value"
	theReferrer  = "the referrer's query"
	theAddress   = "the address"
	theLatitude  = "the latitude"
	theLongitude = "the longitude"
)

func (p *planted) secrets() map[string]string {
	return map[string]string{
		theVisitor: p.Visitor, theAccount: p.Login, theUnion: p.UnionID, thePhone: p.Phone, theEmail: p.Email, theUID: p.UID,
		theCookie: p.Member, theReferrer: p.Referrer, theAddress: p.IP, theLatitude: p.Latitude, theLongitude: p.Longitude,
	}
}

// subjects are those that can stand for the visitor in a consent record.
func (p *planted) subjects() []string {
	return []string{"visitor:" + p.Visitor, "visitor:" + p.Login, "login:" + p.Login}
}
