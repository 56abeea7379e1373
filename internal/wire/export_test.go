package wire

// Used takes from the pools the buffers that the next calls of Read would use.
func Used() [][]byte {
	long, short := longPool.Get().(*buffers), shortPool.Get().(*buffers)
	out, c := outPool.Get().(*[48 << 10]byte), chunkPool.Get().(*chunk)
	return [][]byte{long.in, short.in, out[:], c[:]}
}
