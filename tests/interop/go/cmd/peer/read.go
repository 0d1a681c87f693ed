package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/transparency-dev/formats/proof"
)

func init() {
	commands["read-checkpoint"] = readCheckpoint
	commands["read-bundles"] = readBundles
	commands["read-inclusion"] = readInclusion
	commands["read-consistency"] = readConsistency
	commands["read-partial-tiles"] = readPartialTiles
	commands["read-served-proofs"] = readServedProofs
	commands["check-tlog-proof"] = checkTlogProof
}

// readCheckpoint opens the checkpoint and prints its size and root.
func readCheckpoint(f *flags) error {
	text, err := getOK(f.url+"/checkpoint", "")
	if err != nil {
		return err
	}
	origin, tree, err := openCheckpoint(text, f.vkey)
	if err != nil {
		return err
	}
	if err := need(origin == f.origin, "origin %q, expected %q", origin, f.origin); err != nil {
		return err
	}
	if err := need(tree.N >= f.size, "size %d, expected at least %d", tree.N, f.size); err != nil {
		return err
	}
	fmt.Printf("%d %x\n", tree.N, tree.Hash[:])
	return nil
}

// readBundles checks that every entry in the bundles hashes to the leaf in the tiles, and all to the root.
func readBundles(f *flags) error {
	log, err := openRemote(f.url, f.vkey)
	if err != nil {
		return err
	}
	entries, err := log.entries()
	if err != nil {
		return err
	}
	var indexes []int64
	for i := range entries {
		indexes = append(indexes, tlog.StoredHashIndex(0, int64(i)))
	}
	leaves, err := log.hashes().ReadHashes(indexes)
	if err != nil {
		return err
	}
	for i, entry := range entries {
		if tlog.RecordHash(entry) != leaves[i] {
			return fmt.Errorf("entry %d does not hash to its leaf", i)
		}
	}
	tree, err := treeOf(entries)
	if err != nil {
		return err
	}
	root, err := tlog.TreeHash(log.tree.N, tree)
	if err != nil {
		return err
	}
	return need(root == log.tree.Hash, "the entries hash to %v, the checkpoint says %v", root, log.tree.Hash)
}

// readInclusion proves entries from the tiles at many sizes and checks the proofs against roots computed
// from the entries.
func readInclusion(f *flags) error {
	log, tree, entries, err := openWithEntries(f)
	if err != nil {
		return err
	}
	for _, size := range someSizes(log.tree.N) {
		root, err := tlog.TreeHash(size, tree)
		if err != nil {
			return err
		}
		for _, index := range someIndexes(size) {
			path, err := tlog.ProveRecord(size, index, log.hashes())
			if err != nil {
				return fmt.Errorf("entry %d at size %d: %w", index, size, err)
			}
			if err := tlog.CheckRecord(path, size, root, index, tlog.RecordHash(entries[index])); err != nil {
				return fmt.Errorf("entry %d at size %d: %w", index, size, err)
			}
		}
	}
	return nil
}

// readConsistency does the same with pairs of sizes.
func readConsistency(f *flags) error {
	log, tree, _, err := openWithEntries(f)
	if err != nil {
		return err
	}
	sizes := someSizes(log.tree.N)
	for i, size := range sizes {
		root, err := tlog.TreeHash(size, tree)
		if err != nil {
			return err
		}
		for _, old := range []int64{1, sizes[i/2], sizes[max(i-1, 0)], size} {
			oldRoot, err := tlog.TreeHash(old, tree)
			if err != nil {
				return err
			}
			path, err := tlog.ProveTree(size, old, log.hashes())
			if err != nil {
				return fmt.Errorf("%d to %d: %w", old, size, err)
			}
			if err := tlog.CheckTree(path, size, root, old, oldRoot); err != nil {
				return fmt.Errorf("%d to %d: %w", old, size, err)
			}
		}
	}
	return nil
}

func openWithEntries(f *flags) (*remote, *memory, [][]byte, error) {
	log, err := openRemote(f.url, f.vkey)
	if err != nil {
		return nil, nil, nil, err
	}
	entries, err := log.entries()
	if err != nil {
		return nil, nil, nil, err
	}
	tree, err := treeOf(entries)
	return log, tree, entries, err
}

func someIndexes(size int64) []int64 {
	seen := map[int64]bool{}
	var out []int64
	for _, index := range []int64{0, 1, size / 3, size / 2, size - 2, size - 1} {
		if index >= 0 && index < size && !seen[index] {
			seen[index] = true
			out = append(out, index)
		}
	}
	return out
}

// readPartialTiles asks for every width of every tile and bundle: all up to what is published are served,
// none beyond.
func readPartialTiles(f *flags) error {
	log, err := openRemote(f.url, f.vkey)
	if err != nil {
		return err
	}
	for level := -1; level < 3; level++ {
		count := log.tree.N
		for l := 0; l < level; l++ {
			count /= tileWidth
		}
		for n := int64(0); n <= count/tileWidth; n++ {
			full := min(tileWidth, count-n*tileWidth)
			for width := int64(1); width <= tileWidth; width++ {
				path := tilePath(tlog.Tile{H: tileHeight, L: level, N: n, W: int(width)})
				reply, body, err := get(log.url+"/"+path, "")
				if err != nil {
					return err
				}
				status := reply.StatusCode
				if width > full {
					if status != http.StatusNotFound {
						return fmt.Errorf("%s is beyond the head: status %d instead of 404", path, status)
					}
					continue
				}
				if status != http.StatusOK {
					return fmt.Errorf("%s: status %d", path, status)
				}
				if level >= 0 && int64(len(body)) != width*tlog.HashSize {
					return fmt.Errorf("%s has %d bytes", path, len(body))
				}
				if level < 0 {
					if entries, err := splitBundle(body); err != nil || int64(len(entries)) != width {
						return fmt.Errorf("%s has %d entries: %v", path, len(entries), err)
					}
				}
			}
		}
	}
	return nil
}

// readServedProofs checks the proofs the server makes, in JSON and as tlog-proof.
func readServedProofs(f *flags) error {
	log, tree, entries, err := openWithEntries(f)
	if err != nil {
		return err
	}
	for _, index := range someIndexes(log.tree.N) {
		if err := servedTlogProof(log, f.vkey, index, entries[index]); err != nil {
			return fmt.Errorf("entry %d: %w", index, err)
		}
	}
	for _, size := range someSizes(log.tree.N) {
		root, err := tlog.TreeHash(size, tree)
		if err != nil {
			return err
		}
		for _, index := range someIndexes(size) {
			path, err := servedPath(fmt.Sprintf("%s/v1/proof/inclusion/%d/%d", log.url, index, size))
			if err != nil {
				return err
			}
			leaf := tlog.RecordHash(entries[index])
			if err := tlog.CheckRecord(path, size, root, index, leaf); err != nil {
				return fmt.Errorf("served proof of entry %d at size %d: %w", index, size, err)
			}
		}
		for _, old := range []int64{1, (size + 1) / 2, max(size-1, 1)} {
			oldRoot, err := tlog.TreeHash(old, tree)
			if err != nil {
				return err
			}
			path, err := servedPath(fmt.Sprintf("%s/v1/proof/consistency/%d/%d", log.url, old, size))
			if err != nil {
				return err
			}
			if err := tlog.CheckTree(path, size, root, old, oldRoot); err != nil {
				return fmt.Errorf("served proof from %d to %d: %w", old, size, err)
			}
		}
	}
	return nil
}

func servedTlogProof(log *remote, vkey string, index int64, entry []byte) error {
	url := fmt.Sprintf("%s/v1/proof/inclusion/%d/%d", log.url, index, log.tree.N)
	text, err := getOK(url, "text/x.tlog.proof")
	if err != nil {
		return err
	}
	return openTlogProof(text, vkey, index, entry)
}

func openTlogProof(text []byte, vkey string, index int64, entry []byte) error {
	var p proof.TLogProof
	if err := p.Unmarshal(text); err != nil {
		return err
	}
	_, tree, err := openCheckpoint(p.Checkpoint, vkey)
	if err != nil {
		return err
	}
	var path tlog.RecordProof
	for _, h := range p.Hashes {
		path = append(path, tlog.Hash(h))
	}
	if err := need(int64(p.Index) == index, "index %d instead of %d", p.Index, index); err != nil {
		return err
	}
	return tlog.CheckRecord(path, tree.N, tree.Hash, index, tlog.RecordHash(entry))
}

func checkTlogProof(f *flags) error {
	text, err := os.ReadFile(f.proof)
	if err != nil {
		return err
	}
	entry, err := os.ReadFile(f.entry)
	if err != nil {
		return err
	}
	return openTlogProof(text, f.vkey, f.index, entry)
}

// servedPath reads the hashes of a proof in JSON.
func servedPath(url string) ([]tlog.Hash, error) {
	body, err := getOK(url, "application/json")
	if err != nil {
		return nil, err
	}
	var said struct {
		Hashes []string `json:"hashes"`
	}
	if err := json.Unmarshal(body, &said); err != nil {
		return nil, fmt.Errorf("GET %s: %w", url, err)
	}
	path := []tlog.Hash{}
	for _, text := range said.Hashes {
		raw, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil || len(raw) != tlog.HashSize {
			return nil, fmt.Errorf("GET %s: %q is not a hash", url, text)
		}
		path = append(path, tlog.Hash(raw))
	}
	return path, nil
}
