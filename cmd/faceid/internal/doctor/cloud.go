package doctor

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/cmd/faceid/internal/setup"
	"github.com/faceid-go/faceid/cmd/faceid/internal/show"
)

// examineCloud looks at a door of API 3.0: the way to it, and one call that only reads.
func (d *Doctor) examineCloud(ctx context.Context, c *setup.Cloud) {
	base := c.Endpoint
	if base == "" {
		base = "https://faceid.tencentcloudapi.com"
	}
	door := strings.TrimSpace("API 3.0 " + hostOf(base))
	if !d.configured(door, c.Options()) {
		d.skip(door, show.T("the configuration cannot be used", "配置不可用"), CheckAddress, CheckKey)
		return
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(base, "/")+"/", bytes.NewReader([]byte("{}")))
	if err != nil {
		d.fault(door, CheckAddress, DNS, show.T("the endpoint is no URL", "endpoint 不是有效的地址"))
		return
	}
	r.Header.Set("Content-Type", "application/json")
	e, ok := d.reach(ctx, door, r)
	switch {
	case !ok:
		d.skip(door, show.T("the platform does not answer", "平台没有应答"), CheckKey)
		return
	case !bytes.Contains(e.body, []byte(`"Response"`)):
		cause := NotPlatform
		if e.status >= 500 {
			cause = Service
		}
		d.fault(door, CheckAnswer, cause, show.F("HTTP %d, and no answer of API 3.0", "HTTP %d，不是 API 3.0 的应答", e.status))
		d.skip(door, show.T("the platform does not answer", "平台没有应答"), CheckKey)
		return
	}
	d.clock(door, e, Fault)
	d.found(door, CheckAnswer, OK, show.T("the platform answers", "平台有应答"))
	d.tryKey(ctx, door, c)
}

// readers are actions that only read. A token that cannot exist is all that they need.
var readers = map[faceid.Site]struct {
	action  string
	request map[string]string
}{
	faceid.SiteChina:         {"GetDetectInfoEnhanced", map[string]string{"BizToken": noToken, "RuleId": "0"}},
	faceid.SiteInternational: {"GetWebVerificationResultIntl", map[string]string{"BizToken": noToken}},
}

const noToken = "00000000-0000-0000-0000-000000000000"

// tryKey makes a signed call that only reads. A refusal of its parameters says that key,
// permission and region are right.
func (d *Doctor) tryKey(ctx context.Context, door string, c *setup.Cloud) {
	client, err := faceid.New(append(c.Options(), faceid.WithHTTPClient(&http.Client{Transport: d.Transport, Timeout: patience}))...)
	if err != nil {
		d.fault(door, CheckKey, Config, show.T(quoted(err.Error()), quoted(err.Error())))
		return
	}
	read := readers[c.Site]
	_, err = client.CallCloud(ctx, faceid.CloudCall{Site: c.Site, Action: read.action}, read.request, nil)
	var told *faceid.Error
	switch {
	case err == nil:
	case !errors.As(err, &told) || told.Code == "":
		d.fault(door, CheckKey, withoutCode(err), show.T(quoted(err.Error()), quoted(err.Error())))
		return
	default:
		if cause := keyCause(told.Code.Number()); cause != "" {
			d.fault(door, CheckKey, cause, show.F("%s says %s in %s (request %s)", "%s 返回 %s（地域 %s，请求 %s）", read.action, quoted(told.Code.Number()), c.Region, quoted(told.RequestID)))
			return
		}
	}
	d.found(door, CheckKey, OK, show.F("the platform accepts the key for %s in %s", "平台接受该密钥调用 %s（地域 %s）", read.action, c.Region))
}

// keyCause names the cause of a refusal by API 3.0. It is "" for a refusal of the
// parameters, which says that key, permission and region are right.
func keyCause(code string) Cause {
	switch code {
	case "AuthFailure.SecretIdNotFound", "AuthFailure.InvalidSecretId":
		return KeyUnknown
	case "AuthFailure.SignatureFailure", "AuthFailure.InvalidAuthorization":
		return KeyWrong
	case "AuthFailure.SignatureExpire":
		return Clock
	case "AuthFailure.TokenFailure":
		return KeyToken
	case "AuthFailure.UnauthorizedOperation", "UnauthorizedOperation", "AuthFailure.MFAFailure":
		return KeyPermission
	case "UnsupportedRegion", "InvalidParameterValue.RegionNotSupported":
		return WrongRegion
	case "IpNotInWhitelist", "IpInBlacklist":
		return AllowList
	case "FailedOperation.StsUnAuthErrError":
		return NotActivated
	}
	class, _, _ := strings.Cut(code, ".")
	switch class {
	case "AuthFailure":
		return Unexpected
	case "UnauthorizedOperation", "LimitExceeded":
		return NotActivated
	case "RequestLimitExceeded":
		return RateLimited
	case "InternalError", "InternalServerError", "ServiceUnavailable", "ResourceUnavailable":
		return Service
	case "InvalidParameter", "InvalidParameterValue", "MissingParameter", "UnknownParameter", "FailedOperation", "ResourceNotFound":
		return ""
	}
	return Unexpected
}
