package faceid_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"log/slog"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/stretchr/testify/require"
)

// The types of the actions are generated; what they must be is said here a
// second time, from the specification and by reflection.

// cloudActions are the actions of both sites, with request and result.
var cloudActions = map[string]map[string][2]any{
	"cn": {
		"DetectAuth":            {faceid.DetectAuthRequest{}, faceid.DetectAuthResult{}},
		"GetDetectInfo":         {faceid.GetDetectInfoRequest{}, faceid.GetDetectInfoResult{}},
		"GetDetectInfoEnhanced": {faceid.GetDetectInfoEnhancedRequest{}, faceid.GetDetectInfoEnhancedResult{}},
		"GetEidToken":           {faceid.GetEidTokenRequest{}, faceid.GetEidTokenResult{}},
		"CheckEidTokenStatus":   {faceid.CheckEidTokenStatusRequest{}, faceid.CheckEidTokenStatusResult{}},
		"GetEidResult":          {faceid.GetEidResultRequest{}, faceid.GetEidResultResult{}},
		"GetWeChatBillDetails":  {faceid.GetWeChatBillDetailsRequest{}, faceid.GetWeChatBillDetailsResult{}},

		"DetectAIFakeFaces":             {faceid.DetectAIFakeFacesRequest{}, faceid.DetectAIFakeFacesResult{}},
		"LivenessRecognition":           {faceid.LivenessRecognitionRequest{}, faceid.LivenessRecognitionResult{}},
		"LivenessCompare":               {faceid.LivenessCompareRequest{}, faceid.LivenessCompareResult{}},
		"ImageRecognitionV2":            {faceid.ImageRecognitionV2Request{}, faceid.ImageRecognitionV2Result{}},
		"CheckIdCardInformation":        {faceid.CheckIdCardInformationRequest{}, faceid.CheckIdCardInformationResult{}},
		"IdCardVerification":            {faceid.IdCardVerificationRequest{}, faceid.IdCardVerificationResult{}},
		"IdCardOCRVerification":         {faceid.IdCardOCRVerificationRequest{}, faceid.IdCardOCRVerificationResult{}},
		"CheckIdNameDate":               {faceid.CheckIdNameDateRequest{}, faceid.CheckIdNameDateResult{}},
		"CheckBankCardInformation":      {faceid.CheckBankCardInformationRequest{}, faceid.CheckBankCardInformationResult{}},
		"BankCard2EVerification":        {faceid.BankCard2EVerificationRequest{}, faceid.BankCard2EVerificationResult{}},
		"BankCardVerification":          {faceid.BankCardVerificationRequest{}, faceid.BankCardVerificationResult{}},
		"BankCard4EVerification":        {faceid.BankCard4EVerificationRequest{}, faceid.BankCard4EVerificationResult{}},
		"MobileNetworkTimeVerification": {faceid.MobileNetworkTimeVerificationRequest{}, faceid.MobileNetworkTimeVerificationResult{}},
		"MobileStatus":                  {faceid.MobileStatusRequest{}, faceid.MobileStatusResult{}},
		"PhoneVerification":             {faceid.PhoneVerificationRequest{}, faceid.PhoneVerificationResult{}},
		"PhoneVerificationCMCC":         {faceid.PhoneVerificationCMCCRequest{}, faceid.PhoneVerificationCMCCResult{}},
		"PhoneVerificationCTCC":         {faceid.PhoneVerificationCTCCRequest{}, faceid.PhoneVerificationCTCCResult{}},
		"PhoneVerificationCUCC":         {faceid.PhoneVerificationCUCCRequest{}, faceid.PhoneVerificationCUCCResult{}},
		"CheckPhoneAndName":             {faceid.CheckPhoneAndNameRequest{}, faceid.CheckPhoneAndNameResult{}},
	},
	"intl": {
		"ApplyWebVerificationBizTokenIntl": {faceid.ApplyWebVerificationBizTokenIntlRequest{}, faceid.ApplyWebVerificationBizTokenIntlResult{}},
		"GetWebVerificationResultIntl":     {faceid.GetWebVerificationResultIntlRequest{}, faceid.GetWebVerificationResultIntlResult{}},
		"ApplySdkVerificationToken":        {faceid.ApplySdkVerificationTokenRequest{}, faceid.ApplySdkVerificationTokenResult{}},
		"GetSdkVerificationResult":         {faceid.GetSdkVerificationResultRequest{}, faceid.GetSdkVerificationResultResult{}},
	},
}

// cloudMedia are the fields whose Base64 is a picture, a video or sound.
var cloudMedia = []string{
	"ApplySdkVerificationTokenRequest.CompareImage",
	"ApplyWebVerificationBizTokenIntlRequest.CompareImage",
	"CheckIdCardInformationRequest.Image", "CheckIdCardInformationResult.Portrait",
	"DetectAIFakeFacesRequest.FaceInput",
	"DetectAuthRequest.Image",
	"DetectInfoBestFrame.BestFrame", "DetectInfoBestFrame.BestFrames",
	"DetectInfoIDCardData.Avatar", "DetectInfoIDCardData.OCRBack", "DetectInfoIDCardData.OCRFront",
	"DetectInfoIDCardData.ProcessedBackImage", "DetectInfoIDCardData.ProcessedFrontImage",
	"DetectInfoVideoData.LivenessVideo",
	"GetWebVerificationResultIntlResult.BestFrame", "GetWebVerificationResultIntlResult.Video",
	"IdCardOCRVerificationRequest.Image", "IdCardOCRVerificationResult.Portrait",
	"ImageRecognitionV2Request.Image",
	"LivenessCompareRequest.Image", "LivenessCompareRequest.Video", "LivenessCompareResult.BestFrame", "LivenessCompareResult.BestFrameList",
	"LivenessRecognitionRequest.Video", "LivenessRecognitionResult.BestFrame", "LivenessRecognitionResult.BestFrameList",
	"IntentionActionResultDetail.ScreenShot", "IntentionActionResultDetail.Video",
	"IntentionQuestionResult.ScreenShot", "IntentionQuestionResult.Video",
	"IntentionVerifyData.IntentionVerifyAudio", "IntentionVerifyData.IntentionVerifyBestFrame", "IntentionVerifyData.IntentionVerifyVideo",
	"OCRResultIntl.CardBackCutImage", "OCRResultIntl.CardBackImage", "OCRResultIntl.CardCutImage",
	"OCRResultIntl.CardImage", "OCRResultIntl.HeadImage",
}

// cloudPointers are the values whose absence says something else than zero.
var cloudPointers = []string{
	"ApplySdkVerificationTokenRequest.AllowExpiredDocument",
	"CardVerifyResult.IsEdit",
	"CompareResult.Sim",
	"DetectDetail.CompareStatus", "DetectDetail.ErrCode", "DetectDetail.IsNeedCharge", "DetectDetail.LiveStatus",
	"DetectInfoText.CompareStatus", "DetectInfoText.ErrCode", "DetectInfoText.LiveStatus", "DetectInfoText.UseIDType",
	"GetDetectInfoEnhancedResult.IsVerifyIntention", "GetEidResultResult.IsVerifyIntention",
	"GetEidTokenConfig.IntentionRecognition",
	"GetWebVerificationResultIntlResult.ErrorCode",
	"IntentionActionResult.FinalResultDetailCode",
	"IntentionQuestionResult.FinalResultDetailCode",
	"IntentionVerifyData.ErrorCode",
	"OCRResultIntl.IsPass",
	"RetrievalLivenessExtraInfo.SimilarityScore",
	"RuleIDConfig.IntentionRecognition",
	"VerificationDetail.CompareErrorCode", "VerificationDetail.ErrorCode", "VerificationDetail.LivenessErrorCode", "VerificationDetail.Similarity",
	"WebVerificationConfigIntl.AllowExpiredDocument", "WebVerificationConfigIntl.LivenessTimeout",
}

// cloudNamed are the types of single values, and how they may be sent.
var cloudNamed = map[string]any{
	"AttackRiskLevel":     faceid.AttackRiskHigh,
	"AttackRiskType":      faceid.AttackWatermark,
	"BankCardType":        faceid.BankCardCredit,
	"EidInputType":        faceid.EidInputGiven,
	"EidIntentionMode":    faceid.EidIntentionNod,
	"EidStatus":           faceid.EidDoing,
	"FaceInputType":       faceid.FaceVideo,
	"InfoParts":           faceid.InfoText | faceid.InfoBestFrame,
	"IntlIDCardType":      faceid.IntlHKIDCard,
	"IntentionVerifyType": faceid.IntentionVerifiedReading,
	"LivenessType":        faceid.LivenessAction,
	"PhoneCarrier":        faceid.CarrierUnicom,
	"PhoneMismatch":       faceid.PhoneOtherMismatch,
	"PhoneState":          faceid.PhoneUnknown,
	"PhoneVerifyMode":     faceid.PhoneVerifyDetailed,
	"RuleIntentionType":   faceid.RuleIntentionNod,
}

// cloudHarmless are the fields that may print, of whatever type. The Result of a
// check prints as its Code.
var cloudHarmless = strings.Fields(`AttackRiskLevel RequestID Status IntentionVerifyType IsVerifyIntention HasNextPage ChargeCount Result
	ErrCode ErrorCode LiveStatus CompareStatus FinalResultCode FinalResultDetailCode`)

type cloudSpec struct {
	Actions map[string]struct {
		Result            string
		Encrypts          []string
		Request, Response []cloudField
	}
	Types map[string]struct{ Fields []cloudField }
}

type cloudField struct {
	Name, Type, Base64, Limits string
	Required                   *bool
}

func readCloudSpec(t *testing.T, site string) cloudSpec {
	data, err := os.ReadFile("internal/cloudspec/" + site + ".json")
	require.NoError(t, err)
	var spec cloudSpec
	require.NoError(t, json.Unmarshal(data, &spec))
	return spec
}

var bytesType = reflect.TypeFor[[]byte]()

// cloudStructs are all generated structs: requests, results, and what they reach.
func cloudStructs() []reflect.Type {
	seen := map[string]reflect.Type{}
	var visit func(reflect.Type)
	visit = func(t reflect.Type) {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || seen[t.Name()] != nil {
			return
		}
		seen[t.Name()] = t
		for i := range t.NumField() {
			if ofPlatform(t.Field(i)) {
				visit(t.Field(i).Type)
			}
		}
	}
	for _, actions := range cloudActions {
		for _, call := range actions {
			visit(reflect.TypeOf(call[0]))
			visit(reflect.TypeOf(call[1]))
		}
	}
	var all []reflect.Type
	for _, t := range seen {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b reflect.Type) int { return strings.Compare(a.Name(), b.Name()) })
	return all
}

func cloudTag(f reflect.StructField) (name string, optional bool) {
	name, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name, rest == "omitempty"
}

func TestCloudTypesAreThoseOfTheSpecification(t *testing.T) {
	var seen []string
	for site, actions := range cloudActions {
		spec := readCloudSpec(t, site)
		goTypes := map[string]string{} // by the platform's names
		var compare func(string, []cloudField, reflect.Type)
		compare = func(where string, fields []cloudField, goType reflect.Type) {
			var want, got []string
			for _, f := range fields {
				want = append(want, f.Name)
			}
			var goFields []reflect.StructField
			for i := range goType.NumField() {
				f := goType.Field(i)
				if !ofPlatform(f) {
					continue
				}
				name, _ := cloudTag(f)
				got, goFields = append(got, name), append(goFields, f)
			}
			require.Equal(t, want, got, "%s %s", site, where)
			for i, f := range fields {
				at := fmt.Sprintf("%s %s.%s", site, where, f.Name)
				field := goFields[i]
				_, optional := cloudTag(field)
				require.Equal(t, f.Required != nil && !*f.Required, optional, "%s: omitempty", at)

				is := field.Type
				base, list := strings.CutPrefix(f.Type, "[]")
				require.Equal(t, list, is.Kind() == reflect.Slice && is != bytesType, "%s: a list", at)
				switch {
				case list:
					is = is.Elem()
				case is.Kind() == reflect.Pointer:
					is = is.Elem()
				case f.Required == nil || !*f.Required:
					require.NotEqual(t, reflect.Struct, is.Kind(), "%s: an object that may be absent is no pointer", at)
				}
				nested, isObject := spec.Types[base]
				switch {
				case isObject:
					require.Equal(t, reflect.Struct, is.Kind(), at)
					if name, ok := goTypes[base]; ok {
						require.Equal(t, name, is.Name(), at)
						continue
					}
					goTypes[base] = is.Name()
					compare(base, nested.Fields, is)
				case is == bytesType:
					require.Equal(t, "string", base, at)
					require.Equal(t, "media", f.Base64, at)
				case is.PkgPath() != "":
					require.Contains(t, cloudNamed, is.Name(), at)
					require.Equal(t, is, reflect.TypeOf(cloudNamed[is.Name()]))
					sent, err := json.Marshal(cloudNamed[is.Name()])
					require.NoError(t, err)
					class := map[bool]string{true: "string", false: "int64"}[sent[0] == '"']
					require.Equal(t, base, class, "%s is sent as %s", at, sent)
				default:
					require.Equal(t, base, is.Kind().String(), at)
					require.NotEqual(t, "media", f.Base64, at)
				}
			}
			seen = append(seen, goType.Name())
		}
		require.Len(t, spec.Actions, len(actions), site)
		for name, call := range actions {
			require.Contains(t, spec.Actions, name)
			compare(name+".request", spec.Actions[name].Request, reflect.TypeOf(call[0]))
			compare(name+".response", spec.Actions[name].Response, reflect.TypeOf(call[1]))
			_, ok := reflect.TypeOf(call[1]).FieldByName("RequestID")
			require.True(t, ok, "%s: no RequestID", name)
		}
		for name := range spec.Types {
			require.Contains(t, goTypes, name, "%s: a type that nothing reaches", site)
		}
	}

	var generated []string
	for _, site := range []string{"cn", "intl"} {
		file, err := parser.ParseFile(token.NewFileSet(), "cloudtypes_"+site+".go", nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				generated = append(generated, spec.Name.Name)
			}
			return true
		})
	}
	slices.Sort(seen)
	slices.Sort(generated)
	require.Equal(t, generated, slices.Compact(seen))
}

func TestCloudMediaAndPointersAreTheseOnly(t *testing.T) {
	var media, pointers []string
	for _, st := range cloudStructs() {
		for i := range st.NumField() {
			f := st.Field(i)
			path := st.Name() + "." + f.Name
			switch {
			case !ofPlatform(f):
			case f.Type == bytesType, f.Type == reflect.TypeFor[[][]byte]():
				media = append(media, path)
			case f.Type.Kind() == reflect.Pointer && f.Type.Elem().Kind() != reflect.Struct:
				pointers = append(pointers, path)
			}
		}
	}
	require.ElementsMatch(t, cloudMedia, media)
	require.ElementsMatch(t, cloudPointers, pointers)
}

// ofPlatform reports whether a field is the platform's, and not one of package
// faceid beside them.
func ofPlatform(f reflect.StructField) bool {
	return f.IsExported() && f.Tag.Get("json") != "-" && f.Name != "WillAsked"
}

// A request has MediaTo if its result holds media, and only then.
func TestCloudMediaToIsWhereMediaAre(t *testing.T) {
	var holds func(reflect.Type) bool
	holds = func(t reflect.Type) bool {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice && t != bytesType {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct {
			return t == bytesType
		}
		for i := range t.NumField() {
			if holds(t.Field(i).Type) {
				return true
			}
		}
		return false
	}
	for _, actions := range cloudActions {
		for name, call := range actions {
			_, has := reflect.TypeOf(call[0]).FieldByName("MediaTo")
			require.Equal(t, holds(reflect.TypeOf(call[1])), has, name)
		}
	}
}

func TestCloudRequestsSendWhatIsRequiredAndNoMore(t *testing.T) {
	for site, actions := range cloudActions {
		spec := readCloudSpec(t, site)
		for name, call := range actions {
			var want []string
			for _, f := range spec.Actions[name].Request {
				if *f.Required {
					want = append(want, f.Name)
				}
			}
			text, err := json.Marshal(call[0])
			require.NoError(t, err)
			var sent map[string]any
			require.NoError(t, json.Unmarshal(text, &sent))
			var got []string
			for member := range sent {
				got = append(got, member)
			}
			require.ElementsMatch(t, want, got, name)
		}
	}

	text, err := json.Marshal(faceid.GetWeChatBillDetailsRequest{Date: "2026-01-31"})
	require.NoError(t, err)
	require.Equal(t, `{"Date":"2026-01-31","Cursor":0}`, string(text), "the first page has a cursor, too")
	text, err = json.Marshal(faceid.RuleIDConfig{IntentionRecognition: new(bool)})
	require.NoError(t, err)
	require.Equal(t, `{"IntentionRecognition":false}`, string(text))
	text, err = json.Marshal(faceid.WebVerificationConfigIntl{LivenessTimeout: new(uint64), AllowExpiredDocument: new(bool)})
	require.NoError(t, err)
	require.Equal(t, `{"LivenessTimeout":0,"AllowExpiredDocument":false}`, string(text))
}

func TestCloudNamesThatDifferByCase(t *testing.T) {
	pairs := 0
	for _, st := range cloudStructs() {
		for i := range st.NumField() {
			for k := range i {
				a, _ := cloudTag(st.Field(i))
				b, _ := cloudTag(st.Field(k))
				if !strings.EqualFold(a, b) || !ofPlatform(st.Field(i)) || !ofPlatform(st.Field(k)) {
					continue
				}
				pairs++
				require.NotEqual(t, strings.HasSuffix(st.Field(i).Name, "Deprecated"), strings.HasSuffix(st.Field(k).Name, "Deprecated"), st.Name())
				for _, text := range []string{
					fmt.Sprintf(`{%q: "of a", %q: "of b"}`, a, b),
					fmt.Sprintf(`{%q: "of b", %q: "of a"}`, b, a),
				} {
					v := reflect.New(st)
					require.NoError(t, json.Unmarshal([]byte(text), v.Interface()))
					require.Equal(t, "of a", v.Elem().Field(i).String(), "%s %s", st.Name(), text)
					require.Equal(t, "of b", v.Elem().Field(k).String(), "%s %s", st.Name(), text)
				}
			}
		}
	}
	require.Equal(t, 2, pairs)

	for _, text := range []string{
		`{"IdCard": "new", "Idcard": "old"}`, `{"Idcard": "old", "IdCard": "new"}`,
	} {
		var d faceid.ChargeDetail
		require.NoError(t, json.Unmarshal([]byte(text), &d))
		require.Equal(t, "new", d.IDCard)
		require.Equal(t, "old", d.IDCardDeprecated)
	}
	for _, text := range []string{
		`{"VerificationURL": "new", "VerificationUrl": "old"}`, `{"VerificationUrl": "old", "VerificationURL": "new"}`,
	} {
		var r faceid.ApplyWebVerificationBizTokenIntlResult
		require.NoError(t, json.Unmarshal([]byte(text), &r))
		require.Equal(t, "new", r.VerificationURL)
		require.Equal(t, "old", r.VerificationURLDeprecated)
	}
}

func TestCloudMediaIsBase64(t *testing.T) {
	picture := append(bytes.Repeat([]byte("picture \xfb\xef\xbe\xff\x00"), 9), '!')
	plain := base64.StdEncoding.EncodeToString(picture)
	var broken strings.Builder
	for part := range slices.Chunk([]byte(plain), 76) {
		fmt.Fprintf(&broken, `%s\r\n`, part) // as JSON spells a line break
	}
	for _, sign := range []string{"+", "/", "="} { // Base64 for URLs is another
		require.Contains(t, plain, sign)
	}

	for _, st := range cloudStructs() {
		for i := range st.NumField() {
			f := st.Field(i)
			if !slices.Contains(cloudMedia, st.Name()+"."+f.Name) {
				continue
			}
			name, _ := cloudTag(f)
			for _, text := range []string{plain, broken.String()} {
				quoted := `"` + text + `"`
				var want any = picture
				if f.Type != bytesType {
					quoted, want = "["+quoted+","+quoted+"]", [][]byte{picture, picture}
				}
				v := reflect.New(st)
				require.NoError(t, json.Unmarshal([]byte(`{"`+name+`": `+quoted+`}`), v.Interface()))
				require.Equal(t, want, v.Elem().Field(i).Interface(), "%s.%s", st.Name(), f.Name)

				sent, err := json.Marshal(v.Interface())
				require.NoError(t, err)
				var members map[string]json.RawMessage
				require.NoError(t, json.Unmarshal(sent, &members))
				require.JSONEq(t, strings.ReplaceAll(quoted, `\r\n`, ""), string(members[name]))
			}
			empty := reflect.New(st)
			if f.Type == bytesType {
				require.NoError(t, json.Unmarshal([]byte(`{"`+name+`": ""}`), empty.Interface()), "no picture may be an empty text")
				require.Empty(t, empty.Elem().Field(i).Bytes())
			}
		}
	}
}

func TestCloudNullIsNothing(t *testing.T) {
	for _, st := range cloudStructs() {
		members := map[string]any{}
		for i := range st.NumField() {
			name, _ := cloudTag(st.Field(i))
			members[name] = nil
		}
		text, err := json.Marshal(members)
		require.NoError(t, err)
		v := reflect.New(st)
		require.NoError(t, json.Unmarshal(text, v.Interface()), st.Name())
		require.Zero(t, v.Elem().Interface(), st.Name())
	}
}

// cloudFill fills a value with canaries, and with harmless values where they may
// print. It returns a canary in all the ways it could print.
type cloudFill struct {
	count    int
	canaries []string
}

func (c *cloudFill) fill(v reflect.Value, harmless bool) {
	c.count++
	text, number := fmt.Sprintf("canary-%d-", c.count), 700_000_000+c.count
	if harmless {
		text, number = fmt.Sprintf("harmless-%d-", c.count), 500_000_000+c.count
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int64:
		v.SetInt(int64(number))
		text = fmt.Sprint(number)
	case reflect.Uint64:
		v.SetUint(uint64(number))
		text = fmt.Sprint(number)
	case reflect.Uint8: // a set of bits with a name: no canary fits in
		v.SetUint(0b1010)
		return
	case reflect.Float64:
		v.SetFloat(float64(number))
		text = fmt.Sprint(float64(number))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		c.fill(v.Elem(), harmless)
		return
	case reflect.Slice:
		if v.Type() == bytesType {
			v.SetBytes([]byte(text))
			break
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		c.fill(v.Index(0), false) // a list prints as its length only
		c.fill(v.Index(1), false)
		return
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); !ofPlatform(f) && f.Type.Kind() != reflect.Func {
				continue
			}
			c.fill(v.Field(i), slices.Contains(cloudHarmless, v.Type().Field(i).Name))
		}
		return
	case reflect.Func: // not of the platform, and never printed
		v.Set(reflect.ValueOf(func(string) io.Writer { return nil }))
		return
	default:
		panic(v.Kind())
	}
	if !harmless {
		c.canaries = append(c.canaries, text)
		if v.Kind() != reflect.Int64 && v.Kind() != reflect.Uint64 && v.Kind() != reflect.Float64 {
			hex, dec := fmt.Sprintf("%x", text), strings.Trim(fmt.Sprint([]byte(text)), "[]")
			c.canaries = append(c.canaries, base64.StdEncoding.EncodeToString([]byte(text)), hex, strings.ToUpper(hex), dec)
		}
	}
}

func TestCloudTypesPrintNothingPersonal(t *testing.T) {
	types := cloudStructs()
	require.Greater(t, len(types), 60)
	returned := map[reflect.Type]bool{}
	for _, actions := range cloudActions {
		for _, call := range actions {
			returned[reflect.TypeOf(call[1])] = true
		}
	}
	for _, st := range types {
		var c cloudFill
		v := reflect.New(st)
		c.fill(v.Elem(), false)
		pointer, value := v.Interface(), v.Elem().Interface()

		var printed bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "%T"} {
			fmt.Fprintf(&printed, verb+"\n", value)
			fmt.Fprintf(&printed, verb+"\n", pointer)
			fmt.Fprintf(&printed, verb+"\n", []any{value, pointer})
		}
		for _, w := range []slog.Handler{slog.NewJSONHandler(&printed, nil), slog.NewTextHandler(&printed, nil)} {
			slog.New(w).Info("log", "value", value, "pointer", pointer)
		}
		text := printed.String()
		for _, canary := range c.canaries {
			require.NotContains(t, text, canary, "%s prints what is personal", st.Name())
		}
		require.Contains(t, text, "faceid."+st.Name()+"{")
		require.NotContains(t, text, "MediaTo")
		if !returned[st] {
			require.Equal(t, "faceid."+st.Name()+"{…}", fmt.Sprint(value), "requests, and what results hold, print as their name")
		}
		for i := range st.NumField() {
			f, field := st.Field(i), v.Elem().Field(i)
			for field.Kind() == reflect.Pointer {
				field = field.Elem()
			}
			if returned[st] && slices.Contains(cloudHarmless, f.Name) && f.Type.Kind() != reflect.Slice && f.Name != "Result" {
				require.Contains(t, text, fmt.Sprint(f.Name, ":", field.Interface()), st.Name())
			}
		}

		require.NotPanics(t, func() {
			zero := reflect.New(st)
			require.Contains(t, fmt.Sprint(zero.Interface()), "faceid."+st.Name()+"{")
			none := reflect.Zero(reflect.PointerTo(st)).Interface()
			fmt.Fprintf(io.Discard, "%+v", none)
			slog.New(slog.NewJSONHandler(io.Discard, nil)).Info("log", "none", none)
		}, st.Name())
	}

	code := int64(0)
	require.Contains(t, fmt.Sprint(faceid.GetDetectInfoEnhancedResult{Text: &faceid.DetectInfoText{ErrCode: &code, Name: "somebody"}, RequestID: "r1"}),
		" Text:{ErrCode:0} RequestID:r1}", "an outcome is worth a line in a log")
}
