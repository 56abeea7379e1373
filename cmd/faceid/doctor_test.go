package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/cmd/faceid/internal/doctor"
	"github.com/faceid-go/faceid/cmd/faceid/internal/setup"
)

func TestDoctorTellsFaultsInBothLanguages(t *testing.T) {
	term, sim, _ := onSimulator(t)
	r := term.run("doctor")
	require.Equal(t, exitOK, r.code, r.out)
	require.Contains(t, r.out, "kyc1 "+sim.URL()[len("http://"):])
	require.Contains(t, r.out, "✓ SIGN ticket  the platform accepts a signature")
	require.Contains(t, r.out, "No fault.")

	sim.MintElsewhere(sim.AppID())
	sim.Advance(61 * time.Second)
	r = term.run("doctor", "--lang", "en")
	require.Equal(t, exitNo, r.code)
	require.Contains(t, r.out, "✗ token")
	require.Contains(t, r.out, "store-not-shared  The platform refuses a token that is still young")
	require.Contains(t, r.out, "Cure: Give all of them one store")
	require.Contains(t, r.out, "Faults: 1, warnings: 0.")
	r = term.run("doctor", "--lang", "zh")
	require.Contains(t, r.out, "store-not-shared  平台拒绝了仍在有效期内的 token")
	require.Contains(t, r.out, "处理： 请让它们共用一个存储")
	require.Contains(t, r.out, "故障 1 个")

	var got struct {
		Status   doctor.Status
		Findings []doctor.Finding
	}
	require.Equal(t, exitNo, term.json(&got, "doctor"))
	require.Equal(t, doctor.Fault, got.Status)
	require.Len(t, sim.Mints(sim.AppID()), 1)

	r = term.run("doctor", "--mint")
	require.Equal(t, exitNo, r.code, "the token is a second old, so a new one would not help: %s", r.out)
}

func TestDoctorNeedsSomethingToLookAt(t *testing.T) {
	term := newTerminal(t)
	r := term.run("doctor")
	require.Equal(t, exitUsage, r.code)
	require.Contains(t, r.err, setup.AppID)
	term.env[setup.AppID] = "TIDA0001"
	r = term.run("doctor")
	require.Equal(t, exitUsage, r.code)
	require.Contains(t, r.err, setup.Secret+" is not")
	term.env[setup.Secret] = ""
	require.Contains(t, term.run("doctor").err, "FACEID_SECRET is set, and empty")
}
