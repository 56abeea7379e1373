package faceid

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"

	"github.com/faceid-go/faceid/internal/catalog"
	"github.com/faceid-go/faceid/internal/wire"
)

// This file is about the flow that API 3.0 opens for the client SDK of an App in China.

// FaceCompareLib is what the face is compared with in a flow of GetFaceIdToken.
type FaceCompareLib string

// These are the two sources.
const (
	CompareLocal    FaceCompareLib = "LOCAL"    // the Image of the request
	CompareBusiness FaceCompareLib = "BUSINESS" // the authority's photo of Name and IDCard
)

// GetFaceIdToken opens a flow in the client SDK of an App. Give the App the FaceIDToken
// and the ClientConfig. The token lives 10 minutes and is for one verification. The
// result of the flow is kept 3 days. The call is not repeated after a network error if
// the request may have reached the platform.
//
// WithFieldEncryption encrypts Name and IDCard. The Image is sent as it is.
//
// API: https://cloud.tencent.com/document/product/1007/49198
func (c *Client) GetFaceIdToken(ctx context.Context, r GetFaceIdTokenRequest) (*GetFaceIdTokenResult, error) {
	const op = "GetFaceIdToken"
	if err := c.ready(ctx, op); err != nil {
		return nil, err
	}
	if err := r.validate(op); err != nil {
		return nil, err
	}
	private := fieldTexts(r.encryption())
	if _, err := c.encryptRequest(op, r.encryption()); err != nil {
		return nil, err
	}
	var result GetFaceIdTokenResult
	_, err := c.act(ctx, cloudCall{op: op, site: SiteChina, action: op, private: private, finish: func(_ string, err error) error {
		if err == nil && result.FaceIDToken == "" {
			return badCloudAnswer(op, result.RequestID, "FaceIdToken")
		}
		return err
	}}, r, &result)
	if err != nil {
		return nil, err
	}
	result.UsedCos = r.UseCos
	return &result, nil
}

func (r *GetFaceIdTokenRequest) validate(op string) error {
	if err := validateEncryption(op, r.encryption()); err != nil {
		return err
	}
	if err := validateCloudIdentity(op, r.IDCard, r.Name, r.Encryption); err != nil {
		return err
	}
	size := base64.StdEncoding.EncodedLen(len(r.Image))
	switch {
	case r.CompareLib != CompareLocal && r.CompareLib != CompareBusiness:
		return badArgument(op, "CompareLib", "must be CompareLocal or CompareBusiness")
	case r.CompareLib == CompareBusiness && (r.Name == "" || r.IDCard == ""):
		return badArgument(op, "Name", "is required with CompareBusiness, and IDCard is too")
	case r.CompareLib == CompareLocal && len(r.Image) == 0:
		return badArgument(op, "Image", "is empty, but with CompareLocal the face is compared with it")
	case size > maxAppImage:
		return badArgument(op, "Image", "has %d bytes of base64, at most %d (8 MB) are allowed", size, maxAppImage)
	}
	return validateLength(op, "Extra", r.Extra, maxAppExtra)
}

// GetFaceIdResult asks for the result of a flow in the client SDK of an App. To decide,
// call ConfirmFaceId instead. A flow that has not ended has no Result.
//
// If you set an Encryption of your own, FieldKey.Open decrypts the answer, and the
// methods of the result know nothing of it until then. WithFieldEncryption decrypts it
// at once.
//
// API: https://cloud.tencent.com/document/product/1007/49199
func (c *Client) GetFaceIdResult(ctx context.Context, r GetFaceIdResultRequest) (*GetFaceIdResultResult, error) {
	return c.getFaceIdResult(ctx, "GetFaceIdResult", r, nil)
}

// filesInCos is a result whose members for files hold addresses.
type filesInCos struct {
	GetFaceIdResultResult

	VideoBase64, BestFrameBase64 string
}

// getFaceIdResult takes the token, and the texts of the person who is expected, out of
// the answer's Description.
func (c *Client) getFaceIdResult(ctx context.Context, op string, r GetFaceIdResultRequest, expected []string) (*GetFaceIdResultResult, error) {
	if err := c.ready(ctx, op); err != nil {
		return nil, err
	}
	if err := validateToken(op, "FaceIDToken", r.FaceIDToken); err != nil {
		return nil, err
	}
	private := append(expected, r.FaceIDToken)
	r.MediaTo = c.guardWriters(ctx, r.MediaTo)
	key, err := c.encryptRequest(op, encryptedAnswer{place: encryptionMember{&r.Encryption}})
	if err != nil {
		return nil, err
	}
	var answer filesInCos
	result, into := &answer.GetFaceIdResultResult, any(&answer)
	if !r.UsedCos {
		into = result
	}
	_, err = c.act(ctx, cloudCall{
		op: op, site: SiteChina, action: "GetFaceIdResult", readOnly: true, private: private, to: r.MediaTo,
		textFiles: r.IsEncryptResponse,
		finish: func(requestID string, err error) error {
			if err == nil {
				err = key.decryptAnswer(ctx, op, requestID, r.MediaTo, into)
			}
			result.Description = redactText(result.Description, private)
			return err
		},
	}, r, into)
	if err != nil {
		return nil, err
	}
	result.VideoURL, result.BestFrameURL = answer.VideoBase64, answer.BestFrameBase64
	return result, nil
}

// Code returns how the flow ended, in the table of GetFaceIdResult (see Explain with
// ChannelCloud). It is "" while the flow has not ended.
func (r *GetFaceIdResultResult) Code() Code {
	if r == nil || r.Result == "" {
		return ""
	}
	return scoped(tableFaceID, r.Result)
}

// tableFaceID is the table of the results of the flow.
const tableFaceID = "GetFaceIdResult"

// Passed reports whether the flow ended with a pass. It does not tell whether it was
// the right person: ConfirmFaceId does. On a result of ConfirmFaceId, Passed reports
// what the decision was.
func (r *GetFaceIdResultResult) Passed() bool { return r.Err() == nil }

// Err returns nil if Passed, and otherwise why not: see Result.
func (r *GetFaceIdResultResult) Err() error {
	if r == nil {
		return errNoRecord(tableFaceID)
	}
	return r.decided.or(r.outcomeError(tableFaceID))
}

// Family returns what kind of outcome it is: ErrNoResult while the flow has not ended.
func (r *GetFaceIdResultResult) Family() Family { return familyOfResult(r) }

// Charged reports whether the flow is charged, by the documents' table. It is
// ChargedUnknown while the flow has not ended.
func (r *GetFaceIdResultResult) Charged() Charged {
	row, _ := catalog.LookupRow(tableFaceID, "check", r.Code().Number())
	return chargedBy(row)
}

// outcomeError returns nil if the flow passed, and otherwise why it did not.
func (r *GetFaceIdResultResult) outcomeError(op string) error {
	code := r.Code()
	switch {
	case code == "" && r.EncryptedBody != "":
		bad := flowError(op, "", r.RequestID, "")
		bad.Family, bad.Err = ErrBadAnswer, &wire.TypeError{Field: "EncryptedBody", Want: "decrypted"}
		return bad
	case code == "":
		bad := flowError(op, "", r.RequestID, "")
		bad.Family, bad.Err = ErrNoResult, errors.New("the flow has not ended")
		return bad
	case code.Number() != "0":
		return flowError(op, code, r.RequestID, redactText(r.Description, []string{r.Name, r.IDCard}))
	case !r.compared():
		return otherThan(op, "", "", r.RequestID, "", ErrNotCompared)
	}
	return nil
}

func (r *GetFaceIdResultResult) compared() bool { return (Score{r.Similarity, true}).compared() }

// encryptedTexts returns the texts that the platform encrypts where it encrypts fields.
func (r *GetFaceIdResultResult) encryptedTexts() []*string { return []*string{&r.IDCard, &r.Name} }

// ConfirmFaceId asks how a flow ended and returns its result with a nil error only if
// this person passed: this is the call to decide on.
//
// person is who is expected. The number, and the name if person has one, are compared
// with those of the result. If something differs or is not reported, the result comes
// with ErrOtherPerson. A flow with CompareLocal compares the face with its Image and with
// no authority: decide about PersonAsOpened. If the documents' silence means that its
// result repeats a Name and an IDCard that the request gave, these prove nothing. A pass without a Similarity above 0 is
// ErrNotCompared.
//
// ErrNoResult means that the flow has not ended. ErrNotPassed comes with the result, and
// so does any other code of the result: trouble (ErrService), a flow that was not used
// (ErrExpired), a code that is not known (ErrUnknownCode).
//
// What the App reports is not signed. So ask in the session that the flow was opened in,
// for the FaceIDToken that this session holds.
func (c *Client) ConfirmFaceId(ctx context.Context, r GetFaceIdResultRequest, person Person) (*GetFaceIdResultResult, error) {
	const op = "ConfirmFaceId"
	return decide(ctx, c, Event{Op: op}, func() (*GetFaceIdResultResult, error) {
		return c.confirmFaceId(ctx, op, r, person)
	})
}

func (c *Client) confirmFaceId(ctx context.Context, op string, r GetFaceIdResultRequest, person Person) (*GetFaceIdResultResult, error) {
	if err := person.validateExpected(op); err != nil {
		return nil, err
	}
	switch {
	case r.IsEncryptResponse && (r.Encryption != nil || c.fields == nil):
		return nil, badArgument(op, "IsEncryptResponse", "encrypts how the flow ended: use WithFieldEncryption, or GetFaceIdResult")
	case r.Encryption != nil && person.whom != anybody:
		return nil, badArgument(op, "Encryption", "encrypts who passed: use WithFieldEncryption, or AnyPerson")
	}
	result, err := c.getFaceIdResult(ctx, op, r, person.texts())
	if err != nil {
		return nil, err
	}
	err = result.outcomeError(op)
	if err == nil {
		reported := []identity{{place: "Result", numbers: []string{result.IDCard}, names: []string{result.Name}}}
		if err = person.isIn(reported, result.compared()); err != nil {
			err = otherThan(op, "", "", result.RequestID, "", err)
		}
	}
	return result, result.decided.settle(err)
}

func (r *GetFaceIdResultResult) eventNumbers() (product Product, bizSeqNo, requestID string) {
	if r == nil {
		return "", "", ""
	}
	return "", "", r.RequestID
}

// RiskInfoLevel is the risk of a device or of a camera, as GetFaceIdRiskInfo reports it.
// Other calls have other scales.
type RiskInfoLevel int64

// These are the levels.
const (
	RiskInfoUnknown RiskInfoLevel = -1
	RiskInfoLow     RiskInfoLevel = 1
	RiskInfoMedium  RiskInfoLevel = 2
	RiskInfoHigh    RiskInfoLevel = 3
	RiskInfoAttack  RiskInfoLevel = 4
)

// GetFaceidRiskInfoToken opens a collection of risks by the client SDK of an App, which
// looks at no face. The token lives 10 minutes and is for one collection. The call is
// not repeated after a network error if the request may have reached the platform.
//
// API: https://cloud.tencent.com/document/product/1007/104581
func (c *Client) GetFaceidRiskInfoToken(ctx context.Context, r GetFaceidRiskInfoTokenRequest) (*GetFaceidRiskInfoTokenResult, error) {
	const op = "GetFaceidRiskInfoToken"
	if err := cmp.Or(c.ready(ctx, op), validateLength(op, "Extra", r.Extra, maxAppExtra)); err != nil {
		return nil, err
	}
	var result GetFaceidRiskInfoTokenResult
	_, err := c.act(ctx, cloudCall{op: op, site: SiteChina, action: op, finish: func(_ string, err error) error {
		if err == nil && result.FaceIDToken == "" {
			return badCloudAnswer(op, result.RequestID, "FaceIdToken")
		}
		return err
	}}, r, &result)
	if err != nil {
		return nil, err
	}
	return &result, nil
}

// GetFaceIdRiskInfo asks for the risks that the client SDK collected. It is kept 3 days
// from the token on. The levels are nil while nothing was collected. Nobody is verified,
// so there is no decision: act on the levels yourself.
func (c *Client) GetFaceIdRiskInfo(ctx context.Context, r GetFaceIdRiskInfoRequest) (*GetFaceIdRiskInfoResult, error) {
	const op = "GetFaceIdRiskInfo"
	if err := cmp.Or(c.ready(ctx, op), validateToken(op, "FaceIDToken", r.FaceIDToken)); err != nil {
		return nil, err
	}
	var result GetFaceIdRiskInfoResult
	if _, err := c.act(ctx, cloudCall{op: op, site: SiteChina, action: op, readOnly: true, private: []string{r.FaceIDToken}}, r, &result); err != nil {
		return nil, err
	}
	return &result, nil
}
