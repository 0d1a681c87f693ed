package main

import (
	"encoding/hex"

	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/merkle/testonly"
)

type inclusion struct {
	Index    uint64   `json:"index"`
	Size     uint64   `json:"size"`
	LeafHash string   `json:"leaf_hash"`
	Root     string   `json:"root"`
	Proof    []string `json:"proof"`
}

type consistency struct {
	Old     uint64   `json:"old_size"`
	New     uint64   `json:"new_size"`
	OldRoot string   `json:"old_root"`
	NewRoot string   `json:"new_root"`
	Proof   []string `json:"proof"`
}

// trees is the classic Certificate Transparency test tree of eight leaves, with every proof in it.
func trees() any {
	tree := testonly.New(rfc6962.DefaultHasher)
	tree.AppendData(testonly.LeafInputs()...)

	roots := hexAll(testonly.RootHashes())
	var inclusions []inclusion
	var consistencies []consistency
	for size := uint64(1); size <= tree.Size(); size++ {
		for index := uint64(0); index < size; index++ {
			proof, err := tree.InclusionProof(index, size)
			check(err)
			inclusions = append(inclusions, inclusion{
				index, size, hex.EncodeToString(tree.LeafHash(index)), roots[size], hexAll(proof)})
		}
		for old := uint64(1); old <= size; old++ {
			proof, err := tree.ConsistencyProof(old, size)
			check(err)
			consistencies = append(consistencies, consistency{
				old, size, roots[old], roots[size], hexAll(proof)})
		}
	}
	return map[string]any{
		"leaves":      hexAll(testonly.LeafInputs()),
		"roots":       roots,
		"inclusion":   inclusions,
		"consistency": consistencies,
	}
}

func hexAll(values [][]byte) []string {
	out := []string{}
	for _, v := range values {
		out = append(out, hex.EncodeToString(v))
	}
	return out
}
