// peer is the Go side of the interoperability tests: golang.org/x/mod/sumdb/{note,tlog} read and make
// logs, go-cose reads and makes statements and receipts. Exit 0 is yes, 1 is no with the reason.
package main

import (
	"flag"
	"fmt"
	"os"
	"sort"
	"strings"
)

// flags are the inputs all commands draw from.
type flags struct {
	url, vkey, dir, origin                 string
	size                                   int64
	key, public, keys                      string
	payload, issuer, subject, entry, proof string
	receipt, oldRoot, newRoot, out, note   string
	issuedAt, index                        int64
	rest                                   []string
}

var commands = map[string]func(*flags) error{}

func main() {
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		var names []string
		for name := range commands {
			names = append(names, name)
		}
		sort.Strings(names)
		fmt.Fprintln(os.Stderr, "usage: peer "+strings.Join(names, "|"))
		os.Exit(2)
	}
	var f flags
	set := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	for name, at := range map[string]*string{
		"url": &f.url, "vkey": &f.vkey, "dir": &f.dir, "origin": &f.origin, "key": &f.key,
		"public": &f.public, "keys": &f.keys, "payload": &f.payload, "issuer": &f.issuer,
		"subject": &f.subject, "entry": &f.entry, "proof": &f.proof, "receipt": &f.receipt,
		"note": &f.note, "old-root": &f.oldRoot, "new-root": &f.newRoot, "out": &f.out,
	} {
		set.StringVar(at, name, "", "")
	}
	set.Int64Var(&f.size, "size", 0, "")
	set.Int64Var(&f.issuedAt, "issued-at", 0, "")
	set.Int64Var(&f.index, "index", 0, "")
	if err := set.Parse(os.Args[2:]); err != nil {
		os.Exit(2)
	}
	f.rest = set.Args()
	if err := commands[os.Args[1]](&f); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func need(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, args...)
}
