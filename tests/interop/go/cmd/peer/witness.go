package main

import (
	"fmt"
	"os"

	f_note "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

func init() {
	commands["check-cosignature"] = checkCosignature
	commands["make-key"] = makeKey
}

// checkCosignature opens the note at -note with the witness's verifier key alone.
func checkCosignature(f *flags) error {
	verifier, err := f_note.NewVerifierForCosignatureV1(f.vkey)
	if err != nil {
		return err
	}
	message, err := os.ReadFile(f.note)
	if err != nil {
		return err
	}
	_, err = note.Open(message, note.VerifierList(verifier))
	return err
}

// makeKey prints the private key of a log and its verifier key.
func makeKey(f *flags) error {
	private, verifier, err := note.GenerateKey(nil, f.origin)
	if err != nil {
		return err
	}
	fmt.Printf("%s\n%s\n", private, verifier)
	return nil
}
