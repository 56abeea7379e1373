// Package credential keeps the access token and the SIGN ticket of one appID. It
// hands them out while they are fresh, replaces them in time, and shares them with
// every process that uses the same store.
//
// # The platform's rules
//
// An access token lives two hours. A SIGN ticket lives one hour, but never longer than
// its token. After a new token was fetched, the token before it works for one more
// minute. Only the token that was fetched last lives on. So two processes that fetch
// tokens at the same time harm each other, and a request for a token whose answer is
// lost kills the old token without giving a new one.
//
// # The way of one call
//
//	Keeper.ForSigning, ForNonce   decide what the caller gets, and whether it waits
//	  looker                      decides whether to look into the store before
//	  verdict                     says what the record may be used for, and what is due
//	  flight                      runs one refresh at a time in this process
//	    turn                      runs one refresh at a time in all processes, under the store's lock
//	      mint                    saves a mark, fetches a token, saves it, fetches a SIGN ticket, saves it
//
// A call that the platform refused goes through Keeper.Recover instead.
//
// # Words
//
//   - A pair is a token and its SIGN ticket. A record is what the store keeps: a pair,
//     or a part of one, and notes for other processes.
//   - A half record has a token and not yet its SIGN ticket.
//   - A refresh is everything that is done to get new credentials. In it, a token is
//     minted and a SIGN ticket is fetched. A forced refresh follows a refusal by the
//     platform; any other refresh follows the age of the pair.
//   - A recovery is what is done after the platform refused a call. It may find that a
//     forced refresh is needed.
//   - A flight is a refresh or a recovery that is under way in this process. A turn is
//     the part of a flight that holds the store's lock.
//   - A mark is the note in a record that a mint is under way.
//   - A throttle is the note in a record that bounds forced refreshes in all processes.
//   - After a refresh that failed, a backoff is the time in which no refresh begins for
//     a pair that still serves. A pause is the shorter time in which none begins for a
//     caller without such a pair.
//   - Patience is how long a caller without a deadline waits.
//   - Limits are how long one exchange, one lease of the lock and one flight may take.
//
// # Where a rule stands
//
//	periods.go   every period; its figure stands in docs and tests, too, and must change with it
//	verdict.go   what a record may be used for, and what is due
//	pair.go      a record as this process holds it
//	record.go    what is saved, and how each step changes it
//	seal.go      how a record is encrypted in the store
//	keeper.go    the calls, and who waits for what
//	secret.go    the secret, and the seal that is made of it
//	looker.go    when the store is read, and whose record is believed
//	flight.go    one refresh in this process, its waiters, and how long they wait
//	backoff.go   when the next refresh may begin after a failure
//	turn.go      the lock, and the two ways of saving: commit and keep
//	mint.go      a new token, and a new SIGN ticket
//	recover.go   a refusal: whether the token, the ticket or the caller is the reason
//	inspect.go   a record for people who look for a fault
//
// The package knows nothing of HTTP, of the API's errors and of the Client. It asks a
// [Platform] and a [Store], and tells a [Watcher] what happens. TestVerdictIsTheTableOfTickets
// compares the table of docs/tickets.md with [record.verdict].
package credential
