// Package siege is a trial of the file store: sixteen processes on one
// directory, killed at random points, their directory taken away, locked and
// filled, and every byte of the record damaged in turn. It needs Linux.
//
//	go test ./proof/siege -v -args -long -seed 7
//
//	worker_test.go   the process under siege, and the hand that holds it
//	record_test.go   what the trial itself can read in the directory
//	seal_test.go     that it reads what is sealed, and nothing else
//	attacks_test.go  the kills and the attacks
//	ledger_test.go   the accounts: kills, mints, visible errors, recoveries
//	bytes_test.go    every byte of the record and of the lock, in one process
//	siege_test.go    the test
package siege
