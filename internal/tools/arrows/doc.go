// Package arrows holds the rooms of the root package in their order. Its test reads
// which file names what of which other file, and fails if a lower room names
// something of a room above it.
package arrows
