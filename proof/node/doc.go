// Package node runs flows of the unmodified official SDKs for Node, of both sites of
// API 3.0, against the simulator on a port. Each answer is compared with what the
// SDK itself declares for it. make e2e installs the SDKs and runs it.
package node
