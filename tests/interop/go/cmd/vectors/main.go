// vectors writes the test data that comes out of Go packages rather than out of files:
// what golang.org/x/mod, transparency-dev/merkle, formats and tessera say about small inputs.
// Usage: vectors DIR, where DIR is tests/vectors.
package main

import (
	"encoding/json"
	"log"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: vectors DIR")
	}
	dir := os.Args[1]
	writeJSON(filepath.Join(dir, "rfc6962", "trees.json"), trees())
	writeJSON(filepath.Join(dir, "tlog", "notes.json"), notes())
	writeJSON(filepath.Join(dir, "tlog", "vkeys.json"), vkeys())
	writeJSON(filepath.Join(dir, "tlog", "tile-paths.json"), tilePaths())
	writeJSON(filepath.Join(dir, "tlog", "checkpoints.json"), checkpoints(filepath.Join(dir, "tlog", "log")))
	writeJSON(filepath.Join(dir, "tlog", "proofs.json"), proofs(filepath.Join(dir, "tlog", "log")))
}

func writeJSON(path string, value any) {
	text, err := json.MarshalIndent(value, "", " ")
	check(err)
	check(os.MkdirAll(filepath.Dir(path), 0o755))
	check(os.WriteFile(path, append(text, '\n'), 0o644))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
