package main

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

// A dataCheck is a check of API 3.0: the visitor enters data, and one call tells whether
// they belong together. Nobody is in front of a camera, so nobody is verified by it.
type dataCheck struct {
	ask func(ctx context.Context, client *faceid.Client, in input) (*outcome, error)
}

// An answer is what the simulator may be told to answer to a check: its name, which has the
// text answer-…, and its code.
type answer struct{ Name, code string }

// start asks. Whatever the answer is, the order is over by then.
func (c dataCheck) start(ctx context.Context, s *shop, o *order, in input) (string, error) {
	if s.sim != nil {
		i := slices.IndexFunc(o.Product.Answers, func(a answer) bool { return a.Name == in.answer })
		if i < 0 {
			return "", errForm
		}
		s.scripted.Lock() // a script is for all calls: until this one is over, nobody else's may come
		defer s.scripted.Unlock()
		s.sim.ScriptCheck(o.Product.query, faceidtest.Check{Result: o.Product.Answers[i].code})
	}
	end, err := c.ask(ctx, s.client(), in)
	o.Outcome = end
	return "", err
}

func (dataCheck) back(*http.Request) string { return "" }

func (dataCheck) decide(context.Context, *shop, *order, *http.Request) (*outcome, error) {
	return nil, errHandled
}

func identityCheck(ctx context.Context, client *faceid.Client, in input) (*outcome, error) {
	return answered(client.IdCardVerification(ctx, faceid.IdCardVerificationRequest{Name: in.Name, IDCard: in.IDNo}))
}

func bankCheck(ctx context.Context, client *faceid.Client, in input) (*outcome, error) {
	return answered(client.BankCard4EVerification(ctx, faceid.BankCard4EVerificationRequest{
		Name: in.Name, IDCard: in.IDNo, Phone: in.phone, BankCard: in.BankCardNo,
	}))
}

func phoneCheck(ctx context.Context, client *faceid.Client, in input) (*outcome, error) {
	return answered(client.PhoneVerification(ctx, faceid.PhoneVerificationRequest{Name: in.Name, IDCard: in.IDNo, Phone: in.phone}))
}

// answered turns the answer of a check into an outcome. A source of data that is in trouble
// has answered, too: nothing was compared, and nothing is charged.
func answered[R faceid.Result](result R, err error) (*outcome, error) {
	result, err = faceid.Confirm(result, err)
	var bad *faceid.Error
	if errors.Is(err, faceid.ErrService) && errors.As(err, &bad) && bad.Code != "" && bad.Code.Gloss() != "" {
		return explained("", faceid.ChannelCloud, bad.Code), nil
	}
	end, err := judged("", errors.Is(err, faceid.ErrNotPassed), err)
	if err != nil {
		return nil, err
	}
	end.Charged = result.Charged()
	return end, nil
}
