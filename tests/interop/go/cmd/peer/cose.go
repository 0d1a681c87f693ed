package main

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"

	"github.com/fxamacker/cbor/v2"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/merkle/testonly"
	"github.com/veraison/go-cose"
)

const (
	contentType    = "application/vnd.vouch.records+cbor"
	labelCWTClaims = int64(15)
	labelVDS       = int64(395)
	labelVDP       = int64(396)
)

func init() {
	commands["sign"] = sign
	commands["verify"] = verify
	commands["check-receipt"] = checkReceipt
	commands["check-consistency"] = checkConsistency
	commands["issue-receipt"] = issueReceipt
	commands["issue-consistency"] = issueConsistency
}

func readPEM(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s: no PEM block", path)
	}
	return block.Bytes, nil
}

// thumbprint is that of RFC 9679.
func thumbprint(key crypto.PublicKey) []byte {
	var members map[int]any
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		x, y := k.X.FillBytes(make([]byte, 32)), k.Y.FillBytes(make([]byte, 32))
		members = map[int]any{1: 2, -1: 1, -2: x, -3: y}
	case ed25519.PublicKey:
		members = map[int]any{1: 1, -1: 6, -2: []byte(k)}
	}
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic(err)
	}
	input, err := mode.Marshal(members)
	if err != nil {
		panic(err)
	}
	hash := sha256.Sum256(input)
	return hash[:]
}

func algorithmOf(key crypto.PublicKey) cose.Algorithm {
	if _, ok := key.(ed25519.PublicKey); ok {
		return cose.AlgorithmEdDSA
	}
	return cose.AlgorithmES256
}

func signerOf(path string) (cose.Signer, crypto.PublicKey, error) {
	der, err := readPEM(path)
	if err != nil {
		return nil, nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, nil, err
	}
	private := key.(crypto.Signer)
	signer, err := cose.NewSigner(algorithmOf(private.Public()), private)
	return signer, private.Public(), err
}

func sign(f *flags) error {
	signer, public, err := signerOf(f.key)
	if err != nil {
		return err
	}
	payload, err := os.ReadFile(f.payload)
	if err != nil {
		return err
	}
	message := cose.Sign1Message{Payload: payload}
	message.Headers.Protected = cose.ProtectedHeader{
		cose.HeaderLabelAlgorithm:   signer.Algorithm(),
		cose.HeaderLabelContentType: contentType,
		cose.HeaderLabelKeyID:       thumbprint(public),
		labelCWTClaims:              map[int64]any{1: f.issuer, 2: f.subject, 6: f.issuedAt},
	}
	return seal(&message, signer, f.out)
}

func seal(message *cose.Sign1Message, signer cose.Signer, out string) error {
	if err := message.Sign(rand.Reader, nil, signer); err != nil {
		return err
	}
	raw, err := message.MarshalCBOR()
	if err != nil {
		return err
	}
	return os.WriteFile(out, raw, 0o644)
}

func verify(f *flags) error {
	der, err := readPEM(f.public)
	if err != nil {
		return err
	}
	public, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return err
	}
	var message cose.Sign1Message
	raw, err := os.ReadFile(f.rest[0])
	if err != nil {
		return err
	}
	if err := message.UnmarshalCBOR(raw); err != nil {
		return err
	}
	return verifyWith(&message, public)
}

func verifyWith(message *cose.Sign1Message, public crypto.PublicKey) error {
	if !bytes.Equal(kidOf(message), thumbprint(public)) {
		return errors.New("kid is not the thumbprint of the key")
	}
	verifier, err := cose.NewVerifier(algorithmOf(public), public)
	if err != nil {
		return err
	}
	return message.Verify(nil, verifier)
}

func kidOf(message *cose.Sign1Message) []byte {
	kid, _ := message.Headers.Protected[cose.HeaderLabelKeyID].([]byte)
	return kid
}

// keyFrom finds the key a message names in a COSE Key Set.
func keyFrom(path string, kid []byte) (crypto.PublicKey, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var keys []map[int64]any
	if err := cbor.Unmarshal(raw, &keys); err != nil {
		return nil, err
	}
	for _, key := range keys {
		x, _ := key[-2].([]byte)
		y, _ := key[-3].([]byte)
		public := &ecdsa.PublicKey{Curve: elliptic.P256(), X: new(big.Int).SetBytes(x), Y: new(big.Int).SetBytes(y)}
		if key[1] == uint64(2) && bytes.Equal(thumbprint(public), kid) {
			return public, nil
		}
	}
	return nil, fmt.Errorf("key set: no key with kid %x", kid)
}

// openReceipt takes a receipt apart; the path is an array in a byte string under its proof type.
func openReceipt(path string, proofType int64) (message cose.Sign1Message, a, b uint64, hashes [][]byte, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return
	}
	if err = message.UnmarshalCBOR(raw); err != nil {
		return
	}
	if vds := message.Headers.Protected[labelVDS]; vds != int64(1) {
		err = fmt.Errorf("vds %v", vds)
		return
	}
	if message.Payload != nil {
		err = errors.New("payload is attached")
		return
	}
	proofs, _ := message.Headers.Unprotected[labelVDP].(map[any]any)
	list, _ := proofs[proofType].([]any)
	if len(list) != 1 {
		err = fmt.Errorf("%d proofs of type %d", len(list), proofType)
		return
	}
	encoded, _ := list[0].([]byte)
	var parts struct {
		_      struct{} `cbor:",toarray"`
		A, B   uint64
		Hashes [][]byte
	}
	err = cbor.Unmarshal(encoded, &parts)
	return message, parts.A, parts.B, parts.Hashes, err
}

func checkReceipt(f *flags) error {
	message, size, index, path, err := openReceipt(f.receipt, -1)
	if err != nil {
		return err
	}
	entry, err := os.ReadFile(f.entry)
	if err != nil {
		return err
	}
	leaf := rfc6962.DefaultHasher.HashLeaf(entry)
	root, err := proof.RootFromInclusionProof(rfc6962.DefaultHasher, index, size, leaf, path)
	if err != nil {
		return err
	}
	return checkSigned(f, &message, root)
}

func checkConsistency(f *flags) error {
	message, oldSize, newSize, path, err := openReceipt(f.receipt, -2)
	if err != nil {
		return err
	}
	oldRoot, err := hex.DecodeString(f.oldRoot)
	if err != nil {
		return err
	}
	newRoot, err := hex.DecodeString(f.newRoot)
	if err != nil {
		return err
	}
	err = proof.VerifyConsistency(rfc6962.DefaultHasher, oldSize, newSize, path, oldRoot, newRoot)
	if err != nil {
		return err
	}
	return checkSigned(f, &message, newRoot)
}

func checkSigned(f *flags, message *cose.Sign1Message, root []byte) error {
	public, err := keyFrom(f.keys, kidOf(message))
	if err != nil {
		return err
	}
	if f.origin != "" {
		claims, _ := message.Headers.Protected[labelCWTClaims].(map[any]any)
		if claims[int64(1)] != f.origin || claims[int64(2)] != f.origin {
			return fmt.Errorf("claims %v", claims)
		}
	}
	message.Payload = root
	return verifyWith(message, public)
}

func testTree(paths []string) (*testonly.Tree, error) {
	tree := testonly.New(rfc6962.DefaultHasher)
	for _, path := range paths {
		entry, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		tree.AppendData(entry)
	}
	return tree, nil
}

func issueReceipt(f *flags) error {
	tree, err := testTree(f.rest)
	if err != nil {
		return err
	}
	path, err := tree.InclusionProof(uint64(f.index), tree.Size())
	if err != nil {
		return err
	}
	return issue(f, -1, []any{tree.Size(), uint64(f.index), path}, tree.Hash())
}

// issueConsistency proves from -size to all entries, and prints the two roots.
func issueConsistency(f *flags) error {
	tree, err := testTree(f.rest)
	if err != nil {
		return err
	}
	path, err := tree.ConsistencyProof(uint64(f.size), tree.Size())
	if err != nil {
		return err
	}
	fmt.Printf("%x %x\n", tree.HashAt(uint64(f.size)), tree.Hash())
	return issue(f, -2, []any{uint64(f.size), tree.Size(), path}, tree.Hash())
}

func issue(f *flags, proofType int64, parts []any, root []byte) error {
	signer, public, err := signerOf(f.key)
	if err != nil {
		return err
	}
	encoded, err := cbor.Marshal(parts)
	if err != nil {
		return err
	}
	message := cose.Sign1Message{Payload: root}
	message.Headers.Protected = cose.ProtectedHeader{
		cose.HeaderLabelAlgorithm: signer.Algorithm(),
		cose.HeaderLabelKeyID:     thumbprint(public),
		labelCWTClaims:            map[int64]any{1: f.origin, 2: f.origin},
		labelVDS:                  int64(1),
	}
	message.Headers.Unprotected = cose.UnprotectedHeader{labelVDP: map[int64]any{proofType: [][]byte{encoded}}}
	if err := message.Sign(rand.Reader, nil, signer); err != nil {
		return err
	}
	message.Payload = nil
	raw, err := message.MarshalCBOR()
	if err != nil {
		return err
	}
	return os.WriteFile(f.out, raw, 0o644)
}
