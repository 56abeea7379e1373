package main

import (
	"errors"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/cmd/faceid/internal/setup"
	"github.com/faceid-go/faceid/cmd/faceid/internal/show"
)

// lookingClient returns a Client that knows the tickets of the store and can neither fetch
// nor change any. The caller calls done at last.
func (c *command) lookingClient() (client *faceid.Client, look *setup.Looking, done func(), err error) {
	app, err := c.env.App()
	switch {
	case err != nil:
		return nil, nil, nil, err
	case app == nil:
		return nil, nil, nil, &usageError{show.F("set %s and %s, or %s", "请设置 %s 和 %s，或 %s", setup.AppID, setup.Secret, setup.Ticket)}
	}
	store, err := c.env.Store()
	if err != nil {
		return nil, nil, nil, err
	}
	look = &setup.Looking{OpenStore: store}
	if client, err = look.Client(app); err != nil {
		store.Close()
		return nil, nil, nil, err
	}
	return client, look, store.Close, nil
}

// errNoTicket says that the store has no SIGN ticket.
var errNoTicket = errors.New("the store has no SIGN ticket that works: let the backend make a call, or see faceid doctor")

// signTicket returns the ticket of FACEID_TICKET, or else the SIGN ticket of the store, and
// says where it is from.
func (c *command) signTicket() (ticket string, from show.Text, err error) {
	if ticket, err = c.env.Get(setup.Ticket); ticket != "" || err != nil {
		return ticket, show.T(setup.Ticket, setup.Ticket), err
	}
	client, look, done, err := c.lookingClient()
	if err != nil {
		return "", show.Text{}, err
	}
	defer done()
	ticket, err = client.SignTicket(c.ctx)
	switch {
	case err == nil:
		return ticket, show.F("the SIGN ticket of %s", "%s 中的 SIGN ticket", look.Where), nil
	case look.Err != nil && !errors.Is(look.Err, faceid.ErrNotFound):
		return "", show.Text{}, look.Err
	}
	return "", show.Text{}, errNoTicket
}
