package evidence

import (
	"context"
	"crypto/md5" //nolint:gosec // the platform gives MD5 sums; SHA-256 goes into the manifest
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/faceid-go/faceid"
)

// urlLives is the life of an address, and so the most that a download may take.
const urlLives = 10 * time.Minute

// mostFile bounds the size of a file that is downloaded.
const mostFile = 1 << 30

// askIntlApp asks for the result of an international flow in an App. Its files are
// addresses that live 10 minutes, so they are downloaded at once.
func (k *Keeper) askIntlApp(ctx context.Context, e Entry, person faceid.Person, files *batch) (finding, error) {
	r, err := k.Client.ConfirmSdkVerification(ctx, faceid.GetSdkVerificationResultRequest{SDKToken: e.Order.Number}, person)
	switch {
	case r == nil:
		return finding{}, err
	case r.State() == faceid.IntlNotFinished:
		return finding{answered: true}, nil
	}
	out, err := outcomeOf(r, err)
	found := finding{answered: true, plain: files == nil, outcome: out}
	if out == nil {
		return found, err
	}
	out.Charges, out.RequestID = int(r.ChargeCount), r.RequestID
	if files != nil {
		for name, f := range filesOf(r) {
			if has(files.have, name) {
				continue
			}
			if err := k.download(ctx, name, f, files); err != nil {
				found.missing = append(found.missing, name)
				k.log.WarnContext(ctx, "a file could not be downloaded", "key", e.Order.Key(), "file", name, "err", err)
			}
		}
		files.answerOf(r)
	}
	return found, err
}

// filesOf returns the files of a result under the platform's names.
func filesOf(r *faceid.GetSdkVerificationResultResult) map[string]*faceid.FileInfo {
	all := map[string]*faceid.FileInfo{}
	for i, c := range r.CardVerifyResults {
		at := fmt.Sprintf("CardVerifyResults[%d].", i)
		all[at+"CardVideo"], all[at+"CardImage"], all[at+"CardInfoOcrJson"] = c.CardVideo, c.CardImage, c.CardInfoOCRJSON
	}
	for i, c := range r.CompareResults {
		at := fmt.Sprintf("CompareResults[%d].", i)
		all[at+"LiveData"], all[at+"LiveVideo"], all[at+"ActionVideo"] = c.LiveData, c.LiveVideo, c.ActionVideo
		all[at+"BestFrame"], all[at+"ProfileImage"], all[at+"CardInfoInputJson"] = c.BestFrame, c.ProfileImage, c.CardInfoInputJSON
	}
	for name, f := range all {
		if f == nil || f.URL == "" {
			delete(all, name)
		}
	}
	return all
}

// download streams a file into the batch, and keeps it if size and MD5 sum are those of
// the result. Its errors never hold the address, which lets its bearer read the file.
func (k *Keeper) download(ctx context.Context, name string, f *faceid.FileInfo, files *batch) error {
	address, err := url.Parse(f.URL)
	if err != nil || address.Scheme != "https" && !isLoopback(address.Hostname()) {
		return errors.New("the address is not one of https")
	}
	if f.Size <= 0 || f.Size > mostFile {
		return fmt.Errorf("the size must be 1 to %d bytes", mostFile)
	}
	ctx, cancel := context.WithTimeout(ctx, urlLives)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, f.URL, nil)
	if err != nil {
		return errors.New("the address is not one of https")
	}
	response, err := k.http.Do(request)
	if err != nil {
		var e *url.Error
		if errors.As(err, &e) {
			err = e.Err
		}
		return fmt.Errorf("the download failed: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the download was answered with HTTP status %d", response.StatusCode)
	}
	sum := md5.New() //nolint:gosec // see the import
	size, err := io.Copy(io.MultiWriter(files.to(name), sum), io.LimitReader(response.Body, f.Size+1))
	switch {
	case err != nil:
		_ = files.keep(nil)
		return fmt.Errorf("the download failed: %w", err)
	case size != f.Size, !strings.EqualFold(hex.EncodeToString(sum.Sum(nil)), f.MD5):
		_ = files.keep(nil)
		return errors.New("the file is not the one of the result: size or MD5 sum differ")
	}
	return files.keep(map[string]int64{name: size})
}

func isLoopback(host string) bool {
	return host == "localhost" || host == "127.0.0.1" || host == "::1"
}
