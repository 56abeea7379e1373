package main

import "slices"

// mutants are the changes that tests must notice. Each file list_*.go has those
// that break one part of the repository.
var mutants = slices.Concat(
	kyc1Mutants,
	storeMutants,
	sqlMutants,
	wireMutants,
	cloudMutants,
	chinaMutants,
	evidenceMutants,
	observingMutants,
	credentialMutants,
	decisionMutants,
	privacyMutants,
	simulatorMutants,
	exampleMutants,
	toolsMutants,
	cliMutants,
)
