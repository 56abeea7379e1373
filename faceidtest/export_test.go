package faceidtest

import "reflect"

// Tables returns how many entries every table of the server has: every map and
// every list in its state, in that of API 3.0 and in those of its apps.
func (s *Server) Tables() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	sizes := map[string]int{}
	addTables(sizes, "server.", reflect.ValueOf(s).Elem())
	addTables(sizes, "cloud.", reflect.ValueOf(s.cloud).Elem())
	for _, a := range s.apps {
		addTables(sizes, "app.", reflect.ValueOf(a).Elem())
	}
	m := &s.memory
	sizes["memory"] = m.tokens.size() + m.launches.size() + m.nonces.size() + m.begun.size() + m.ended.size() + m.numbers.size() +
		m.visits.size() + m.flows.size() + m.forms.size() + m.files.size() + m.cursors.size() + m.bills.size() +
		m.uploads.size() + m.opened.size() + m.chips.size()
	return sizes
}

func addTables(sizes map[string]int, prefix string, of reflect.Value) {
	for i := range of.NumField() {
		if kind := of.Field(i).Kind(); kind == reflect.Map || kind == reflect.Slice {
			sizes[prefix+of.Type().Field(i).Name] += of.Field(i).Len()
		}
	}
}

func (l *line[T]) size() int {
	n := -l.taken
	for chunk := l.first; chunk != nil; chunk = chunk.next {
		n += len(chunk.entries)
	}
	return n
}
