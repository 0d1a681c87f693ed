package main

import (
	"os"

	f_note "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

func init() {
	commands["check-cosignature"] = checkCosignature
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
