package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// remote is a log read over HTTP by the paths of C2SP tlog-tiles.
type remote struct {
	url  string
	tree tlog.Tree
}

// get asks for one of two kinds of answer: any ("") or one of a media type.
func get(url, accept string) (*http.Response, []byte, error) {
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return nil, nil, err
	}
	if accept != "" {
		request.Header.Set("Accept", accept)
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	return reply, body, err
}

func getOK(url, accept string) ([]byte, error) {
	reply, body, err := get(url, accept)
	if err != nil {
		return nil, err
	}
	if reply.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET %s: status %d", url, reply.StatusCode)
	}
	if said := reply.Header.Get("Content-Type"); accept != "" && said != accept {
		return nil, fmt.Errorf("GET %s: Content-Type %q instead of %q", url, said, accept)
	}
	return body, nil
}

// openCheckpoint is what a client of the Go checksum database does with a signed tree.
func openCheckpoint(text []byte, vkey string) (origin string, tree tlog.Tree, err error) {
	verifier, err := note.NewVerifier(strings.TrimSpace(vkey))
	if err != nil {
		return "", tree, err
	}
	n, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return "", tree, err
	}
	var root string
	if _, err := fmt.Sscanf(n.Text, "%s\n%d\n%s\n", &origin, &tree.N, &root); err != nil {
		return "", tree, fmt.Errorf("checkpoint %q: %w", n.Text, err)
	}
	if origin != verifier.Name() {
		return "", tree, fmt.Errorf("origin %q is not the key's name %q", origin, verifier.Name())
	}
	tree.Hash, err = tlog.ParseHash(root)
	return origin, tree, err
}

func openRemote(url, vkey string) (*remote, error) {
	text, err := getOK(url+"/checkpoint", "")
	if err != nil {
		return nil, err
	}
	_, tree, err := openCheckpoint(text, vkey)
	return &remote{url, tree}, err
}

// tilePath turns the path of the Go checksum database into that of tlog-tiles.
func tilePath(t tlog.Tile) string {
	path := strings.TrimPrefix(t.Path(), fmt.Sprintf("tile/%d/", tileHeight))
	return "tile/" + strings.Replace(path, "data/", "entries/", 1)
}

// The three methods of tlog.TileReader.

func (r *remote) Height() int { return tileHeight }

func (r *remote) SaveTiles([]tlog.Tile, [][]byte) {}

func (r *remote) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, t := range tiles {
		data, err := getOK(r.url+"/"+tilePath(t), "")
		if err != nil {
			return nil, err
		}
		out = append(out, data)
	}
	return out, nil
}

func (r *remote) hashes() tlog.HashReader {
	return tlog.TileHashReader(r.tree, r)
}

// splitBundle takes an entry bundle apart: big-endian 16-bit lengths and entries.
func splitBundle(data []byte) ([][]byte, error) {
	var entries [][]byte
	for len(data) > 0 {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return nil, errors.New("entry bundle ends in the middle of an entry")
		}
		n := int(binary.BigEndian.Uint16(data))
		entries = append(entries, data[2:2+n])
		data = data[2+n:]
	}
	return entries, nil
}

// entries reads every entry of the log from its bundles.
func (r *remote) entries() ([][]byte, error) {
	var all [][]byte
	for n := int64(0); n*tileWidth < r.tree.N; n++ {
		width := int(min(tileWidth, r.tree.N-n*tileWidth))
		data, err := r.ReadTiles([]tlog.Tile{{H: tileHeight, L: -1, N: n, W: width}})
		if err != nil {
			return nil, err
		}
		entries, err := splitBundle(data[0])
		if err != nil {
			return nil, err
		}
		if len(entries) != width {
			return nil, fmt.Errorf("bundle %d has %d entries instead of %d", n, len(entries), width)
		}
		all = append(all, entries...)
	}
	return all, nil
}

// memory is a tree kept in memory, in the layout of tlog.StoredHashIndex.
type memory []tlog.Hash

func (m *memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for _, i := range indexes {
		if i >= int64(len(*m)) {
			return nil, fmt.Errorf("no stored hash %d", i)
		}
		out = append(out, (*m)[i])
	}
	return out, nil
}

func treeOf(entries [][]byte) (*memory, error) {
	m := &memory{}
	for i, entry := range entries {
		hashes, err := tlog.StoredHashes(int64(i), entry, m)
		if err != nil {
			return nil, err
		}
		*m = append(*m, hashes...)
	}
	return m, nil
}

// someSizes are all sizes up to 300 and beyond that those where trees change their shape.
func someSizes(size int64) []int64 {
	var out []int64
	for n := int64(1); n <= size; n++ {
		near := n&(n-1) == 0 || n&(n+1) == 0 || (n-1)&(n-2) == 0 || n%tileWidth <= 1 || size-n < 3
		if n <= 300 || near || n%97 == 0 {
			out = append(out, n)
		}
	}
	return out
}
