package faceidtest

import (
	"fmt"
	"strconv"
)

var willResultParams = []param{
	{name: "appId", ok: some},
	{name: "orderNo", ok: isOrderNo},
	{name: "nonce", ok: isNonce},
	{name: "version", ok: some},
	{name: "sign", ok: some},
	{name: "getFile", ok: atMost(40)}, // the query must have both, and its page tells what an empty getFile means
	{name: "getWillFile", ok: upTo(40)},
}

// willResult tells how a will verification ended.
func (s *Server) willResult(in *incoming) reply {
	v, bad := s.readBody(in, willResultParams)
	if bad != "" {
		return refuse(bad)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o, bad := s.queried(v["appId"], v, pathWillResult)
	if bad != "" {
		return refuse(bad)
	}
	e := o.ending
	result := object{
		{"bizSeqNo", o.seqNo},
		{"transactionTime", stamp(s.now())},
		{"appId", o.app.id},
		{"orderNo", o.no},
	}
	result = result.text("similarity", e.Similarity).text("liveRate", e.LiveRate)
	result = append(result, member{"occurredTime", stamp(o.finished)})
	if risk := o.riskInfo(); len(risk) > 0 {
		result = append(result, member{"riskInfo", risk})
	}
	result = result.part("face", e.Will.FaceCode).part("will", e.Will.Code)
	result = append(result, s.faceFiles(o, v["getFile"])...)
	files, video := o.willFiles(v["getWillFile"])
	result = result.file("willScrnShotImage", e.Will.Screenshot, files && s.fileReady(o, "willScrnShotImage"))
	if video && e.Will.Video != nil && s.fileReady(o, "willUserVideo") {
		result = append(result, member{"willUserVideo", media(e.Will.Video)})
	}
	// The examples show the first round twice: in willTurnsData, and in fields of the
	// result itself. The table says that these fields have its audio only if there is a
	// single round.
	single := len(o.rounds) == 1
	result = append(result, s.turn(o, 0, "", files && single)...)
	if o.overSDK {
		result = append(result, member{"sdkVersion", e.SDKVersion})
	}
	result = append(result.text("trtcFlag", e.trtcFlag()), member{"success", false})
	return s.outcome(o, s.dialect.turns(result, s.turns(o, files)))
}

// willFiles tells whether getWillFile asks for the complete video, and whether
// it asks for all other files. The values of getWillFile have one meaning after
// an SDK and another after a browser.
func (o *order) willFiles(get string) (files, video bool) {
	if o.overSDK {
		return get == "1" || get == "2", get == "1"
	}
	return get == "1", get == "1"
}

// turn returns what was asked and said in one round. The parameter names
// is the prefix of the names of its files. The caller holds the lock.
func (s *Server) turn(o *order, i int, names string, files bool) object {
	w, r := o.ending.Will, o.rounds[i]
	var t object
	t = t.file("willUserAudio", w.UserAudio, files && s.fileReady(o, names+"willUserAudio"))
	t = t.file("willReadAudio", w.ReadAudio, files && s.fileReady(o, names+"willReadAudio"))
	t = append(t, member{"willStandText", r.question}, member{"willStandAnswer", r.answer})
	return t.text("willUserAnswer", w.Answers[i])
}

// turns returns all rounds. The file names of a single round have no index. The
// caller holds the lock.
func (s *Server) turns(o *order, files bool) list {
	var turns list
	for i := range o.rounds {
		names := ""
		if len(o.rounds) > 1 {
			names = fmt.Sprintf("willTurnsData[%d].", i)
		}
		turns = append(turns, append(object{{"id", strconv.Itoa(i)}}, s.turn(o, i, names, files)...))
	}
	return turns
}

// turns adds willTurnsData, which is there for several rounds. For a single
// round the dialect decides, because live answers are seen in several forms.
func (d Dialect) turns(result object, turns list) object {
	switch {
	case len(turns) > 1:
		return append(result, member{"willTurnsData", turns})
	case d.TurnsAsObject:
		return append(result, member{"willTurnsData", turns[0]})
	case d.TurnsNull:
		return append(result, member{"willTurnsData", nil})
	}
	return result
}

// part adds the code and the words of one of the two parts, if the code is not
// empty.
func (o object) part(name, code string) object {
	msg := will.message(code)
	switch code {
	case "":
		return o
	case "0":
		msg = "请求成功"
	}
	return append(o, member{name + "Code", code}, member{name + "Msg", msg})
}
