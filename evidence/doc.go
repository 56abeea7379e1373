// Package evidence sees to it that every verification that was opened ends, and that
// its files are kept.
//
// The platform keeps a result for 3 days, and the flow of a person who never comes back
// has no result at all. A process that fetches results may die between two steps, and a
// callback may never arrive. A [Keeper] looks at one order at a time and says when to
// look again, until the order has an outcome, its files are in a bucket, and the
// merchant was told:
//
//	k, err := evidence.New(evidence.Options{Client: client, Bucket: bucket, Ledger: ledger, OnOutcome: tell})
//	progress, err := k.Step(ctx, order)
//
// Step is safe to call twice, at once in two processes, and again after a process was
// killed. It knows no job engine: a cron job, a queue or [Keeper.Run] calls it.
//
// # What is stored where
//
// The [Ledger] holds one [Entry] for each order: the order, its outcome, and which files
// are whole. It holds no name, no identity number and no picture. The bucket holds the
// files of an order in a folder of its own, and last of all a manifest that names them
// with their sizes and SHA-256 sums. An order whose manifest is there is complete. The
// files are evidence about a person: give age recipients to encrypt them, and delete
// them when the law says so ([Keeper.Delete]).
package evidence
