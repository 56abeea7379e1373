package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// results holds the figures of all runs.
type results struct {
	about  map[string]string // "commit", "cpu" and so on, from the lines above the figures
	rows   map[string]map[string][]float64
	absent []string // the figures that were asked for and are not there
}

// rowName matches the name of a row: the name without "Benchmark", and the number
// of cores. go test omits the number if it is 1.
var rowName = regexp.MustCompile(`^Benchmark(.+?)(?:-(\d+))?$`)

// aboutLine matches a line such as "cpu: AMD EPYC".
var aboutLine = regexp.MustCompile(`^([a-z]+): (.*)$`)

// parse reads the output of go test -bench. It keeps each row by its name, and by
// its name with the number of cores, as in SignTicket/faceid-2. It skips other
// lines. A benchmark that failed is an error, and so is an input without rows.
func parse(in io.Reader) (*results, error) {
	r := &results{about: map[string]string{}, rows: map[string]map[string][]float64{}}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "--- FAIL") || line == "FAIL" {
			return nil, fmt.Errorf("a benchmark failed: %s", line)
		}
		if m := aboutLine.FindStringSubmatch(line); m != nil {
			r.about[m[1]] = m[2]
			continue
		}
		fields := strings.Fields(line)
		if len(fields) < 4 || len(fields)%2 != 0 {
			continue
		}
		if m := rowName.FindStringSubmatch(fields[0]); m != nil {
			if err := r.add(m[1], m[2], fields[2:]); err != nil {
				return nil, fmt.Errorf("%q: %w", line, err)
			}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(r.rows) == 0 {
		return nil, errors.New("there are no benchmarks in the input")
	}
	return r, nil
}

// add keeps the figures of one line: value, unit, value, unit.
func (r *results) add(name, cores string, figures []string) error {
	if cores == "" {
		cores = "1"
	}
	for i := 0; i < len(figures); i += 2 {
		value, err := strconv.ParseFloat(figures[i], 64)
		if err != nil {
			return err
		}
		for _, key := range []string{name, name + "-" + cores} {
			if r.rows[key] == nil {
				r.rows[key] = map[string][]float64{}
			}
			r.rows[key][figures[i+1]] = append(r.rows[key][figures[i+1]], value)
		}
	}
	return nil
}

// of returns the median of the runs. It notes an absent figure and returns NaN,
// which meets no target.
func (r *results) of(row, unit string) float64 {
	values := slices.Sorted(slices.Values(r.rows[row][unit]))
	if len(values) == 0 {
		if missing := row + " " + unit; !slices.Contains(r.absent, missing) {
			r.absent = append(r.absent, missing)
		}
		return math.NaN()
	}
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
}

// spread returns how far the runs lie apart, as a share of their median. It is NaN
// for a single run.
func (r *results) spread(row, unit string) float64 {
	values := r.rows[row][unit]
	if len(values) < 2 {
		return math.NaN()
	}
	return (slices.Max(values) - slices.Min(values)) / r.of(row, unit)
}
