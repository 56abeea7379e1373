package wire

// Used takes from the pools what the next reading would work on.
func Used() [][]byte {
	d := desks.Get().(*desk)
	c := chunks.Get().(*chunk)
	return [][]byte{d.in[:], d.out[:], c[:]}
}
