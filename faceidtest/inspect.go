package faceidtest

import (
	"slices"
	"time"
)

// A Request is what the platform remembers of a request: never a secret, a
// ticket, a signature, a person or a photo.
type Request struct {
	Time     time.Time     // of arrival, by the platform's clock
	Method   string        // of HTTP
	Path     string        // of API 3.0 the action, or "/" if nobody knows it
	Status   int           // HTTP status, 0 if no answer was sent
	Code     string        // the platform's code, if it gave one; API 3.0 has none for success
	OrderNo  string        // if the request named a well-formed one
	Duration time.Duration // until the answer was ready
	Fault    string        // the queued fault it met
	Why      string        // of a refused parameter: its name and what is wrong, never its value
}

// keep is how many requests are remembered.
const keep = 1000

// enter counts a request and takes the fault that waits for it. leave must be
// called when its answer is ready.
func (s *Server) enter(in *incoming) (fault Fault, leave func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fault = s.nextFault(in.ctx, in.path)
	leave = func() {}
	if fault.kind == faultRefuse {
		return fault, leave
	}
	s.calls[in.path]++
	if a := s.minter(in); a != nil {
		if a.minting > 0 {
			a.concurrent++
		}
		a.minting++
		leave = func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			a.minting--
		}
	}
	return fault, leave
}

// minter is the app whose token a request asks for, or nil.
func (s *Server) minter(in *incoming) *app {
	if in.path != pathToken {
		return nil
	}
	v, _ := s.readQuery(in, tokenParams)
	return s.apps[v["appId"]]
}

func (s *Server) note(r Request) {
	s.mu.Lock()
	if len(s.recent) >= keep {
		s.recent = slices.Delete(s.recent, 0, len(s.recent)-keep+1)
	}
	s.recent = append(s.recent, r)
	s.mu.Unlock()
	if s.log != nil {
		s.log(r)
	}
}

// Calls is how many requests arrived at path, or for an action of API 3.0, well
// answered or not.
func (s *Server) Calls(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[path]
}

// Requests are the last 1000 finished requests, oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.recent)
}

// Mints are the times at which requests minted a token of this app, by the
// platform's clock; [Server.MintElsewhere] is not among them.
func (s *Server) Mints(appID string) []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mustApp("Mints", appID).mints)
}

// ConcurrentMints is how many token calls of this app came while another was
// not answered yet. The platform forbids that, so it should be 0.
func (s *Server) ConcurrentMints(appID string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mustApp("ConcurrentMints", appID).concurrent
}

// NotSimulated lists what the platform has and this simulator has not.
func (s *Server) NotSimulated() []string {
	return []string{
		"actions of API 3.0 beside the eleven of hosted flows and the nineteen checks, signatures other than TC3-HMAC-SHA256, GET, and UNSIGNED-PAYLOAD; a POST with a query is refused, although the documents do not say so",
		"accounts of API 3.0: all API keys are of one account, which may ask for everything",
		"which site an action is of: both are the same server, and only a host with .intl. refuses the Chinese actions; a Chinese action takes any region, and a token of the international site may be asked about in another region than its own",
		"the error for an unknown BizToken of DetectAuth, which the documents do not name: it is InvalidParameter; for an unknown or old SdkToken it is InvalidParameterValue and BizTokenExpired, and for an unknown MerchantId RuleIdNotExist",
		"what an intention does that nobody is asked for: by choice it is InvalidParameter, for GetEidToken without UseIntentionVerify and for an IntentionType of DetectAuth whose list is missing",
		"what becomes of a RedirectUrl that has the parameter which is appended, BizToken or token, already: it is refused by choice",
		"which kinds of documents an account may use: all that the documents ever listed pass, and those without a field of their own in NormalCardInfo are a GeneralCard by choice",
		"what a check finds: it is scripted by action, whoever is asked about; only ill-formed names, numbers and dates get the code of their table, and names of more than 50 characters count as such by choice",
		"the documents' words for some results of bank cards and phones, which are lost: their Description is empty",
		"whether an outcome of a photo or liveness check comes as a Result or as an error: by choice as a Result, unless Check.AsError says otherwise",
		"files behind VideoUrl and ImageUrl: nothing is downloaded, and what is in a video or a picture is not looked at",
		"the paths in the EncryptList of CheckIdCardInformation with IsEncrypt, which no document names: they are Response.IdNum and Response.Name; its error for a bad key is EncryptSystemError by choice",
		"errors of API 3.0 about arrears, activation and disabled RuleIds: they come only when queued with FailNext",
		"the console's settings of a RuleId in WeChat: the person's card is read when neither Name and IdCard nor ImageBase64 came, and 100 attempts are allowed",
		"WeChat's own limits on attempts per person and day: 2018 comes only when scripted",
		"IsReturnAllVideo and cloud storage: LivenessVideos is null; several frames are the same one",
		"Text of a token whose person only opened the page: ErrCode stays null, because no document says that it becomes 17",
		"EidSign: it has the form of a signature and verifies with nothing; no document tells how",
		"the name and number that OCR reads for E证通: they are withheld, although a sample of the documents has them",
		"the fields of an encrypted answer beside EncryptedBody and Encryption: they are null by choice",
		"the platform's private keys: fields are encrypted for CloudRSAKey or CloudSM2Key, and keys of KMS are unknown",
		"the size of a page of GetWeChatBillDetails (WithBillPage), NextCursor of the last one, which is 0, and ChargeType, which is always 核身",
		"the SDK flow of the international site before its end: Result is -999 by choice; which of its attempts are charged is told by no document for most codes, and 0, 1002, 1005, 1201, 2016 and 2017 are",
		"documents of the international site beyond name, sex, birth and number, warnings that interrupt a flow, and edits by the person",
		"AutoDowngrade, Language, ThemeColor, LivenessTimeout and the other settings of a page: they are checked and change nothing",
		"the console's choice of a product for an app: every app may use them all, because the documents do not say what the others answer then",
		"the App's own answers of getPlusFaceId, getAdvFaceId and getWillFaceId: the path does not tell an App from H5, so all are answered as H5 is, with an optimalDomain; liveInterType and willMidAnswer of will, which H5's table alone has, pass from an App, too",
		"TLS, HTTP/2, compression and the platform's host names: every host is the same platform",
		"an App that switches the comparison off by itself: every order that was uploaded is compared, and a pass always has a similarity",
		"liveness and comparison: endings are scripted, and photos, names and identity numbers are not looked at",
		"identity numbers: their form and check digit are not examined (66660015 comes only when scripted)",
		"SDK licences, package names and bundle ids: any text passes",
		"the camera pages of H5 and PC: a person chooses the ending there, and from and redirectType change nothing",
		"from=App, as the Enhanced and the will page spell it: only WithLenient takes it, the other pages say app",
		"a result page of the PC: the documents do not say whether it waits for the person, so the end goes straight back; nor do they list front-end codes of the PC, so it has those of mobile H5 except 3005",
		"which code a device interception has: no page names it, so RiskyDevice ends with 66665001 by choice",
		"a second launch of a liveness-only order: its order number works once, whatever its end was",
		"the spelling WbFaceErrorDomain, which some SDK pages mix with WBFaceErrorDomain",
		"what the platform does with a faceId whose page or SDK was entered and left: the documents want a new one for every verification, so it is refused with 66660018; WithReentry is the other reading",
		"how long a person may take once the login page or the SDK is open",
		"arrears, trial quotas and charges: 66660002 and 66660003 come only when queued with FailNext",
		"the console's own limits on verifications per person and day",
		"tolerance of the real platform beyond WithLenient; in the strict mode unknown parameters are refused, which the documents do not state",
		"reuse of a request's random nonce: it is not remembered",
		"queryfacerecord and queryphotoinfo for a will order: the documents do not say what they answer, so it is 66660011; so is getWillFaceResult for another product's",
		"getWillFile after an SDK other than 1 and 2: the documents do not say what it means, so no file comes",
		"several rounds of willType 1 and 2: the documents speak of rounds in question mode only, so they are refused; an empty alternative in an answer is refused, too",
		"what a will verification that fails by its face tells of its will part: the documents do not say, so it has no willCode, and no answer was heard",
		"which round the single fields beside willTurnsData repeat: the first one, by choice",
		"hearing: what a person says is scripted",
		"willType, willLanguage and speed: they are checked and change nothing, but that nobody is heard in a nod; whether a nod has a willReadAudio the documents do not say: here it has",
		"an App that records no video, as none does by itself: here it records one unless the ending says NoVideo",
		"cards and documents: they are scripted; the numbers on them are not compared with anybody's, nor a permit's with the launch extras",
		"what the App gets from the OCR SDK beside the code, and OCR of other cards (driving and vehicle licences)",
		"the OCR SDK's code for a card that could not be read: the documents do not name it, so the scan times out (200102); a launch that the platform refuses is 300101 on iOS and Harmony by choice, although the table for bank cards on iOS has no such code",
		"the photos of a side or a card that was not read, and the code of a side that the App does not scan: they are left out",
		"bank card OCR without a result: no code of its table says so, so it is 66660000, whose cure is to make sure that the order number is right",
		"how long OCR results are kept: the documents do not say, so it is 3 days as everywhere",
		"the 8 positions of an ID card's warnings: the documents have lost them",
		"a second reading with one ocrCertId after a success: the documents do not say, so it is refused with 66664002; so is one of another order or user",
		"a document of another kind than the upload's nfcType: the documents do not say what happens, so the SDK finds the wrong kind (66664024)",
		"the format of dates in a document read by NFC: the documents do not say, so it is that of OCR, yyyyMMdd",
		"code, msg and transactionTime inside the result of an NFC query, which its table has and its example has not: Dialect.NFCInnerCode adds them",
	}
}

// Left is how long a token or ticket will still be accepted if nothing happens
// meanwhile; 0 or less if it is not accepted now. A ticket dies with its token,
// and a token a minute after the next mint.
func (s *Server) Left(value string) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for _, a := range s.apps {
		if t := a.liveToken(value, now); t != nil {
			return t.dies.Sub(now)
		}
		for _, t := range slices.Concat(a.signs, a.nonces) {
			if t.value == value && t.live(now) {
				return earlier(t.dies, t.token.dies).Sub(now)
			}
		}
	}
	return 0
}
