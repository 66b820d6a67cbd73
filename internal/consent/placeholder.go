package consent

// brokenAndroidID is the ANDROID_ID that a fault of Android 2.2 gave to every
// device of some makers.
const brokenAndroidID = "9774d56d682e549c"

// placeholderWords stand for "no value" in the traffic of the SDKs. Go has no
// constant arrays; nothing writes to it.
var placeholderWords = [...]string{
	"unknown", "null", "(null)", "undefined", "none", "nil", "n/a", brokenAndroidID,
}

const (
	md5Hex  = 32
	sha1Hex = 40
)

// isPlaceholderHash recognises the MD5 and SHA-1, in hex of either case, of the
// placeholders that are in use: SDKs hash what they find, the empty text included.
func isPlaceholderHash(value []byte) bool {
	if len(value) != md5Hex && len(value) != sha1Hex {
		return false
	}
	var lower [sha1Hex]byte
	switch string(appendLower(lower[:0], value)) {
	case
		"d41d8cd98f00b204e9800998ecf8427e",         // the empty text
		"da39a3ee5e6b4b0d3255bfef95601890afd80709", // the empty text
		"cfcd208495d565ef66e7dff9f98764da",         // 0
		"b6589fc6ab0dc82cf12099d1c2d40ab994e8410c", // 0
		"b4b147bc522828731f1a016bfa72c073",         // 00
		"fb96549631c835eb239cd614cc6b5cb7d295121a", // 00
		"f1b708bba17f1ce948dc979f4d7092bc",         // 0000000000
		"8104ba1dc0409b259f487ed07db477c38f205a30", // 0000000000
		"dd4b21e9ef71e1291183a46b913ae6f2",         // 00000000
		"70352f41061eda4ff3c322094af068ba70c3b38b", // 00000000
		"35b9ab5a36f3234dd26db357fd4a0dc1",         // 000000000000
		"c2311e92660de47b456e721b0dabc9f857ab48f0", // 000000000000
		"c47532bbb1e2883c902071591ae1ec9b",         // 00000000000000
		"31026ddd89f8e9cd1eb8c23b4a699c51b5c28087", // 00000000000000
		"5284047f4ffb4e04824a2fd1d1f0cd62",         // 000000000000000
		"c02c705e98588f724ca046ac59cafece65501e36", // 000000000000000
		"1e4a1b03d1b6cd8a174a826f76e009f4",         // 0000000000000000
		"b02132081808b493c61e86626ee6c2e29326a662", // 0000000000000000
		"0e7b9f29a828b6f953b482fc299e536b",         // 00000000000000000
		"c1f6ea8523102b1ba3628c81b64a5371ed372b74", // 00000000000000000
		"c5e0eb03cbb4bea95ce3f8f48fca77d5",         // 000000000000000000000000000000000000
		"942d0c0a6246fed0e5a22742be0c9a58d000595a", // 000000000000000000000000000000000000
		"9f89c84a559f573636a47ff8daed0d33",         // 00000000-0000-0000-0000-000000000000
		"b602d594afd2b0b327e07a06f36ca6a7e42546d0", // 00000000-0000-0000-0000-000000000000
		"cd9e459ea708a948d5c2f5a6ca8838cf",         // 00000000000000000000000000000000
		"91d3d1f86024e49f0e35314258b357a8944068a1", // 00000000000000000000000000000000
		"b373e3ddc3438d7c10c76f3ad9d4c401",         // 0000000000000000000000000000000000000000
		"9514e18b679622b8d59991a6298559cb03099d64", // 0000000000000000000000000000000000000000
		"528c8e6cd4a3c6598999a0e9df15ad32",         // 00:00:00:00:00:00
		"85cce83032eb6bd39ddea68e0be917e4665b5d26", // 00:00:00:00:00:00
		"ad921d60486366258809553a3db49a4a",         // unknown
		"50d8b4a941c26b89482c94ab324b5a274f9ced66", // unknown
		"37a6259cc0c1dae299a7866489dff0bd",         // null
		"2be88ca4242c76e8253ac62474851065032d6833", // null
		"5e543256c480ac577d30f76f9120eb74",         // undefined
		"d5d4cd07616a542891b7ec2d0257b3a24b69856e", // undefined
		"334c4a4c42fdb79d7ebc3e73b517e6f8",         // none
		"71f8e7976e4cbc4561c9d62fb283e7f788202acb", // none
		"852438d026c018c4307b916406f98c62",         // nil
		"b5366a2d2ac98dae978423083f8b09e5cddc705d", // nil
		"274b68192b056e268f128ff63bfcd4a4",         // n/a
		"50f013532a9770a2c2cfdc38b7581dd01df69b70", // n/a
		"cf95dc53f383f9a836fd749f3ef439cd",         // 9774d56d682e549c
		"41e29575c7361b2924f701502ca6d932b45b9e51", // 9774d56d682e549c
		"696b031073e74bf2cb98e5ef201d4aa3",         // UNKNOWN
		"25ba44ec3b391ba4ce5fbbd2979635e254775e7d", // UNKNOWN
		"88183b946cc5f0e8c96b2e66e1c74a7e",         // Unknown
		"bc7819b34ff87570745fbe461e36a16f80e562ce", // Unknown
		"6c3e226b4d4795d518ab341b0824ec29",         // NULL
		"eef19c54306daa69eda49c0272623bdb5e2b341f", // NULL
		"bbb93ef26e3c101ff11cdd21cab08a94",         // Null
		"109085beaaa80ac89858b283a64f7c75d7e5bb12", // Null
		"d65bc69f6c297e2e78e7cc33d928856e",         // 9774D56D682E549C
		"49b6fec4eeb7b9d288fe0c31eff451e95f44844e", // 9774D56D682E549C
		"d2158e2f658345d9cdbc6bdb0764d5b2",         // __IMEI__
		"f2d9866f20a6314e3b28664b22b79c293c3c94ad", // __IMEI__
		"6c59768149df81ead3f5531a1eb4a8e1",         // {imei}
		"1476ef2f5bc7a50a1559bd48165f6f2cf8d2e20c", // {imei}
		"60386d4928ddef4b525a012dec5042a9",         // {IMEI}
		"66075ddce6c474c528a0e86f476774f7bda03d1e", // {IMEI}
		"a261c265df3a6d24b5ad3cc1ddafd8e6",         // __OAID__
		"ceaaa3c317e02c55f04acf137d46d4113381005e", // __OAID__
		"fbe2c0fa41c22093f3430f0f2d3c7f88",         // {oaid}
		"e894ed134cdebcfb1c575c7d350d516eaedbd9db", // {oaid}
		"d5d719c9fcee6b3829ce07a2d5b2d624",         // {OAID}
		"5f3835cbb3b7a8934fed20f1816860221519ffac", // {OAID}
		"6e0d8da38b72b0a55a28f0764389a1e7",         // __IDFA__
		"22dafcd242465dbbe5525e3bee558a328e057b50", // __IDFA__
		"5c242a2991a77dd74781262fe8047784",         // {idfa}
		"bf15914ea2aadaccc240ce71e6a0f2cccb53ecb0", // {idfa}
		"cc7e38fd8866d3e8231662e809728c59",         // {IDFA}
		"bce02e8ac30fc71669a50847e3dbf705e3605a7d", // {IDFA}
		"56e62b651eba19273a19ca578cdeede3",         // __IFA__
		"d41ef94bbf28a92e6bdea8c16eb82fd23cd1f5cc", // __IFA__
		"146b346bc1a7238104004f1966a2f4c3",         // {ifa}
		"e5a6273e5669b510aeb356466822080452b3f94a", // {ifa}
		"3ad7208f61a2b03edd0a390773da3483",         // {IFA}
		"aa09f3a7f5881b9438495139f1a3793c9147441f", // {IFA}
		"3c4ba7a89451af50eee33f530b93dac2",         // __GAID__
		"1c477fceafff931f0f62643ed052cf497298038b", // __GAID__
		"59a23753064c3e382793719339e2f786",         // {gaid}
		"b4d4d631976960802496d15b5a416b8f2139f49b", // {gaid}
		"f5f745e6dcc1cdbd033142a24ed6eb29",         // {GAID}
		"fb1eb56542b7409028a45cda8543bbf67043bb36", // {GAID}
		"1d9316b4fe1da5d5ea1315db95d8202f",         // __ANDROIDID__
		"ad1033cce88d3b801b320201a0ff5a4a040f6211", // __ANDROIDID__
		"c0258a7081eeff505ccee16dc0426801",         // {androidid}
		"634b0a2ad20b88823a9d8d7b966e7311550b5e15", // {androidid}
		"97e7d40ca6444efbe99e84d8a03f7846",         // {ANDROIDID}
		"add6837bffb4cb315628ee374a2f8517652deaf5", // {ANDROIDID}
		"e30f997fb5458fe816803dc7ac8c7e75",         // __ANDROID_ID__
		"7a2b02bfb9e66afadc7eb7c2c5b7f9ffe8bcaad3", // __ANDROID_ID__
		"6a4c825c97e638856c6869055f9d54b5",         // {android_id}
		"a44b1b44d1c199abe289f0aff0404f1b343eb975", // {android_id}
		"fc9b24091ddd9adcbb5e5e3fb4c5c67b",         // {ANDROID_ID}
		"dd449273df73b8c5dd067adaf424ad083d5e14cd", // {ANDROID_ID}
		"611a3b10cb0e2f9ab27eec14818ce18c",         // __MAC__
		"eaa8ffa8f2bf6d1bbef10293f6583638fda7ee92", // __MAC__
		"3cbf43301580057a9b56c907503bcfb7",         // {mac}
		"d04420be542d9f86cb0e7f8b5d9ac51b09076a5e", // {mac}
		"5eec365dce0dbbed740e4d129c5d76ef",         // {MAC}
		"d65338d9a0afa349f0522e7d81f680fd5e2efd3c", // {MAC}
		"5fd7f8041935cccbddefba9b8c0cd372",         // __IMEI2__
		"b860f6186d78fa72783d5527a0fcf0d3ae025c60", // __IMEI2__
		"b7a0acd75d70ea9bb14511def885017e",         // {imei2}
		"ad1ff166494473c900ed0b61aee873e58dc8b1fb", // {imei2}
		"bbad73b47c23b0ab6935267a5b7c4d0c",         // {IMEI2}
		"2bfcfeb6bf5e63ff2cc89b77d62ad72ba8e08622", // {IMEI2}
		"16f40f9d1f703e3e22f2b783b78852dc",         // __CAID__
		"36e3460dc379cb833b55f793b8cdd29413254b0f", // __CAID__
		"68843e3d67cdc129ad083ffda8caab7f",         // {caid}
		"5536ceaf85bd58067fbb1ad651e1715896aef22d", // {caid}
		"83d7638dff35e0c318986016471fb844",         // {CAID}
		"d623dfb154eaa7c5e4c0e3b716adefb957660a4a": // {CAID}
		return true
	}
	return false
}
