package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// The README's pictures, written by make screenshots: FACEID_TEST_SHOTS names
// the directory.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("FACEID_TEST_SHOTS")
	if dir == "" {
		t.Skip("NOT RUN: make screenshots writes the README's pictures")
	}
	v := open(t).visit(t, desktop, "en")
	v.do(chromedp.EmulateViewport(1120, 720))
	v.to("/")
	require.True(t, read[bool](v, glyphs), "there is no font for Chinese: apt-get install fonts-noto-cjk")
	v.do(chromedp.EmulateViewport(1120, read[int64](v, `document.documentElement.scrollHeight`))) // all products
	v.shoot(dir, "merchant-start.png")

	v = open(t).visit(t, phone, "en")
	v.start("plus", false)
	v.finish("passes", false)
	v.loaded("#photo")
	v.shoot(dir, "merchant-result.png")
}

// glyphs tells whether two Chinese characters look different: without a font for them
// they are the same box.
const glyphs = `(() => {
	const drawn = text => {
		const canvas = document.createElement('canvas'), pen = canvas.getContext('2d');
		pen.font = '40px sans-serif';
		pen.fillText(text, 10, 60);
		return canvas.toDataURL();
	};
	return drawn('意') !== drawn('核');
})()`

// most is what a picture may weigh in bytes: a README loads everywhere.
const most = 200 << 10

func (v *visitor) shoot(dir, name string) {
	v.t.Helper()
	shot, err := chromedp.Run(v.ctx, chromedp.CaptureScreenshot())
	require.NoError(v.t, err)
	require.Less(v.t, len(shot), most, name)
	require.NoError(v.t, os.WriteFile(filepath.Join(dir, name), shot, 0o644))
}
