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
	// PhotoTo, if set, gives the writer that receives photo i (from 0), decoded
	// while it arrives, or nil to keep it in PhotoInfo.Photos. With any error what
	// was written is to be thrown away. After a byte was written the query is not
	// repeated.
	PhotoTo func(i int) io.Writer
}

// PhotoInfo is the photos of a verification. It prints without them.
type PhotoInfo struct {
	Product      Product
	Code         Code
	Message      string
	OrderNo      string
	OccurredTime time.Time
	Photos       [][]byte `json:"-"` // 1 to 3, or none
	Sizes        []int64  // bytes of each photo, wherever they went
	BizSeqNo     string
	Raw          RawJSON `json:"-"` // the whole answer without the photos
}

// QueryPhotoInfo asks for the one to three photos of a verification. Like
// QueryFaceRecord it returns an outcome with a nil error.
//
// API: https://cloud.tencent.com/document/product/1007/114182
func (c *Client) QueryPhotoInfo(ctx context.Context, r QueryPhotoInfoRequest) (*PhotoInfo, error) {
	const op = "QueryPhotoInfo"
	files := filePlan(photoFiles, r.OrderNo, nil)
	if r.PhotoTo != nil {
		files.To = r.to
	}
	answer, err := c.queryOrder(ctx, op, "/api/v2/base/queryphotoinfo", r.OrderNo, &r.Product, files,
		param{"webankAppId", c.AppID()}) // one page of the documents names it so
	if err != nil {
		return nil, err
	}
	return readPhotoInfo(op, r, answer)
}

var photoFiles = wire.Result(map[string]*wire.Place{"photoList": {Each: wire.File}})

// to gives the writer of a photo.
func (r *QueryPhotoInfoRequest) to(name string) io.Writer {
	var i int
	if _, err := fmt.Sscanf(name, photoName, &i); err != nil {
		return nil
	}
	return r.PhotoTo(i)
}

const photoName = "photoList[%d]"

func readPhotoInfo(op string, r QueryPhotoInfoRequest, answer *wire.Answer) (*PhotoInfo, error) {
	read := reader{op: op, orderNo: r.OrderNo, answer: answer}
	info := &PhotoInfo{
		Product: r.Product, Code: faceCode(answer.Code), Message: answer.Msg,
		OrderNo: read.text("orderNo"), OccurredTime: wire.Time(read.text("occurredTime")),
		BizSeqNo: answer.BizSeqNo, Raw: RawJSON(answer.Raw()),
	}
	list, err := answer.Array("photoList")
	read.fail(err)
	read.owned(len(list) > 0, info.OrderNo)
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

// Format prints the photos' number only, whatever the verb.
func (p PhotoInfo) Format(f fmt.State, _ rune) {
	printShown(f, "PhotoInfo", shown{"OrderNo", p.OrderNo}, shown{"Code", p.Code.Number()}, shown{"Photos", len(p.Sizes)}, shown{"BizSeqNo", p.BizSeqNo})
}

// LogValue logs the photos as they print.
func (p PhotoInfo) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(p)) }
