package faceidtest

import (
	"bytes"
	"image"
	"image/jpeg"
	"sync"
)

// inventedPhotos are three small pictures of an outlined head, so that a page
// which shows a photo has something to show.
var inventedPhotos = sync.OnceValue(func() [][]byte {
	var photos [][]byte
	for shade := range 3 {
		img := image.NewGray(image.Rect(0, 0, 48, 60))
		for i := range img.Pix {
			x, y := float64(i%img.Stride)-23.5, float64(i/img.Stride)
			head := x*x/121 + (y-23)*(y-23)/196
			shoulders := x*x/441 + (y-62)*(y-62)/400
			img.Pix[i] = uint8(200 + 15*shade)
			if head < 1 || shoulders < 1 {
				img.Pix[i] = uint8(90 + 15*shade)
			}
		}
		var buf bytes.Buffer
		if err := jpeg.Encode(&buf, img, nil); err != nil {
			panic("faceidtest: invented photo: " + err.Error()) // this cannot happen, as writing to memory does not fail
		}
		photos = append(photos, buf.Bytes())
	}
	return photos
})

// inventedAudio is a WAV file of two samples.
var inventedAudio = []byte("RIFF\x28\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x04\x00\x00\x00\xff\x7f\x00\x80")

// inventedVideo is the first box of an MP4, with nothing to watch in it. In
// base64 its bytes give slashes and plus signs.
var inventedVideo = []byte("\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2mp41\x00\x00\x00\x10mdat\xff\xff\xff\xfb\xef\xbe\xfb\xef")

// cloneFiles replaces each file by a copy, so that it shares no memory with the
// caller.
func cloneFiles(files ...*[]byte) {
	for _, file := range files {
		*file = bytes.Clone(*file)
	}
}

// orInvented returns the file, or the invented one if no file is given.
func orInvented(file, invented []byte) []byte {
	if file == nil {
		return invented
	}
	return file
}
