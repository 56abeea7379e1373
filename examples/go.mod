module github.com/faceid-go/faceid/examples

go 1.25

require github.com/faceid-go/faceid v0.0.0

replace github.com/faceid-go/faceid => ../
