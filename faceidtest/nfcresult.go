package faceidtest

import (
	"bytes"
	"encoding/hex"

	"github.com/emmansun/gmsm/cipher"
	"github.com/emmansun/gmsm/padding"
	"github.com/emmansun/gmsm/sm4"
)

// maxReads is how often a reqId can be queried.
const maxReads = 10

var nfcResultParams = []param{
	{name: "appId", ok: some},
	{name: "orderNo", ok: isOrderNo},
	{name: "nonce", ok: isNonce},
	{name: "version", ok: some},
	{name: "sign", ok: some},
	{name: "reqId", ok: upTo(40)}, // the signature does not cover it
	{name: "getPhoto", ok: atMost(1), optional: true},
}

// nfcResult tells what was read, encrypted with the app's key.
func (s *Server) nfcResult(in *incoming) reply {
	v, bad := s.readBody(in, nfcResultParams)
	if bad != "" {
		return refuse(bad)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, now := s.apps[v["appId"]], s.now()
	if a == nil || !a.signed(now, v["sign"], v["appId"], v["orderNo"], v["version"], v["nonce"]) {
		return refuse("400101")
	}
	o := a.orders[v["orderNo"]]
	switch {
	case o == nil || o.chip == nil || o.chip.reqID == "" || o.chip.reqID != v["reqId"]:
		return refuse("66664004")
	case !now.Before(o.finished.Add(s.scaled(readLife))):
		return refuse("66664005")
	case o.chip.queries >= maxReads:
		return refuse("66664003")
	}
	o.chip.queries++
	if code := o.chip.document.Code; code != "0" {
		return refuse(code)
	}
	text := s.dialect.write(nil, o.read(v["getPhoto"] == "1"))
	result := object{{"bizSeqNo", o.seqNo}, {"nfcEnResult", media(encrypt(a.nfcKey, text))}}
	if s.dialect.NFCInnerCode {
		result = append(object{{"code", "0"}, {"msg", "请求成功"}, {"transactionTime", stamp(now)}}, result...)
	}
	return s.accept(result)
}

// read returns what the chip told. Each kind of document has fields of its own.
func (o *order) read(photos bool) object {
	d := o.chip.document
	r := object{{"orderNo", o.no}, {"reqId", o.chip.reqID}, {"name", d.Name}}
	if o.chip.kind == nfcPermit {
		r = append(r, member{"enName", d.EnglishName}, member{"sex", d.Sex}, member{"birth", d.Birth},
			member{"idcard", d.Number}, member{"validDateEnd", d.ValidTo})
		return r.file("portraitPhoto", d.Portrait, photos)
	}
	r = append(r, member{"sex", d.Sex}, member{"nation", d.Nation}, member{"birth", d.Birth}, member{"address", d.Address},
		member{"idcard", d.Number}, member{"validDateBegin", d.ValidFrom}, member{"validDateEnd", d.ValidTo}, member{"signingOrganization", d.Authority})
	return r.file("frontPhoto", d.FrontPhoto, photos).file("backPhoto", d.BackPhoto, photos).file("portraitPhoto", d.Portrait, photos)
}

// encrypt encrypts with SM4 in ECB mode and PKCS#7 padding, as the platform
// does.
func encrypt(hexKey string, text []byte) []byte {
	key, err := hex.DecodeString(hexKey)
	if err != nil {
		panic("faceidtest: NFC key: " + err.Error()) // this cannot happen, as WithNFCKey has decoded it before
	}
	block, err := sm4.NewCipher(key)
	if err != nil {
		panic("faceidtest: NFC key: " + err.Error()) // this cannot happen, as the key has 16 bytes
	}
	text = padding.NewPKCS7Padding(sm4.BlockSize).Pad(bytes.Clone(text))
	cipher.NewECBEncrypter(block).CryptBlocks(text, text)
	return text
}
