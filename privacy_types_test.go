package faceid_test

import (
	"bytes"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
)

// This test holds exactly which types print in which way. Every type of the package is
// filled with marks and printed in every way. Where a mark comes out, traps must list
// it, and an entry of traps that no longer holds must go. docs/privacy.md describes the
// same in words.

// traps are the types that print a mark, and the ways of printers that print it. The
// package promises that print, log and pointer are not among them.
var traps = map[string]string{
	"":                                  `FieldKey MemoryStore`,
	"reflect":                           `EidKey`,
	"reflect unexported":                `Client`,
	"gob reflect xml":                   `SealedField`,
	"gob pointer%s reflect unexported":  `SDKLaunch`,
	"gob reflect unexported xml":        `NFCRequest`,
	"json pointer%s reflect unexported": `GetEidResultRequest`,
	"gob json pointer%s reflect unexported": `
		BankCardResult CheckIdCardInformationRequest GetDetectInfoEnhancedRequest GetFaceIdResultRequest
		CompareFaceLivenessRequest GetFaceIdResultIntlRequest GetWebVerificationResultIntlRequest GetWxNFCResultRequest IdCardOCRVerificationRequest KYC1Call LivenessCompareRequest
		LivenessRecognitionRequest OCRResult ParseNfcDataRequest WillRecord`,
	"gob json reflect unexported xml": `CardInfo DetectAIFakeFacesResult DetectInfo GetEidResultResult GetLivenessResultResult NormalCardInfo VideoLivenessCompareResult`,
	"gob pointer%s reflect unexported xml": `
		GetAdvFaceIDRequest GetFaceIDRequest GetH5FaceIDRequest GetPlusFaceIDRequest H5Request PCRequest PageLogin Person SDKRequest
		TravelPermit UnsignedError`,
	"gob json pointer%s reflect unexported xml": `
		Address ApplySdkVerificationTokenRequest ApplySdkVerificationTokenResult ApplyWebVerificationBizTokenIntlRequest
		ApplyWebVerificationBizTokenIntlResult BangladeshIDCard BankCard2EVerificationRequest BankCard4EVerificationRequest
		BankCardVerificationRequest CardVerifyResult ChargeDetail CheckBankCardInformationRequest CheckBankCardInformationResult
		CheckEidTokenStatusRequest CheckIdCardInformationResult CheckIdNameDateRequest CheckPhoneAndNameRequest CompareResult
		DetectAIFakeFacesRequest DetectAuthRequest DetectAuthResult DetectDetail DetectInfoBestFrame DetectInfoIDCardData DetectInfoText
		DetectInfoVideoData EditDetail EidIdentity EidInfo Encryption ExtraInfo FaceRecord FileInfo GeneralCard GetDetectInfoEnhancedResult
		GetDetectInfoRequest GetDetectInfoResult GetEidTokenConfig GetEidTokenRequest GetEidTokenResult GetIDCardNFCResultRequest
		GetSdkVerificationResultRequest GetSdkVerificationResultResult GetWeChatBillDetailsRequest GetWeChatBillDetailsResult
		GetWebVerificationResultIntlResult GetWillFaceIDRequest HKIDCard HMTPermit IdCardOCRVerificationResult IdCardVerificationRequest
		ImageRecognitionV2Request ImageRecognitionV2Result IndonesiaDrivingLicense IndonesiaIDCard IntentionActionConfig IntentionActionResult
		IntentionActionResultDetail IntentionQuestion IntentionQuestionResult IntentionVerifyData InternationalIDPassport JapanIDCard KYC1Answer
		LivenessCompareResult LivenessRecognitionResult LocalFlow MLIDCard MacaoIDCard MainlandIDCard MobileNetworkTimeVerificationRequest
		MobileNetworkTimeVerificationResult MobileStatusRequest NFCResult NigeriaDrivingLicense NigeriaIDCard NormalHKIDCard
		NormalIndonesiaIDCard NormalMLIDCard NormalThailandIDCard OCRResultIntl PakistanDrivingLicense PakistanIDCard PhilippinesDrivingLicense
		PhilippinesSSSID PhilippinesTinID PhilippinesUMID PhilippinesVoteID PhoneVerificationCMCCRequest PhoneVerificationCTCCRequest
		PhoneVerificationCUCCRequest PhoneVerificationRequest PhotoInfo RawJSON Reconciliation RetrievalLivenessExtraInfo SingaporeIDCard
		TaiWanIDCard ThailandIDCard VerificationDetail VideoDetailData WeChatBillDetail WebVerificationConfigIntl Will WillH5Request WillRound
		WillSDKRequest WillTurn
		EncryptedPhoneVerificationRequest GetActionSequenceRequest GetActionSequenceResult GetFaceIdResultResult GetFaceIdRiskInfoRequest
		GetFaceIdRiskInfoResult GetFaceIdTokenRequest GetFaceIdTokenResult GetFaceidRiskInfoTokenRequest GetFaceidRiskInfoTokenResult
		GetLiveCodeResult GetNFCTokenResult GetWxNFCResultResult ImageRecognitionRequest MinorsVerificationRequest MinorsVerificationResult
		ParseNfcDataResult
		ApplyLivenessTokenResult CompareFaceLivenessResult CreateUploadUrlResult DetectReflectLivenessAndCompareRequest
		DetectReflectLivenessAndCompareResult GenerateReflectSequenceRequest GenerateReflectSequenceResult GetFaceIdResultIntlResult
		GetFaceIdTokenIntlRequest GetFaceIdTokenIntlResult GetLivenessResultRequest VideoLivenessCompareRequest
		ApplyLivenessTokenRequest CreateUploadUrlRequest`,
}

// printers are the ways to print a value that stands in a struct of the caller's.
var printers = map[string]func(a *audit, v reflect.Value){
	// This is fmt, log and slog's text handler, where fmt can call methods.
	"print": func(a *audit, v reflect.Value) {
		for _, shape := range append(shapes(v, "V"), shapes(v.Addr(), "V")...) {
			a.print(shape, "%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t")
		}
	},
	// This is slog's JSON handler, where the value or a pointer to it is an attribute.
	"log": func(a *audit, v reflect.Value) {
		for _, attribute := range []any{v.Interface(), v.Addr().Interface()} {
			slog.New(slog.NewJSONHandler(a, nil)).With("v", attribute).Info("m", slog.Group("g", "v", attribute))
		}
	},
	// The value stands in a field that is not exported, of which fmt calls no methods.
	"unexported": func(a *audit, v reflect.Value) {
		for _, shape := range shapes(v, "v") {
			a.print(shape, "%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t")
		}
	},
	// The field holds a pointer, as docs/privacy.md advises.
	"pointer": func(a *audit, v reflect.Value) {
		for _, shape := range shapes(v.Addr(), "v") {
			a.print(shape, "%v", "%+v", "%#v", "%d", "%x", "%X")
		}
	},
	// A verb that is not for pointers makes fmt print what stands behind them.
	"pointer%s": func(a *audit, v reflect.Value) {
		for _, shape := range shapes(v.Addr(), "v") {
			a.print(shape, "%s", "%q", "%t")
		}
	},
	// This is encoding/json, and slog's JSON handler for what stands inside an
	// attribute.
	"json": func(a *audit, v reflect.Value) {
		text, _ := json.Marshal(v.Interface()) // A value that cannot be written leaks nothing.
		a.add(string(text))
		for _, shape := range append(shapes(v, "V"), shapes(v.Addr(), "V")...) {
			text, _ := json.Marshal(shape)
			a.add(string(text))
			slog.New(slog.NewJSONHandler(a, nil)).Info("m", "v", shape)
		}
	},
	"xml": func(a *audit, v reflect.Value) {
		text, _ := xml.Marshal(v.Interface())
		a.add(string(text))
	},
	"gob": func(a *audit, v reflect.Value) {
		var stored bytes.Buffer
		_ = gob.NewEncoder(&stored).EncodeValue(v)
		a.add(stored.String())
	},
	// This reads fields by reflection, as spew, go-cmp and the diffs of testify do.
	"reflect": func(a *audit, v reflect.Value) {
		var all strings.Builder
		dump(&all, v, map[uintptr]bool{})
		a.add(all.String())
	},
}

// shapes returns structs of the caller's with a field of this name that holds v
// directly or in something else, and pointers to them. Where the name is exported, the
// content of the field is a shape, too.
func shapes(v reflect.Value, name string) []any {
	list := reflect.Append(reflect.MakeSlice(reflect.SliceOf(v.Type()), 0, 1), v)
	array := reflect.New(reflect.ArrayOf(1, v.Type())).Elem()
	array.Index(0).Set(v)
	anything := reflect.New(reflect.TypeFor[any]()).Elem()
	anything.Set(v)
	byName := reflect.MakeMap(reflect.MapOf(reflect.TypeFor[string](), v.Type()))
	byName.SetMapIndex(reflect.ValueOf("k"), v)
	fields := []reflect.Value{v, list, array, anything, byName, inside(v, "V"), inside(list, name)}
	if v.Comparable() {
		keys := reflect.MakeMap(reflect.MapOf(v.Type(), reflect.TypeFor[bool]()))
		keys.SetMapIndex(v, reflect.ValueOf(true))
		fields = append(fields, keys)
	}
	var all []any
	for i, field := range fields {
		s := inside(field, name)
		all = append(all, s.Interface(), s.Addr().Interface())
		if token.IsExported(name) && (i > 0 || v.Kind() != reflect.Pointer) { // A pointer to the value is a way of its own.
			all = append(all, field.Interface())
		}
	}
	return all
}

// inside returns a struct with v in a field of this name.
func inside(v reflect.Value, name string) reflect.Value {
	field := reflect.StructField{Name: name, Type: v.Type()}
	if !token.IsExported(name) {
		field.PkgPath = "example/caller"
	}
	s := reflect.New(reflect.StructOf([]reflect.StructField{field})).Elem()
	reflect.NewAt(v.Type(), s.Field(0).Addr().UnsafePointer()).Elem().Set(v)
	return s
}

// dump writes every field, whatever methods a type has.
func dump(to *strings.Builder, v reflect.Value, seen map[uintptr]bool) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || seen[v.Pointer()] {
			return
		}
		seen[v.Pointer()] = true
		dump(to, v.Elem(), seen)
	case reflect.Interface:
		if !v.IsNil() {
			dump(to, v.Elem(), seen)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			dump(to, v.Field(i), seen)
		}
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
			to.Write(v.Bytes())
		}
		for i := range v.Len() {
			dump(to, v.Index(i), seen)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			dump(to, key, seen)
			dump(to, v.MapIndex(key), seen)
		}
	case reflect.Uint:
		fmt.Fprint(to, v.Uint(), " ")
	case reflect.String:
		to.WriteString(v.String() + " ")
	}
}

// exportedTypes returns the structs that the package exports, and RawJSON: as the
// source declares them, and as the methods of a Client take and return them.
func exportedTypes(t *testing.T) []reflect.Type {
	all := map[string]reflect.Type{}
	var visit func(reflect.Type)
	visit = func(typ reflect.Type) {
		ours := typ.PkgPath() == reflect.TypeFor[faceid.Client]().PkgPath()
		switch kind := typ.Kind(); {
		case kind == reflect.Func:
			for i := range typ.NumIn() {
				visit(typ.In(i))
			}
			for i := range typ.NumOut() {
				visit(typ.Out(i))
			}
		case ours && typ == reflect.TypeFor[faceid.RawJSON]():
			all[typ.Name()] = typ
		case kind == reflect.Pointer || kind == reflect.Slice || kind == reflect.Map:
			visit(typ.Elem())
		case ours && kind == reflect.Struct && all[typ.Name()] == nil && token.IsExported(typ.Name()):
			all[typ.Name()] = typ
			for i := range typ.NumField() {
				visit(typ.Field(i).Type)
			}
		}
	}
	client := reflect.TypeFor[*faceid.Client]()
	for i := range client.NumMethod() {
		visit(client.Method(i).Type)
	}
	for _, v := range []any{ // No method of a Client takes or returns these.
		faceid.ArgumentError{}, faceid.DetectInfo{}, faceid.EidIdentity{}, faceid.Error{}, faceid.Event{}, faceid.Explanation{}, faceid.FieldEncryption{}, faceid.FieldKey{}, faceid.FileStore{},
		faceid.LocalFlow{}, &faceid.MemoryStore{}, faceid.MissingFilesError{}, faceid.OtherPersonError{}, faceid.Reconciliation{}, faceid.SDKReport{},
		faceid.SealedField{}, faceid.UnsignedError{},
	} {
		visit(reflect.TypeOf(v))
	}

	declared := declaredTypes(t)
	require.Equal(t, declared, slices.Sorted(maps.Keys(all)), "the audit must see every type: list it above")
	types := make([]reflect.Type, 0, len(all))
	for _, name := range declared {
		types = append(types, all[name])
	}
	return types
}

// declaredTypes returns the sorted names of the structs that the source declares, and
// of RawJSON.
func declaredTypes(t *testing.T) []string {
	declared := []string{"RawJSON"}
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if ok && spec.Name.IsExported() {
				if _, ok := spec.Type.(*ast.StructType); ok {
					declared = append(declared, spec.Name.Name)
				}
			}
			return !ok
		})
	}
	slices.Sort(declared)
	return declared
}

// filled returns a value of the type with marks in it, and the marks that must not be
// found. The result ok is false if no field of the type needs a mark.
func filled(t *testing.T, typ reflect.Type) (v reflect.Value, canaries map[string]string, ok bool) {
	v, canaries = reflect.New(typ).Elem(), map[string]string{mark: "mark"}
	key := []byte("canary-key-of-32-bytes-to-be-seen")[:32]
	switch typ { // The content of these types is not in exported fields.
	case reflect.TypeFor[faceid.Client]():
		c, err := faceid.New(faceid.WithApp("TIDA0001", mark), faceid.WithNFCKey(nfcKey),
			faceid.WithCloud(common.NewCredential("id", mark), "ap-guangzhou"), faceid.WithStore(faceid.NewMemoryStore()))
		require.NoError(t, err)
		v.Set(reflect.ValueOf(c).Elem())
		raw, err := hex.DecodeString(nfcKey)
		require.NoError(t, err)
		canaries[string(raw)] = "NFC key"
	case reflect.TypeFor[faceid.FieldKey]():
		v.Set(reflect.ValueOf(faceid.FieldKeyOf(faceid.AES256CBC, key, make([]byte, 16))).Elem())
		canaries[string(key)] = "data key"
	case reflect.TypeFor[faceid.EidKey]():
		k, err := faceid.ParseEidKey(fmt.Sprintf("%x", key))
		require.NoError(t, err)
		v.Set(reflect.ValueOf(k).Elem())
		number := new(big.Int).SetBytes(key)
		canaries[string(key)], canaries[number.String()], canaries[fmt.Sprint(uint(number.Bits()[0]))] = "key", "key in decimal", "word of the key"
	case reflect.TypeFor[faceid.MemoryStore]():
		s := v.Addr().Interface().(*faceid.MemoryStore)
		saved, err := s.CompareAndSwap(t.Context(), "key", nil, []byte(mark))
		require.True(t, saved)
		require.NoError(t, err)
		_, err = s.Lock(t.Context(), "key", time.Minute)
		require.NoError(t, err)
	default:
		return v, canaries, fill(v)
	}
	return v, canaries, true
}

// printedIn returns the names of the ways that print a mark of the type.
func printedIn(v reflect.Value, canaries map[string]string) (ways []string) {
	for way, print := range printers {
		a := &audit{canaries: canaries}
		print(a, v)
		if found, _, _ := a.leaks(); len(found) > 0 {
			ways = append(ways, way)
		}
	}
	slices.Sort(ways)
	return ways
}

func TestPrintingOfEveryTypeLeaksInKnownWaysOnly(t *testing.T) {
	want, got := map[string]string{}, map[string]string{}
	for ways, names := range traps {
		for _, name := range strings.Fields(names) {
			require.NotContains(t, want, name, "it stands in two lists")
			want[name] = ways
		}
	}
	pages := map[string][]byte{"docs/privacy.md": nil, "docs/privacy.zh-CN.md": nil}
	for name := range pages {
		var err error
		pages[name], err = os.ReadFile(name)
		require.NoError(t, err)
	}
	for _, typ := range exportedTypes(t) {
		v, canaries, ok := filled(t, typ)
		if !ok {
			continue
		}
		got[typ.Name()] = strings.Join(printedIn(v, canaries), " ")
		for _, way := range []string{"print", "log", "pointer"} {
			assert.NotContains(t, strings.Fields(got[typ.Name()]), way, "%s: no value may print a secret or a person so", typ)
		}
		if typ.Implements(reflect.TypeFor[json.Marshaler]()) {
			for name, page := range pages {
				assert.True(t, bytes.Contains(page, []byte("`"+typ.Name()+"`")), "%s must say what encoding/json leaves out of %s", name, typ)
			}
		}
	}
	if !maps.Equal(want, got) {
		by := map[string][]string{}
		for name, ways := range got {
			by[ways] = append(by[ways], name)
		}
		for ways, names := range by {
			slices.Sort(names)
			t.Logf("%q: %s", ways, names)
		}
	}
	require.Equal(t, want, got, "docs/privacy.md and traps must say what is true")
}
