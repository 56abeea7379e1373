package sqlstore_test

import (
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/faceid-go/faceid/sqlstore"
)

func TestStoreKeepsEveryPromise(t *testing.T) {
	onEach(t, func(t *testing.T, d *database) {
		d.ready(t)
		faceidtest.TestStore(t, func() faceid.Store { return d.store(t) },
			faceidtest.StoreRenews(sqlstore.MaxLeases))
	})
}
