package faceidtest

import (
	"encoding/hex"
)

// missingMinor tells which parameters of MinorsVerification are absent, or returns "".
func missingMinor(v args) string {
	switch {
	case v.text("Type") != "0" && v.text("Type") != "1":
		return "`Type` is neither 0 nor 1."
	case v.text("Type") == "0" && v["Mobile"] == nil:
		return "`Type` 0 needs `Mobile`."
	case v.text("Type") == "1" && (v["IdCard"] == nil || v["Name"] == nil):
		return "`Type` 1 needs `IdCard` and `Name`."
	}
	return ""
}

// judgeMinor returns the code for an ill-formed value of MinorsVerification, whose table
// has none for a phone number: it is not found.
func judgeMinor(v args) string {
	switch {
	case v.text("Type") == "0" && !isPhone(v.text("Mobile")):
		return "-2"
	case v.text("Type") == "0":
		return ""
	case !isIDNumber(v.text("IdCard")):
		return "-4"
	case !isName(v.text("Name")):
		return "-5"
	}
	return ""
}

// judgeDigests returns the code for an ill-formed value of EncryptedPhoneVerification.
func judgeDigests(v args) string {
	size := map[string]int{"1": 16, "2": 32, "3": 32}[v.text("EncryptionMode")]
	if size == 0 {
		switch {
		case !isIDNumber(v.text("IdCard")):
			return "-7"
		case !isName(v.text("Name")) || !isPhone(v.text("Phone")):
			return "-8"
		}
		return ""
	}
	for _, name := range []string{"IdCard", "Name", "Phone"} {
		if digest, err := hex.DecodeString(v.text(name)); err != nil || len(digest) != size {
			return "-8"
		}
	}
	return ""
}

// tellAge tells the range of the age, which is known of an adult and of a minor.
func tellAge(_ args, c Check, passed bool) object {
	switch {
	case passed:
		fill(&c.AgeRange, "[18,+)")
	case c.Result == "-1":
		fill(&c.AgeRange, "[16,18)")
	default:
		c.AgeRange = ""
	}
	return object{{"AgeRange", c.AgeRange}}
}

func tellISP(_ args, c Check, passed bool) object {
	if passed {
		fill(&c.Isp, "移动")
	}
	return object{{"ISP", c.Isp}}
}

func tellOldPhoto(_ args, c Check, passed bool) object { return object{{"Sim", c.sim(passed)}} }
