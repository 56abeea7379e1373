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
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/stretchr/testify/require"
)

// cloudPointers are the fields where an absent value means something else than a zero.
var cloudPointers = []string{
	"ApplySdkVerificationTokenRequest.AllowExpiredDocument",
	"CardVerifyResult.IsEdit",
	"CompareResult.Sim",
	"DetectDetail.CompareStatus", "DetectDetail.ErrCode", "DetectDetail.IsNeedCharge", "DetectDetail.LiveStatus",
	"DetectInfoText.CompareStatus", "DetectInfoText.ErrCode", "DetectInfoText.LiveStatus", "DetectInfoText.UseIDType",
	"GetDetectInfoEnhancedResult.IsVerifyIntention", "GetEidResultResult.IsVerifyIntention",
	"GetEidTokenConfig.IntentionRecognition",
	"GetFaceIdRiskInfoResult.CameraInfoLevel", "GetFaceIdRiskInfoResult.DeviceInfoLevel",
	"GetFaceIdResultIntlResult.Similarity",
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

// cloudNamed are the named types of single values, each with a value that may be sent.
var cloudNamed = map[string]any{
	"AttackRiskLevel":     faceid.AttackRiskHigh,
	"AttackRiskType":      faceid.AttackWatermark,
	"BankCardType":        faceid.BankCardCredit,
	"EidInputType":        faceid.EidInputGiven,
	"EidIntentionMode":    faceid.EidIntentionNod,
	"EidStatus":           faceid.EidDoing,
	"FaceCompareLib":      faceid.CompareBusiness,
	"IntlSelfieMode":      faceid.IntlSelfieCompare,
	"FaceInputType":       faceid.FaceVideo,
	"InfoParts":           faceid.InfoText | faceid.InfoBestFrame,
	"IntlIDCardType":      faceid.IntlHKIDCard,
	"IntentionVerifyType": faceid.IntentionVerifiedReading,
	"LivenessType":        faceid.LivenessAction,
	"MinorsType":          faceid.MinorsByPerson,
	"PhoneCarrier":        faceid.CarrierUnicom,
	"PhoneDigest":         faceid.PhoneSM3,
	"PhoneMismatch":       faceid.PhoneOtherMismatch,
	"PhoneState":          faceid.PhoneUnknown,
	"PhoneVerifyMode":     faceid.PhoneVerifyDetailed,
	"RiskInfoLevel":       faceid.RiskInfoAttack,
	"RuleIntentionType":   faceid.RuleIntentionNod,
	"Sex":                 faceid.SexFemale,
}

// cloudHarmless are the fields that may be printed, whatever their type. The Result of
// a check prints as its Code.
var cloudHarmless = strings.Fields(`AttackRiskLevel RequestID Status IntentionVerifyType IsVerifyIntention HasNextPage ChargeCount Result
	ErrCode ErrorCode LiveStatus CompareStatus FinalResultCode FinalResultDetailCode`)

func TestCloudTypesAreThoseOfTheSpecification(t *testing.T) {
	var seen []string
	for site, actions := range cloudActions {
		c := cloudComparison{site: site, spec: readCloudSpec(t, site), goTypes: map[string]string{}}
		require.Len(t, c.spec.Actions, len(actions), site)
		for name, call := range actions {
			require.Contains(t, c.spec.Actions, name)
			c.compare(t, name+".request", c.spec.Actions[name].Request, reflect.TypeOf(call[0]))
			c.compare(t, name+".response", c.spec.Actions[name].Response, reflect.TypeOf(call[1]))
			_, ok := reflect.TypeOf(call[1]).FieldByName("RequestID")
			require.True(t, ok, "%s: no RequestID", name)
		}
		for name := range c.spec.Types {
			require.Contains(t, c.goTypes, name, "%s: a type that nothing reaches", site)
		}
		seen = append(seen, c.seen...)
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

// cloudComparison compares the generated types with the specification of a site.
type cloudComparison struct {
	site    string
	spec    cloudSpec
	goTypes map[string]string // the names in Go, by those of the platform
	seen    []string          // the names of the types that were compared
}

// compare compares a type with its fields in the specification.
func (c *cloudComparison) compare(t *testing.T, where string, fields []cloudField, goType reflect.Type) {
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
	require.Equal(t, want, got, "%s %s", c.site, where)
	for i, f := range fields {
		c.compareField(t, fmt.Sprintf("%s %s.%s", c.site, where, f.Name), f, goFields[i])
	}
	c.seen = append(c.seen, goType.Name())
}

// compareField compares a field with the specification, and the types that it reaches.
func (c *cloudComparison) compareField(t *testing.T, at string, f cloudField, field reflect.StructField) {
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
	nested, isObject := c.spec.Types[base]
	switch {
	case isObject:
		require.Equal(t, reflect.Struct, is.Kind(), at)
		if name, ok := c.goTypes[base]; ok {
			require.Equal(t, name, is.Name(), at)
			return
		}
		c.goTypes[base] = is.Name()
		c.compare(t, base, nested.Fields, is)
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

func TestCloudTypesHaveTheseMediaAndPointersOnly(t *testing.T) {
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

// A request has MediaTo exactly if its result holds media.
func TestCloudTypesHaveMediaToWhereMediaAre(t *testing.T) {
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

// cloudFill fills a value with canaries, and with harmless values in the fields that
// may be printed. It notes each canary in all the ways in which it could print.
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
	case reflect.Uint8: // This is a set of bits with a name, which no canary fits into.
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
		c.fill(v.Index(0), false) // A list prints as its length only.
		c.fill(v.Index(1), false)
		return
	case reflect.Struct:

		fillStruct(c, v)
		return
	case reflect.Func: // A function is not part of the platform's types, and is never printed.
		v.Set(reflect.ValueOf(func(string) io.Writer { return nil }))
		return
	default:
		panic(v.Kind())
	}

	addCanaries(c, v, harmless, text)
}

// fillStruct fills the fields of a struct that the platform has, and the functions.
func fillStruct(c *cloudFill, v reflect.Value) {
	for i := range v.NumField() {
		if f := v.Type().Field(i); !ofPlatform(f) && f.Type.Kind() != reflect.Func {
			continue
		}
		c.fill(v.Field(i), slices.Contains(cloudHarmless, v.Type().Field(i).Name))
	}
}

// addCanaries notes all the spellings in which a value could print.
func addCanaries(c *cloudFill, v reflect.Value, harmless bool, text string) {
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

		requireHarmlessPrinted(t, returned, st, v, text)

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

// requireHarmlessPrinted expects that the harmless fields of a result are printed
// with their values.
func requireHarmlessPrinted(t *testing.T, returned map[reflect.Type]bool, st reflect.Type, v reflect.Value, text string) {
	for i := range st.NumField() {
		f, field := st.Field(i), v.Elem().Field(i)
		for field.Kind() == reflect.Pointer {
			field = field.Elem()
		}
		if returned[st] && slices.Contains(cloudHarmless, f.Name) && f.Type.Kind() != reflect.Slice && f.Name != "Result" {
			require.Contains(t, text, fmt.Sprint(f.Name, ":", field.Interface()), st.Name())
		}
	}
}
