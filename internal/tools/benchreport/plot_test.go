package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPlotShowsEveryWay(t *testing.T) {
	r := parsed(t, theRun(t))
	svg := plot(r)
	lines := polylines(t, svg)
	require.Len(t, lines, 2*len(growthWays))
	require.NotContains(t, svg, "NaN")
	for i, line := range lines {
		require.Len(t, line, len(growthSizes))
		for j, p := range line {
			require.True(t, p[1] >= panelTop && p[1] <= panelTop+panelHeight, "inside its panel")
			if j > 0 {
				require.Greater(t, p[0], line[j-1][0], "larger is further right")
			}
			if j > 0 && i < len(growthWays) {
				require.Less(t, p[1], line[j-1][1], "slower is higher")
			}
		}
	}
	json, floor := lines[2], lines[3]
	for j := range json {
		require.Less(t, json[j][1], floor[j][1], "encoding/json lies above the floor")
	}
	require.Empty(t, r.absent)
}

// polylines returns the points of every line of a drawing. The drawing must be
// well-formed.
func polylines(t *testing.T, svg string) (all [][][2]float64) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "polyline" {
			continue
		}
		var line [][2]float64
		for point := range strings.FieldsSeq(start.Attr[0].Value) {
			x, y, _ := strings.Cut(point, ",")
			line = append(line, [2]float64{number(t, x), number(t, y)})
		}
		all = append(all, line)
	}
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	require.NoError(t, err)
	return v
}
