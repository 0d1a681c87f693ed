package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/transparency-dev/formats/proof"
)

func init() {
	commands["make-log"] = makeLog
}

// makeLog writes a log of -size entries to -dir: checkpoint, tiles and bundles by the paths of tlog-tiles,
// and beside them, in -dir/made, what a client of that log may hold:
//
//	vkey                    the verifier key
//	entry, index            an entry in the middle
//	entry.tlog-proof        its proof in the newest checkpoint
//	old.checkpoint          the checkpoint of an earlier size
//	proof.consistency       from the earlier size to the newest, in the JSON of our proof routes
//	entries/NNN             the entries of a log of at most a hundred
func makeLog(f *flags) error {
	secret, vkey, err := note.GenerateKey(rand.Reader, f.origin)
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		return err
	}
	var entries [][]byte
	for i := range f.size {
		entries = append(entries, fmt.Appendf(nil, "entry %d of a log made by golang.org/x/mod %s", i, f.origin))
	}
	tree, err := treeOf(entries)
	if err != nil {
		return err
	}
	old, middle := f.size*3/5, f.size/2
	files := map[string][]byte{
		"made/vkey":  []byte(vkey + "\n"),
		"made/entry": entries[middle],
		"made/index": fmt.Appendf(nil, "%d\n", middle),
	}
	for _, size := range []int64{old, f.size} {
		if err := addTiles(files, tree, entries, size); err != nil {
			return err
		}
	}
	if files["checkpoint"], err = checkpointOf(signer, tree, f.size); err != nil {
		return err
	}
	if files["made/old.checkpoint"], err = checkpointOf(signer, tree, old); err != nil {
		return err
	}
	if files["made/entry.tlog-proof"], err = proofOf(tree, middle, f.size, files["checkpoint"]); err != nil {
		return err
	}
	path, err := tlog.ProveTree(f.size, old, tree)
	if err != nil {
		return err
	}
	proof := map[string]any{"old_size": old, "new_size": f.size, "hashes": base64All(path)}
	if files["made/proof.consistency"], err = json.Marshal(proof); err != nil {
		return err
	}
	for i := 0; f.size <= 100 && i < len(entries); i++ {
		files[fmt.Sprintf("made/entries/%03d", i)] = entries[i]
	}
	for name, data := range files {
		file := filepath.Join(f.dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func base64All(hashes []tlog.Hash) []string {
	out := []string{}
	for _, h := range hashes {
		out = append(out, base64.RawURLEncoding.EncodeToString(h[:]))
	}
	return out
}

func checkpointOf(signer note.Signer, tree *memory, size int64) ([]byte, error) {
	root, err := tlog.TreeHash(size, tree)
	if err != nil {
		return nil, err
	}
	return note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%v\n", signer.Name(), size, root)}, signer)
}

func proofOf(tree *memory, index, size int64, checkpoint []byte) ([]byte, error) {
	path, err := tlog.ProveRecord(size, index, tree)
	if err != nil {
		return nil, err
	}
	p := proof.TLogProof{Index: uint64(index), Checkpoint: checkpoint}
	for _, h := range path {
		p.Hashes = append(p.Hashes, [sha256.Size]byte(h))
	}
	return p.Marshal(), nil
}

// addTiles adds all tiles and bundles that a tree of this size has.
func addTiles(files map[string][]byte, tree *memory, entries [][]byte, size int64) error {
	for _, t := range tlog.NewTiles(tileHeight, 0, size) {
		data, err := tlog.ReadTileData(t, tree)
		if err != nil {
			return err
		}
		files[tilePath(t)] = data
	}
	for n := int64(0); n*tileWidth < size; n++ {
		width := min(tileWidth, size-n*tileWidth)
		var data []byte
		for _, entry := range entries[n*tileWidth : n*tileWidth+width] {
			data = binary.BigEndian.AppendUint16(data, uint16(len(entry)))
			data = append(data, entry...)
		}
		files[tilePath(tlog.Tile{H: tileHeight, L: -1, N: n, W: int(width)})] = data
	}
	return nil
}
