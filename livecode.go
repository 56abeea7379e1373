package faceid

import "context"

// GetLiveCode asks for the digits that the person of a video must read aloud. Show them
// while the App records, and send them as ValidateData with LivenessDigits to
// LivenessRecognition or LivenessCompare. Ask for new digits for every video: a person
// cannot have recorded them before. How long they live is not documented.
//
// API: https://cloud.tencent.com/document/product/1007/31821
func (c *Client) GetLiveCode(ctx context.Context, r GetLiveCodeRequest) (*GetLiveCodeResult, error) {
	const op = "GetLiveCode"
	if err := c.ready(ctx, op); err != nil {
		return nil, err
	}
	var result GetLiveCodeResult
	_, err := c.act(ctx, cloudCall{op: op, site: SiteChina, action: op, readOnly: true, finish: func(_ string, err error) error {
		if err == nil && result.LiveCode == "" {
			return badCloudAnswer(op, result.RequestID, "LiveCode")
		}
		return err
	}}, r, &result)
	if err != nil {
		return nil, err
	}
	return &result, nil
}

// GetActionSequence asks for the order of the movements that the person of a video must
// make: 1 is to open the mouth, 2 to close the eyes. Show the order while the App
// records, and send it as ValidateData with LivenessAction to LivenessRecognition or
// LivenessCompare. Ask for a new order for every video. How long it lives is not
// documented.
//
// API: https://cloud.tencent.com/document/product/1007/31822
func (c *Client) GetActionSequence(ctx context.Context, r GetActionSequenceRequest) (*GetActionSequenceResult, error) {
	const op = "GetActionSequence"
	if err := c.ready(ctx, op); err != nil {
		return nil, err
	}
	var result GetActionSequenceResult
	_, err := c.act(ctx, cloudCall{op: op, site: SiteChina, action: op, readOnly: true, finish: func(_ string, err error) error {
		if err == nil && result.ActionSequence == "" {
			return badCloudAnswer(op, result.RequestID, "ActionSequence")
		}
		return err
	}}, r, &result)
	if err != nil {
		return nil, err
	}
	return &result, nil
}
