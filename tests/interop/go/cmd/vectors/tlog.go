package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/api/layout"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// logKey is the verifier key of the small log in tessera's testdata.
const (
	logKey  = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
	logSize = 15
)

type tilePath struct {
	Kind  string `json:"kind"`
	Level uint64 `json:"level"`
	Index uint64 `json:"index"`
	Width int    `json:"width"`
	Path  string `json:"path"`
}

// tilePaths gives paths as tessera's layout package writes them, and paths tlog-tiles does not allow.
func tilePaths() any {
	var good []tilePath
	for _, index := range []uint64{0, 1, 5, 255, 999, 1000, 67000, 999999, 1000000, 1234067, 18446744073709551} {
		for _, partial := range []uint8{0, 1, 5, 112, 255} {
			width := int(partial)
			if partial == 0 {
				width = 256
			}
			good = append(good, tilePath{"entries", 0, index, width, layout.EntriesPath(index, partial)})
			for _, level := range []uint64{0, 1, 7} {
				good = append(good, tilePath{"tile", level, index, width, layout.TilePath(level, index, partial)})
			}
		}
	}
	bad := []string{
		"tile/", "tile/0", "tile/0/", "tile/00/000", "tile/+0/000", "tile/64/000", "tile/-1/000", "tile/x/000",
		"tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/x000", "tile/0/001/000", "tile/0/x001/x234",
		"tile/0/x01/067", "tile/0/x0001/067", "tile/0/x001/67", "tile/0/xx01/067", "tile/0/abc",
		"tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/00", "tile/0/000.p/01",
		"tile/0/000.p/256", "tile/0/000.p/-1", "tile/0/000.p/1/", "tile/0/000.p/x", "tile/0/000.q/1",
		"tile/0/000/", "tile/0//000", "tile/0/ 000", "tile/0/000.p/1.p/1",
		"tile/0/x999/x999/x999/x999/x999/x999/x999/999",
	}
	return map[string]any{"good": good, "bad": bad}
}

type checkpointCase struct {
	File   string `json:"file"`
	Origin string `json:"origin"`
	Size   int64  `json:"size"`
	Root   string `json:"root_base64"`
}

// checkpoints gives origin, size and root of every checkpoint of the small log, opened by x/mod.
func checkpoints(dir string) any {
	files, err := filepath.Glob(filepath.Join(dir, "checkpoint.*"))
	check(err)
	var cases []checkpointCase
	for _, file := range files {
		raw, err := os.ReadFile(file)
		check(err)
		n, err := note.Open(raw, verifiers([]string{logKey}))
		check(err)
		lines := strings.Split(n.Text, "\n")
		size, err := strconv.ParseInt(lines[1], 10, 64)
		check(err)
		cases = append(cases, checkpointCase{filepath.Base(file), lines[0], size, lines[2]})
	}
	return map[string]any{"vkey": logKey, "checkpoints": cases}
}

type proofCase struct {
	Name     string `json:"name"`
	Proof    string `json:"proof"`
	Leaf     string `json:"entry,omitempty"`
	Index    int64  `json:"index"`
	Size     int64  `json:"size"`
	Verifies bool   `json:"verifies"`
}

// proofs gives a tlog-proof for every entry of the small log, and some that must not verify.
func proofs(dir string) any {
	raw, err := os.ReadFile(filepath.Join(dir, "tile", "entries", fmt.Sprintf("000.p/%d", logSize)))
	check(err)
	var bundle api.EntryBundle
	check(bundle.UnmarshalText(raw))
	checkpoint, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("checkpoint.%d", logSize)))
	check(err)

	var hashes []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var out []tlog.Hash
		for _, i := range indexes {
			out = append(out, hashes[i])
		}
		return out, nil
	})
	for i, entry := range bundle.Entries {
		more, err := tlog.StoredHashes(int64(i), entry, reader)
		check(err)
		hashes = append(hashes, more...)
	}

	cases := []proofCase{}
	for i, entry := range bundle.Entries {
		path, err := tlog.ProveRecord(logSize, int64(i), reader)
		check(err)
		p := proof.TLogProof{Index: uint64(i), Checkpoint: checkpoint}
		for _, h := range path {
			p.Hashes = append(p.Hashes, [sha256.Size]byte(h))
		}
		cases = append(cases, proofCase{fmt.Sprintf("entry %d", i), string(p.Marshal()), string(entry), int64(i), logSize, true})
		if i == 3 {
			p.ExtraData = []byte("extra information")
			cases = append(cases, proofCase{"with extra data", string(p.Marshal()), string(entry), 3, logSize, true})
		}
	}
	good := cases[3].Proof
	entry := cases[3].Leaf
	refuse := func(name, text string) {
		cases = append(cases, proofCase{name, text, entry, 3, logSize, false})
	}
	refuse("other entry's index", strings.Replace(good, "index 3", "index 2", 1))
	refuse("index with a leading zero", strings.Replace(good, "index 3", "index 03", 1))
	refuse("index with a sign", strings.Replace(good, "index 3", "index +3", 1))
	refuse("index beyond the tree", strings.Replace(good, "index 3", "index 15", 1))
	refuse("index missing", strings.Replace(good, "index 3\n", "", 1))
	refuse("wrong header", strings.Replace(good, "@v1", "@v2", 1))
	refuse("extra data is not base64", strings.Replace(good, "index 3", "extra !!\nindex 3", 1))
	refuse("hash is not base64", strings.Replace(good, "index 3\n", "index 3\n!!notbase64!!\n", 1))
	long := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0}, 64))
	refuse("hash of 64 bytes", strings.Replace(good, "index 3\n", "index 3\n"+long+"\n", 1))
	lines := strings.Split(good, "\n")
	refuse("one hash missing", strings.Join(append(append([]string{}, lines[:2]...), lines[3:]...), "\n"))
	refuse("one hash twice", strings.Join(append(append(append([]string{}, lines[:3]...), lines[2]), lines[3:]...), "\n"))
	refuse("no checkpoint", strings.SplitN(good, "\n\n", 2)[0]+"\n\n")
	return map[string]any{"vkey": logKey, "cases": cases}
}
