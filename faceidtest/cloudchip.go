package faceidtest

import (
	"context"
	"crypto/rand"
	"errors"
	"time"
)

const reqIDLife = 5 * time.Minute // the life of a ReqId; an NFCToken lives 10 minutes

var (
	wxNFCFields    = []cloudField{textField("NFCToken", anyText).must()}
	nfcDataFields  = []cloudField{textField("ReqId", anyText).must()}
	sequenceFields = []cloudField{textField("ActionType", anyText)}
)

// A chipRead is the chip of a document that an NFC SDK has read.
type chipRead struct {
	ending CloudEnding
	mini   bool // true if a mini program read it, so GetWxNFCResult tells it
	dies   time.Time
}

// nfcToken answers GetNFCToken.
func (s *Server) nfcToken(*incoming, args) reply {
	token := cloudToken()
	s.cloud.nfcTokens[token] = true
	s.memory.opened.add(s.due(numberLife), token)
	return reply{result: object{{"Token", token}}}
}

// RunNFCMiniProgram runs the NFC SDK in a mini program of WeChat with a token of
// GetNFCToken. The Token of the result is the NFCToken that the SDK returns, which lives
// 10 minutes. The script of the token, or the default one, decides: Card is what the
// chip holds, and with CardFail it is not read. A token is for one reading.
func (s *Server) RunNFCMiniProgram(ctx context.Context, token string) (*CloudResult, error) {
	return s.readChip(ctx, "RunNFCMiniProgram", token, true)
}

// RunNFCReader runs the NFC SDK of an App. The Token of the result is the ReqId that the
// SDK returns for ParseNfcData, which lives 5 minutes. The script of the key decides, as
// in [Server.RunNFCMiniProgram], and the default one for a key without a script.
func (s *Server) RunNFCReader(ctx context.Context, key string) (*CloudResult, error) {
	return s.readChip(ctx, "RunNFCReader", key, false)
}

func (s *Server) readChip(ctx context.Context, who, key string, mini bool) (*CloudResult, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errClosed
	}
	if mini && !s.cloud.nfcTokens[key] {
		return nil, errors.New("faceidtest: " + who + ": the platform knows no such token, or it was used")
	}
	delete(s.cloud.nfcTokens, key)
	e, ok := s.cloud.scripts[key]
	if !ok {
		e = s.cloud.ending
	}
	read := &chipRead{ending: e.clone(), mini: mini, dies: s.now().Add(s.scaled(reqIDLife))}
	if mini {
		read.dies = s.now().Add(s.scaled(shortTokenLife))
	}
	id := cloudToken()
	s.cloud.chips[id] = read
	s.memory.chips.add(s.due(shortTokenLife), id)
	return &CloudResult{Token: id}, nil
}

// chip returns a chip that was read, or nil if it is unknown, too old or of the other
// SDK. The caller holds the lock.
func (s *Server) chip(id string, mini bool) *chipRead {
	read := s.cloud.chips[id]
	if read == nil || read.mini != mini || !s.now().Before(read.dies) {
		return nil
	}
	return read
}

// wxNFC answers https://cloud.tencent.com/document/product/1007/132063.
func (s *Server) wxNFC(_ *incoming, v args) reply {
	read := s.chip(v.text("NFCToken"), true)
	if read == nil {
		return cloudRefuse("FailedOperation.InvalidTokenParameter", "")
	}
	return reply{result: read.tell("IdCardFrontImg", "IdCardBackImg")}
}

// nfcData answers https://cloud.tencent.com/document/product/1007/74804.
func (s *Server) nfcData(_ *incoming, v args) reply {
	read := s.chip(v.text("ReqId"), false)
	if read == nil {
		return cloudRefuse("InvalidParameterValue", "The ReqId is unknown or too old.")
	}
	words := "查询成功"
	if read.ending.CardFail {
		words = "查询失败"
	}
	return reply{result: append(read.tell("ImageA", "ImageB"), member{"ResultDescription", words})}
}

// tell returns what both actions tell of a chip. The pictures of both sides have
// different names.
func (c *chipRead) tell(front, back string) object {
	out := object{{"ResultCode", "0"}}
	for _, name := range []string{"IdNum", "Name", "Picture", front, back, "BirthDate", "BeginTime", "EndTime", "Address", "Nation", "Sex", "IdType",
		"EnName", "SigningOrganization", "OtherIdNum", "Nationality", "PersonalNumber", "CheckMRTD"} {
		out = append(out, member{name, nil})
	}
	if c.ending.CardFail {
		return out.set("ResultCode", "-1")
	}
	card := c.ending.Card.filled()
	out.set("IdNum", card.Number).set("Name", card.Name).set("BirthDate", card.Birth).set("Address", card.Address).set("Nation", card.Nation).
		set("Sex", card.Sex).set("IdType", "01").set("SigningOrganization", card.Authority).set("CheckMRTD", orNull(c.ending.CheckMRTD))
	if len(card.ValidDate) > 9 && card.ValidDate[8] == '-' {
		out.set("BeginTime", card.ValidDate[:8]).set("EndTime", card.ValidDate[9:])
	}
	if c.ending.NoFiles {
		return out
	}
	return out.set("Picture", media(card.HeadPhoto)).set(front, media(card.FrontPhoto)).set(back, media(card.BackPhoto))
}

// liveCode answers https://cloud.tencent.com/document/product/1007/31821.
func (s *Server) liveCode(*incoming, args) reply {
	return reply{result: object{{"LiveCode", randomFrom("0123456789", 4)}}}
}

// actionSequence answers https://cloud.tencent.com/document/product/1007/31822.
func (s *Server) actionSequence(*incoming, args) reply {
	b := make([]byte, 1)
	_, _ = rand.Read(b) // rand.Read never fails
	return reply{result: object{{"ActionSequence", []string{"1,2", "2,1"}[b[0]&1]}}}
}
