package faceidtest

var recordParams = []param{
	{name: "appId", ok: some},
	{name: "version", ok: some},
	{name: "nonce", ok: isNonce},
	{name: "orderNo", ok: isOrderNo},
	{name: "sign", ok: some},
	{name: "getFile", ok: atMost(1), optional: true}, // any other character means no files
	{name: "queryVersion", ok: oneOf("1.0"), optional: true},
}

// photoParams accept the app ID under both names that the documents print.
var photoParams = []param{
	{name: "appId", ok: some, optional: true},
	{name: "webankAppId", ok: some, optional: true},
	{name: "version", ok: some},
	{name: "nonce", ok: isNonce},
	{name: "orderNo", ok: isOrderNo},
	{name: "sign", ok: some},
}

// faceRecord answers https://cloud.tencent.com/document/product/1007/114181.
func (s *Server) faceRecord(in *incoming) reply {
	v, bad := s.readBody(in, recordParams)
	if bad != "" {
		return refuse(bad)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o, bad := s.queried(v["appId"], v, pathRecord)
	if bad != "" {
		return refuse(bad)
	}
	e := o.ending
	result := object{{"orderNo", o.no}}
	result = result.text("liveRate", e.LiveRate)
	if risk := o.riskInfo(); len(risk) > 0 {
		result = append(result, member{"riskInfo", risk})
	}
	if !o.livenessOnly {
		result = result.text("similarity", e.Similarity)
	}
	result = append(result, member{"occurredTime", stamp(o.finished)}, member{"appId", o.app.id})
	result = append(result, s.faceFiles(o, v["getFile"])...)
	result = append(result, member{"bizSeqNo", o.seqNo})
	if v["queryVersion"] != "" {
		result = append(result, member{"sdkVersion", e.SDKVersion})
		result = result.text("trtcFlag", e.trtcFlag())
	}
	return s.outcome(o, result)
}

// photoInfo answers https://cloud.tencent.com/document/product/1007/114182.
func (s *Server) photoInfo(in *incoming) reply {
	v, bad := s.readBody(in, photoParams)
	id, other := v["appId"], v["webankAppId"]
	if id == "" {
		id = other
	}
	if bad == "" && (id == "" || other != "" && other != id) {
		bad = "66660000"
	}
	if bad != "" {
		return refuse(bad)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o, bad := s.queried(id, v, pathRecord)
	if bad != "" {
		return refuse(bad)
	}
	result := object{{"orderNo", o.no}, {"occurredTime", stamp(o.finished)}, {"photoList", nil}}
	if photos := o.ending.Photos; len(photos) > 0 && s.fileReady(o, "photoList") {
		var l list
		for _, p := range photos {
			l = append(l, media(p))
		}
		result[2].value = l
	}
	r := s.outcome(o, result)
	r.outer = object{{"bizSeqNo", s.seqNo()}} // this table has no transactionTime
	return r
}

// queried finds the finished order that a signed query names, if its product is
// queried at this path. Otherwise it returns the code of the refusal. The
// caller holds the lock.
func (s *Server) queried(appID string, v map[string]string, path string) (*order, string) {
	a, now := s.apps[appID], s.now()
	if a == nil || !a.signed(now, v["sign"], appID, v["orderNo"], v["version"], v["nonce"]) {
		return nil, "400101"
	}
	o := a.orders[v["orderNo"]]
	if o == nil || o.product.query != path || !o.isOver || o.ending.NoResult || o.ending.FrontEnd {
		return nil, "66660011"
	}
	if !now.Before(o.finished.Add(s.scaled(resultLife))) {
		return nil, "66660011"
	}
	return o, ""
}

// faceFiles returns the files of the face that getFile asks for and that are
// ready. The caller holds the lock.
func (s *Server) faceFiles(o *order, get string) object {
	var files object
	files = files.file("photo", o.ending.Photo, (get == "1" || get == "2") && s.fileReady(o, "photo"))
	return files.file("video", o.ending.Video, (get == "1" || get == "3") && s.fileReady(o, "video"))
}

// fileReady reports whether a file of this name is ready by now. The caller
// holds the lock.
func (s *Server) fileReady(o *order, name string) bool {
	lag := max(o.ending.FilesLag, o.ending.FileLag[name])
	return !o.ending.NoFiles && !s.now().Before(o.finished.Add(lag))
}

// outcome answers how a verification ended. A bad end is an answer, too.
func (s *Server) outcome(o *order, result object) reply {
	r := s.accept(result)
	if e := o.ending; e.Code != "0" {
		r.code, r.msg = e.Code, e.message(o.product)
	}
	return r
}

// text adds a string, unless it is empty.
func (o object) text(name, value string) object {
	if value == "" {
		return o
	}
	return append(o, member{name, value})
}

// file adds a file, if the query asked for it and it is not empty.
func (o object) file(name string, b []byte, asked bool) object {
	if !asked || len(b) == 0 {
		return o
	}
	return append(o, member{name, media(b)})
}

// riskInfo returns the members of riskInfo that the product tells.
func (o *order) riskInfo() object {
	names := o.product.browserRisk
	if o.overSDK {
		names = o.product.sdkRisk
	}
	var risk object
	for _, name := range names {
		if value, ok := o.ending.Risk[name]; ok {
			risk = append(risk, member{name, value})
		}
	}
	return risk
}

// trtcFlag returns the only value that the documents have, or "".
func (e Ending) trtcFlag() string {
	if e.TRTC {
		return "Y"
	}
	return ""
}
