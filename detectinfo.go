package faceid

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"

	"github.com/faceid-go/faceid/internal/wire"
)

// GetDetectInfo asks for the result of a flow in the older form, which is one JSON
// text: see Info. InfoReading and InfoIntention are not among its parts.
//
// API: https://cloud.tencent.com/document/product/1007/33560
func (c *Client) GetDetectInfo(ctx context.Context, r GetDetectInfoRequest) (*GetDetectInfoResult, error) {
	const op = "GetDetectInfo"
	if err := c.ready(ctx, op); err != nil {
		return nil, err
	}
	if err := validateToken(op, "BizToken", r.BizToken); err != nil {
		return nil, err
	}
	if err := validateToken(op, "RuleID", r.RuleID); err != nil {
		return nil, err
	}
	if err := r.InfoType.validate(op, InfoText|InfoIDCard|InfoBestFrame|InfoVideo); err != nil {
		return nil, err
	}
	var result GetDetectInfoResult
	if _, err := c.act(ctx, cloudCall{op: op, site: SiteChina, action: op, readOnly: true, private: []string{r.BizToken}, textFiles: true}, r, &result); err != nil {
		return nil, err
	}
	return &result, nil
}

// DetectInfo is the content of the JSON text of GetDetectInfo. A part that was not
// asked for is nil. The attempts of the flow stand in Text.LivenessDetail. A
// DetectInfo prints without personal data, as its parts do.
type DetectInfo struct {
	Text       *DetectInfoText       // how the flow ended
	IDCardData *DetectInfoIDCardData `json:"IdCardData"` // the pictures of the card
	BestFrame  *DetectInfoBestFrame  // the frame that was compared
	VideoData  *DetectInfoVideoData  // the video of the attempt
}

// Format prints how the flow ended, whatever the verb.
func (d DetectInfo) Format(f fmt.State, _ rune) { printShown(f, d) }

// LogValue logs the same as a group.
func (d DetectInfo) LogValue() slog.Value { return logShown(d) }

func (d DetectInfo) shown() shown { return shown{{"Text", factsIn(d.Text)}} }

// Info reads the JSON text.
func (r *GetDetectInfoResult) Info() (*DetectInfo, error) {
	if r == nil {
		return nil, &Error{Op: "GetDetectInfo", Family: ErrNoResult, Err: errors.New("there is no result")}
	}
	var info struct {
		DetectInfo
		Text *struct {
			DetectInfoText
			Detail *struct {
				LivenessData []DetectDetail
			}
		}
	}
	if err := readInner(r.DetectInfo, &info); err != nil {
		return nil, &Error{Op: "GetDetectInfo", Family: ErrBadAnswer, RequestID: redactText(r.RequestID, nil), Err: fmt.Errorf("DetectInfo: %w", err)}
	}
	if info.Text != nil {
		info.DetectInfo.Text = &info.Text.DetectInfoText
		if info.Text.Detail != nil && info.DetectInfo.Text.LivenessDetail == nil {
			info.DetectInfo.Text.LivenessDetail = info.Text.Detail.LivenessData
		}
	}
	return &info.DetectInfo, nil
}

// readInner reads JSON that stood in a string, and decodes the files in it.
func readInner(text string, result any) error {
	doc, err := wire.ReadBytes([]byte(text), wire.PlaceOf(reflect.TypeOf(result)))
	if err != nil {
		return err
	}
	if err := readTyped(doc.Text, result); err != nil {
		return err
	}
	return doc.Fill("", result)
}
