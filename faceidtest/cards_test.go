package faceidtest_test

import (
	"bytes"
	"encoding/base64"
	"image/jpeg"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestIDCardIsInventedWellFormed(t *testing.T) {
	m := ready(t)
	m.scan(orderNo, faceidtest.CardIDCard)

	r := m.idCard(orderNo, "get_file", "1", "get_native", "1").result()

	number, sum := r["idcard"].(string), 0
	require.Regexp(t, `^\d{17}[\dX]$`, number)
	for i, weight := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += weight * int(number[i]-'0')
	}
	require.Equal(t, "10X98765432"[sum%11], number[17])
	require.Equal(t, number[6:14], r["birth"])
	require.Equal(t, map[bool]string{true: "男", false: "女"}[(number[16]-'0')%2 == 1], r["sex"])
	require.Regexp(t, `^\d{8}-\d{8}$`, r["validDate"])
	require.Regexp(t, `^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$`, r["operateTime"])
	for _, name := range []string{"frontWarnCode", "backWarnCode", "frontMultiWarning", "backMultiWarning"} {
		require.Equal(t, "00000000", r[name])
	}
	for _, name := range all(frontFiles, backFiles) {
		photo, err := base64.StdEncoding.DecodeString(r[name].(string))
		require.NoError(t, err)
		_, err = jpeg.Decode(bytes.NewReader(photo))
		require.NoError(t, err, name)
	}
}

func TestScriptIDCardDecidesTheCard(t *testing.T) {
	m := ready(t)
	photo := []byte("front")
	m.sim.ScriptIDCard(orderNo, faceidtest.IDCard{Name: "李四", Sex: "男", Nation: "回", Birth: "20000101", Address: "somewhere", Number: "1", NativePlace: "p",
		ValidDate: "20190128-长期", Authority: "a", FrontWarnCode: "10010100", BackWarnCode: "00000001", FrontMultiWarning: "10010100", BackMultiWarning: "01000000",
		FrontClarity: "1", BackClarity: "2", FrontPhoto: photo, NoCrops: true})
	photo[0] = 'X' // the script has its own copy
	m.scan(orderNo, faceidtest.CardIDCard)
	r := m.idCard(orderNo, "get_file", "1", "get_native", "1").result()
	for name, want := range map[string]string{"name": "李四", "sex": "男", "nation": "回", "birth": "20000101", "address": "somewhere", "idcard": "1", "nativePlace": "p",
		"validDate": "20190128-长期", "authority": "a", "frontWarnCode": "10010100", "backWarnCode": "00000001", "frontMultiWarning": "10010100",
		"backMultiWarning": "01000000", "frontClarity": "1", "backClarity": "2", "frontPhoto": "ZnJvbnQ=", "frontCrop": "", "backCrop": ""} {
		require.Equal(t, want, r[name], name)
	}
	require.NotEmpty(t, r["backPhoto"])

	m.sim.ScriptBankCard("order2", faceidtest.BankCard{Number: "1", ValidDate: "01/2026", WarnCode: "-9110", MultiWarnCode: "[-9110, -9111]", Clarity: "3", CropPhoto: []byte("c")})
	m.scan("order2", faceidtest.CardBankCard)
	r = m.bankCard("order2", "get_file", "1").result()
	for name, want := range map[string]string{"bankCardNo": "1", "bankCardValidDate": "01/2026", "warnCode": "-9110", "multiWarnCode": "[-9110, -9111]", "clarity": "3", "bankcardCropPhoto": "Yw=="} {
		require.Equal(t, want, r[name], name)
	}
	m.sim.ScriptBankCardDefault(faceidtest.BankCard{NoValidDate: true})
	m.scan("order3", faceidtest.CardBankCard)
	require.Equal(t, "", m.bankCard("order3").result()["bankCardValidDate"])

	// A script that comes after the scan does not change what the scan saw.
	m.sim.ScriptBankCardDefault(faceidtest.BankCard{Code: "-9011"})
	require.Equal(t, "0", m.bankCard("order3").code())
}

func TestIDCardPhotosMayLag(t *testing.T) {
	m := ready(t)
	m.sim.ScriptIDCardDefault(faceidtest.IDCard{FilesLag: time.Second})
	m.sim.ScriptBankCardDefault(faceidtest.BankCard{FilesLag: time.Second})
	m.scan("order1", faceidtest.CardIDCard)
	m.scan("order2", faceidtest.CardBankCard)
	require.NotContains(t, m.idCard("order1", "get_file", "1").result(), "frontPhoto")
	require.NotContains(t, m.bankCard("order2", "get_file", "1").result(), "bankcardNoPhoto")
	m.sim.Advance(time.Second)
	require.Contains(t, m.idCard("order1", "get_file", "1").result(), "frontPhoto")
	require.Contains(t, m.bankCard("order2", "get_file", "1").result(), "bankcardNoPhoto")
}

func TestScriptNFCDecidesTheDocument(t *testing.T) {
	m := ready(t)
	photo := []byte("front")
	m.sim.ScriptNFC("order1", faceidtest.NFCDocument{Name: "李四", Sex: "男", Nation: "回", Birth: "20000101", Address: "a", Number: "1", ValidFrom: "2", ValidTo: "长期", Authority: "b", FrontPhoto: photo, BackPhoto: []byte{}})
	photo[0] = 'X' // the script has its own copy
	r := m.decrypted(m.nfc("order1", m.read("order1"), "getPhoto", "1"))
	for name, want := range map[string]string{"name": "李四", "sex": "男", "nation": "回", "birth": "20000101", "address": "a", "idcard": "1",
		"validDateBegin": "2", "validDateEnd": "长期", "signingOrganization": "b", "frontPhoto": "ZnJvbnQ="} {
		require.Equal(t, want, r[name], name)
	}
	require.NotContains(t, r, "backPhoto")

	for _, code := range []string{"66664006", "66664007"} {
		m.sim.ScriptNFCDefault(faceidtest.NFCDocument{Code: code})
		a := m.nfc(code, m.read(code))
		require.Equal(t, []any{code, "网络不给力,请稍后重试"}, []any{a.m["code"], a.m["msg"]})
	}
}
