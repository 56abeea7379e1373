package sqlstore_test

import (
	"context"
	"database/sql"
	"log"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/sqlstore"
)

func Example() {
	db, err := sql.Open("pgx", "postgres://faceid@db/shop?connect_timeout=1")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(4)
	store, err := sqlstore.New(db, sqlstore.Postgres)
	if err != nil {
		log.Fatal(err)
	}
	if err := store.Check(context.Background()); err != nil { // the table is there, and may be used
		log.Fatal(err)
	}
	client, err := faceid.New(faceid.WithApp("TIDA0001", "the secret"), faceid.WithStore(store))
	if err != nil {
		log.Fatal(err)
	}
	_ = client // every process with this appID creates such a client
}
