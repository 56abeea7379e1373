// Package evidence makes sure that every verification that was opened gets an outcome,
// and that its files are kept.
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
// Step may be called twice, in two processes at the same time, and again after a process
// was killed. It depends on no job engine: a cron job, a queue or [Keeper.Run] calls it.
//
// # What is stored where
//
// The [Ledger] holds one [Entry] for each order: the order, its outcome, and which files
// are whole. It holds no name, no identity number and no picture. The bucket holds the
// files of an order in a folder of its own. The manifest is written last, and names the
// files with their sizes and SHA-256 sums. An order that has a manifest is complete. The
// files are personal data: give age recipients to encrypt them, and delete them when the
// law requires it ([Keeper.Delete]).
package evidence
