package faceid

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/faceid-go/faceid/internal/wire"
)

// QueryPhotoInfoRequest asks for the photos of a face verification.
type QueryPhotoInfoRequest struct {
	OrderNo string
	Product Product // optional
	// MediaTo, if set, returns the writer that receives the named photo, decoded while
	// it arrives. It returns nil to keep the photo in PhotoInfo.Photos. Names are the
	// platform's: photoList[0], photoList[1], photoList[2]. After any error throw away
	// what was written. After a byte was written the query is not repeated.
	MediaTo func(name string) io.Writer
}

// PhotoInfo holds the photos of a verification. It prints without them.
type PhotoInfo struct {
	Product      Product
	ResultCode   Code // as the platform answered
	Message      string
	OrderNo      string
	OccurredTime time.Time
	Photos       [][]byte `json:"-"` // 1 to 3 photos, or none
	Sizes        []int64  // the bytes of each photo, also if it went to a writer
	BizSeqNo     string
	Raw          RawJSON `json:"-"` // the whole answer without the photos
}

// Code returns the result code of the verification, and "" for a nil PhotoInfo.
func (p *PhotoInfo) Code() Code {
	if p == nil {
		return ""
	}
	return p.ResultCode
}

// QueryPhotoInfo asks for the one to three photos of a verification. Like
// QueryFaceRecord it returns an outcome with a nil error.
//
// API: https://cloud.tencent.com/document/product/1007/114182
func (c *Client) QueryPhotoInfo(ctx context.Context, r QueryPhotoInfoRequest) (*PhotoInfo, error) {
	const op = "QueryPhotoInfo"
	cl, err := c.queryOrder(ctx, op, "/api/v2/base/queryphotoinfo", r.OrderNo, &r.Product, filePlan(photoFiles, r.OrderNo, r.MediaTo),
		param{"webankAppId", c.AppID()}) // one page of the documents uses this name for the appId
	if err != nil {
		return nil, err
	}
	var info *PhotoInfo
	cl.read = func(answer *wire.Answer) (_ Result, err error) {
		info, err = readPhotoInfo(op, r, answer)
		return nil, err // a PhotoInfo is no Result, because it does not tell whether it is charged
	}
	_, err = c.do(ctx, cl)
	return info, err
}

var photoFiles = wire.Result(map[string]*wire.Place{"photoList": {Each: wire.File}})

const photoName = "photoList[%d]"

func readPhotoInfo(op string, r QueryPhotoInfoRequest, answer *wire.Answer) (*PhotoInfo, error) {
	read := reader{op: op, orderNo: r.OrderNo, answer: answer}
	info := &PhotoInfo{
		Product: r.Product, ResultCode: faceCode(answer.Code), Message: answer.Msg,
		OrderNo: read.text("orderNo"), OccurredTime: wire.Time(read.text("occurredTime")),
		BizSeqNo: answer.BizSeqNo, Raw: RawJSON(answer.Raw()),
	}
	list, err := answer.Array("photoList")
	read.fail(err)
	read.ofOrder(len(list) > 0, info.OrderNo)
	for i, raw := range list {
		photo := read.received(fmt.Sprintf(photoName, i), raw)
		info.Sizes = append(info.Sizes, photo.Size)
		if !photo.Written {
			info.Photos = append(info.Photos, photo.Data)
		}
	}
	if read.err != nil {
		return nil, read.err
	}
	info.Photos = slices.Clip(info.Photos)
	return info, nil
}

// Format prints the number of photos and no photo, whatever the verb.
func (p PhotoInfo) Format(f fmt.State, _ rune) { printShown(f, p) }

// LogValue logs what Format prints, as a group.
func (p PhotoInfo) LogValue() slog.Value { return logShown(p) }

func (p PhotoInfo) shown() shown {
	return shown{
		{"OrderNo", p.OrderNo}, {"Product", p.Product}, {"Code", p.ResultCode}, {"Photos", len(p.Sizes)},
		{"BizSeqNo", p.BizSeqNo},
	}
}
