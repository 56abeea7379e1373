package faceid_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
)

func BenchmarkDetectInfoVideo(b *testing.B) {
	p := startBench(b, 0)
	v := recordVideo(theVideo).ofCloud()
	for _, w := range []way{p.detectInfo(b), p.officialCommon(), p.officialTyped(), p.detectReadThenDecode()} {
		b.Run(w.name, func(b *testing.B) { w.run(b, v) })
	}
}

func (p *bench) detectInfo(b *testing.B) way {
	client := p.client(b, faceid.WithCloud(common.NewCredential("bench-id", "bench-key"), "ap-guangzhou"), faceid.WithCloudEndpoint(p.url))
	return way{"faceid", func(ctx context.Context, v video, _ io.Writer) ([]byte, error) {
		result, err := client.GetDetectInfoEnhanced(ctx, faceid.GetDetectInfoEnhancedRequest{
			BizToken: v.order, RuleID: "1", InfoType: faceid.InfoText | faceid.InfoVideo,
		})
		if err != nil {
			return nil, err
		}
		return result.VideoData.LivenessVideo, nil
	}}
}

// official is the official client. It uses the connections that all rows share.
func (p *bench) official() *common.Client {
	settings := profile.NewClientProfile()
	settings.HttpProfile.Scheme = "HTTP"
	settings.HttpProfile.Endpoint = strings.TrimPrefix(p.url, "http://")
	client := common.NewCommonClient(common.NewCredential("bench-id", "bench-key"), "ap-guangzhou", settings)
	client.WithHttpTransport(p.http.Transport)
	return client
}

func officialRequest(ctx context.Context, v video) (*tchttp.CommonRequest, error) {
	request := tchttp.NewCommonRequest("faceid", "2018-03-01", "GetDetectInfoEnhanced")
	request.SetContext(ctx)
	return request, request.SetActionParameters(map[string]any{"BizToken": v.order, "RuleId": "1", "InfoType": "14"})
}

// detectResponse is shaped like the response types of the official module.
type detectResponse struct {
	*tchttp.BaseResponse
	Response *struct {
		Text *struct {
			ErrCode *int64
			ErrMsg  *string
		}
		VideoData *struct{ LivenessVideo *string }
	}
}

// officialCommon is the official module's client for actions without types. It gives
// the answer as a text only.
func (p *bench) officialCommon() way {
	client := p.official()
	return way{"official-common", func(ctx context.Context, v video, _ io.Writer) ([]byte, error) {
		request, err := officialRequest(ctx, v)
		if err != nil {
			return nil, err
		}
		response := tchttp.NewCommonResponse()
		if err := client.Send(request, response); err != nil {
			return nil, err
		}
		var answer detectResponse
		if err := json.Unmarshal(response.GetBody(), &answer); err != nil {
			return nil, err
		}
		return base64.StdEncoding.DecodeString(*answer.Response.VideoData.LivenessVideo)
	}}
}

// officialTyped reads into a response type, as the generated calls do.
func (p *bench) officialTyped() way {
	client := p.official()
	return way{"official-typed", func(ctx context.Context, v video, _ io.Writer) ([]byte, error) {
		request, err := officialRequest(ctx, v)
		if err != nil {
			return nil, err
		}
		response := &detectResponse{BaseResponse: &tchttp.BaseResponse{}}
		if err := client.Send(request, response); err != nil {
			return nil, err
		}
		return base64.StdEncoding.DecodeString(*response.Response.VideoData.LivenessVideo)
	}}
}

func (p *bench) detectReadThenDecode() way {
	return readThenDecode(func(ctx context.Context, order string) (*http.Response, error) {
		return p.post(ctx, "/", `{"BizToken":"`+order+`","RuleId":"1","InfoType":"14"}`)
	})
}
