package lookup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
)

func (l *look) face(ctx context.Context) error {
	request := faceid.QueryFaceRecordRequest{
		OrderNo: l.order.Number, QueryVersion: faceid.QueryVersion10, Product: l.order.Product, LivenessOnly: l.order.LivenessOnly,
		GetFile: faceid.FilesAll, MediaTo: l.count,
	}
	r, err := l.client.QueryFaceRecord(ctx, request)
	if err != nil {
		return err
	}
	l.told(r, r.Raw)
	l.result.Product, l.result.Message, l.result.Serial, l.result.Occurred = r.Product, r.Message, r.BizSeqNo, r.OccurredTime
	l.result.LiveRate, l.result.Similar = score(r.LiveRate), score(r.Similarity)
	return nil
}

func (l *look) will(ctx context.Context) error {
	request := faceid.GetWillFaceResultRequest{OrderNo: l.order.Number, WillType: l.order.WillType, GetFile: faceid.FilesAll, MediaTo: l.count}
	if l.order.Kind == evidence.WillApp {
		request.AppFile = faceid.WillAppAll
	} else {
		request.H5File = faceid.WillH5Audio
	}
	r, err := l.client.GetWillFaceResult(ctx, request)
	if err != nil {
		return err
	}
	l.told(r, r.Raw)
	l.result.Product, l.result.Message, l.result.Serial, l.result.Occurred = faceid.ProductWill, r.Message, r.BizSeqNo, r.OccurredTime
	l.result.LiveRate, l.result.Similar = score(r.LiveRate), score(r.Similarity)
	return nil
}

func (l *look) idCard(ctx context.Context) error {
	r, err := l.client.GetOCRResult(ctx, faceid.GetOCRResultRequest{OrderNo: l.order.Number, GetFile: true, MediaTo: l.count})
	if err != nil {
		return err
	}
	l.told(r, r.Raw)
	l.result.Product, l.result.Message, l.result.Serial, l.result.Occurred = faceid.ProductIDCardOCR, r.Message, r.BizSeqNo, r.OperateTime
	// The result alone cannot know that one side was all that was wanted.
	side := map[faceid.OCRSides]bool{faceid.OCRFrontOnly: r.FrontRead(), faceid.OCRBackOnly: r.BackRead()}
	if side[l.order.Sides] && r.ResultCode.Number() == "0" {
		l.result.Passed, l.result.Family = true, string(faceid.FamilyPassed)
		l.coded(r.ResultCode)
	}
	return nil
}

func (l *look) bankCard(ctx context.Context) error {
	r, err := l.client.GetBankCardOCRResult(ctx, faceid.GetBankCardOCRResultRequest{OrderNo: l.order.Number, GetFile: true, MediaTo: l.count})
	// The table of bank cards has no code for an order that the platform does not know:
	// these two are about the order number.
	var e *faceid.Error
	if errors.As(err, &e) && (e.Code.Number() == "66660000" || e.Code.Number() == "-1304") {
		return fmt.Errorf("%w: %w", faceid.ErrNoResult, err)
	}
	if err != nil {
		return err
	}
	l.told(r, r.Raw)
	l.result.Product, l.result.Message, l.result.Serial, l.result.Occurred = faceid.ProductBankCardOCR, r.Message, r.BizSeqNo, r.OperateTime
	return nil
}

func (l *look) chip(ctx context.Context) error {
	r, err := l.client.GetIDCardNFCResult(ctx, faceid.GetIDCardNFCResultRequest{OrderNo: l.order.Number, ReqID: l.order.ReqID, GetPhoto: true})
	if err != nil {
		return err
	}
	for name, picture := range map[string][]byte{"frontPhoto": r.FrontPhoto, "backPhoto": r.BackPhoto, "portraitPhoto": r.PortraitPhoto} {
		l.sizes[name] = int64(len(picture))
	}
	l.told(r, r.Raw)
	l.result.Product, l.result.Message, l.result.Serial = faceid.ProductNFC, r.Message, r.BizSeqNo
	return nil
}

func (l *look) weChat(ctx context.Context) error {
	request := faceid.GetDetectInfoEnhancedRequest{BizToken: l.order.Number, RuleID: l.order.RuleID, WillAsked: l.order.WillAsked, MediaTo: l.count}
	r, err := l.client.GetDetectInfoEnhanced(ctx, request)
	if err != nil {
		return err
	}
	if err := l.toldCloud(r, r.ChargeCount(), r.RequestID); err != nil {
		return err
	}
	l.detected(r.Text)
	return nil
}

func (l *look) eid(ctx context.Context) error {
	request := faceid.GetEidResultRequest{EidToken: l.order.Number, WillAsked: l.order.WillAsked, MediaTo: l.count}
	r, err := l.client.GetEidResult(ctx, request)
	if err != nil {
		return err
	}
	if err := l.toldCloud(r, r.ChargeCount(), r.RequestID); err != nil {
		return err
	}
	l.result.Product = faceid.ProductEid
	l.detected(r.Text)
	return nil
}

// detected writes down the text part of a flow in China.
func (l *look) detected(text *faceid.DetectInfoText) {
	if text == nil {
		return
	}
	l.result.Message, l.result.Similar = text.ErrMsg, number(text.Sim)
	for _, attempt := range text.LivenessDetail {
		if at := attempt.At(); at.After(l.result.Occurred) {
			l.result.Occurred = at
		}
	}
}

func (l *look) intlWeb(ctx context.Context) error {
	request := faceid.GetWebVerificationResultIntlRequest{BizToken: l.order.Number, MediaTo: l.count}
	r, err := l.client.GetWebVerificationResultIntl(ctx, request)
	if err != nil {
		return err
	}
	if err := l.toldCloud(r, 0, r.RequestID); err != nil {
		return err
	}
	l.result.Message = r.ErrorMsg
	if n := len(r.VerificationDetailList); n > 0 {
		last := r.VerificationDetailList[n-1]
		l.result.Similar = last.Similarity
		if ms := last.ReqTimestamp; ms > 0 && ms < 1<<53 {
			l.result.Occurred = time.UnixMilli(int64(ms))
		}
	}
	return nil
}

// intlApp asks for a flow in an App. Its files are addresses, which tell their sizes.
func (l *look) intlApp(ctx context.Context) error {
	r, err := l.client.GetSdkVerificationResult(ctx, faceid.GetSdkVerificationResultRequest{SDKToken: l.order.Number})
	if err != nil {
		return err
	}
	for i, c := range r.CardVerifyResults {
		l.addressed(fmt.Sprintf("CardVerifyResults[%d].", i), map[string]*faceid.FileInfo{
			"CardVideo": c.CardVideo, "CardImage": c.CardImage, "CardInfoOcrJson": c.CardInfoOCRJSON,
		})
	}
	for i, c := range r.CompareResults {
		l.addressed(fmt.Sprintf("CompareResults[%d].", i), map[string]*faceid.FileInfo{
			"LiveData": c.LiveData, "LiveVideo": c.LiveVideo, "ActionVideo": c.ActionVideo, "BestFrame": c.BestFrame,
			"ProfileImage": c.ProfileImage, "CardInfoInputJson": c.CardInfoInputJSON,
		})
		l.result.Similar = c.Sim
	}
	if err := l.toldCloud(r, int(r.ChargeCount), r.RequestID); err != nil {
		return err
	}
	l.result.Message = r.Description
	return nil
}

func (l *look) addressed(at string, files map[string]*faceid.FileInfo) {
	for name, f := range files {
		if f != nil && f.URL != "" {
			l.sizes[at+name] = f.Size
		}
	}
}
