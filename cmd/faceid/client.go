package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/cmd/faceid/internal/setup"
	"github.com/faceid-go/faceid/cmd/faceid/internal/show"
	"github.com/faceid-go/faceid/evidence"
)

// door is what a kind of order needs of the environment.
type door string

const (
	doorApp   door = "app"
	doorCloud door = door(faceid.SiteChina)
	doorIntl  door = door(faceid.SiteInternational)
)

// closeTime is how long a command waits at its end for a credential that is being saved.
const closeTime = 10 * time.Second

// doorOf returns the door that answers about orders of a kind.
func doorOf(k evidence.Kind) door {
	switch k {
	case evidence.WeChat, evidence.Eid:
		return doorCloud
	case evidence.IntlWeb, evidence.IntlApp:
		return doorIntl
	}
	return doorApp
}

// client returns a Client with all doors of the environment, and refuses if one of the
// wanted ones is missing. Credentials come from the shared store, which lets one process of
// a fleet refresh them at a time, and are refreshed by the calls alone. Call close at the
// end.
func (c *command) client(wanted ...door) (client *faceid.Client, close func(), err error) {
	var opts []faceid.Option
	var open []door
	close = func() {}
	app, err := c.env.App()
	if err != nil {
		return nil, nil, err
	}
	if app != nil && slices.Contains(wanted, doorApp) {
		store, err := c.store()
		if err != nil {
			return nil, nil, err
		}
		close = store.Close
		opts = append(app.Options(), faceid.WithStore(store.Store), faceid.WithBackgroundRefresh(false))
		open = append(open, doorApp)
	}
	clouds, err := c.env.Cloud()
	if err != nil {
		close()
		return nil, nil, err
	}
	for _, cloud := range clouds {
		opts = append(opts, cloud.Options()...)
		open = append(open, door(cloud.Site))
	}
	for _, d := range wanted {
		if !slices.Contains(open, d) {
			close()
			return nil, nil, missingDoor(d)
		}
	}
	client, err = faceid.New(opts...)
	if err != nil {
		close()
		return nil, nil, fmt.Errorf("%w: %w", setup.ErrSetup, err)
	}
	shut := close
	return client, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), closeTime)
		defer cancel()
		_ = client.Close(ctx) // a refresh that takes longer is given up
		shut()
	}, nil
}

// store opens the shared store. Whoever has left it out is told: a fleet that shares
// another store would lose its token a minute after this command fetched one of its own.
func (c *command) store() (*setup.OpenStore, error) {
	store, err := c.env.Store()
	if err != nil {
		return nil, err
	}
	if set, _ := c.env.Get(setup.Store); set == "" {
		c.Note(show.F("%s is not set, so the credentials are in %s. If your servers keep them elsewhere, set it: a token that is fetched here ends theirs.",
			"未设置 %s，凭证存于 %s。如果您的服务器使用别的存储，请设置它：在此获取的 token 会使服务器的 token 失效。", setup.Store, store.Where))
	}
	return store, nil
}

func missingDoor(d door) error {
	names := map[door][2]string{
		doorApp: {setup.AppID, setup.Secret}, doorCloud: {setup.CloudID, setup.CloudKey}, doorIntl: {setup.IntlID, setup.IntlKey},
	}[d]
	return &usageError{show.F("set %s and %s: such orders cannot be asked about without them", "请设置 %s 和 %s：没有它们就无法查询这类订单", names[0], names[1])}
}
