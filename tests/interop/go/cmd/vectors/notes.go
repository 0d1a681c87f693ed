package main

import (
	"encoding/base64"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// The keys, text and signatures below are those of the tests of golang.org/x/mod/sumdb/note.
const (
	peterKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
	enochKey = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
	noteText = "If you think cryptography is the answer to your problem,\n" +
		"then you don't know what your problem is.\n"
	peterSig = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
	enochSig = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)

type noteCase struct {
	Name       string   `json:"name"`
	NoteBase64 string   `json:"note_base64"`
	Note       string   `json:"note,omitempty"`
	Verifiers  []string `json:"verifiers"`
	Opens      bool     `json:"opens"`
	Error      string   `json:"error,omitempty"`
	Text       string   `json:"text,omitempty"`
	VerifiedBy []string `json:"verified_by"`
	Unverified []string `json:"unverified"`
}

// notes gives what note.Open says about each text with each set of verifier keys.
func notes() any {
	peter, enoch := []string{peterKey}, []string{enochKey}
	both := []string{peterKey, enochKey}
	good := noteText + "\n" + peterSig
	return []noteCase{
		openNote("one signature", good, peter),
		openNote("one signature, the other known too", good, both),
		openNote("two signatures, both known", good+enochSig, both),
		openNote("two signatures, the first known", good+enochSig, peter),
		openNote("two signatures, the second known", good+enochSig, enoch),
		openNote("same signature twice", good+peterSig, peter),
		openNote("no known key", good, enoch),
		openNote("no verifiers at all", good, nil),
		openNote("signature of a known key does not verify", noteText+"\n"+bend(peterSig), peter),
		openNote("signature of a known key too long", noteText+"\n"+peterSig[:60]+"ABCD"+peterSig[60:], peter),
		openNote("one good, one known bad", good+bend(enochSig), both),
		openNote("one good, one unknown bad", good+bend(enochSig), peter),
		openNote("text changed", "x"+good, peter),
		openNote("text without signatures", noteText, peter),
		openNote("no signature line after the blank line", noteText+"\n", peter),
		openNote("last newline missing", good[:len(good)-1], peter),
		openNote("blank line missing", noteText+peterSig, peter),
		openNote("blank line inside the text", "a\n\n"+good, peter),
		openNote("control character", "\x01"+good, peter),
		openNote("carriage return", strings.Replace(good, "\n", "\r\n", 1), peter),
		openNote("not UTF-8", "\xff"+good, peter),
		openNote("space in the name", noteText+"\n"+strings.Replace(peterSig, "PeterNeumann", "Bad Name", 1), peter),
		openNote("plus in the name", noteText+"\n"+strings.Replace(peterSig, "PeterNeumann", "Bad+Name", 1), peter),
		openNote("line after the signatures", good+"Unexpected line.\n", peter),
		openNote("blank line after the signatures", good+"\n", peter),
		openNote("hyphen instead of em dash", noteText+"\n"+strings.Replace(peterSig, "—", "-", 1), peter),
		openNote("base64 broken", noteText+"\n"+strings.Replace(peterSig, "x08g", "x0!g", 1), peter),
		openNote("signature shorter than a key id", noteText+"\n— PeterNeumann x08=\n", peter),
		openNote("right name, other key id", noteText+"\n"+strings.Replace(peterSig, "x08g", "xxxx", 1), peter),
		openNote("right key id, other name", noteText+"\n"+strings.Replace(peterSig, "PeterNeumann", "CarmenSandiego", 1), peter),
		openNote("sixteen signatures of unknown keys, then a known one", noteText+"\n"+many(16)+peterSig, peter),
		openNote("empty text", "\n"+peterSig, peter),
		openNote("nothing", "", peter),
	}
}

func openNote(name, text string, keys []string) noteCase {
	c := noteCase{Name: name, NoteBase64: base64.StdEncoding.EncodeToString([]byte(text)),
		Verifiers: append([]string{}, keys...), VerifiedBy: []string{}, Unverified: []string{}}
	if strings.ToValidUTF8(text, "") == text && !strings.ContainsAny(text, "\x01\r") {
		c.Note = text
	}
	n, err := note.Open([]byte(text), verifiers(keys))
	if err != nil {
		c.Error = err.Error()
		return c
	}
	c.Opens, c.Text = true, n.Text
	for _, s := range n.Sigs {
		c.VerifiedBy = append(c.VerifiedBy, s.Name)
	}
	for _, s := range n.UnverifiedSigs {
		c.Unverified = append(c.Unverified, s.Name)
	}
	return c
}

func verifiers(keys []string) note.Verifiers {
	var list []note.Verifier
	for _, key := range keys {
		v, err := note.NewVerifier(key)
		check(err)
		list = append(list, v)
	}
	return note.VerifierList(list...)
}

// bend changes one bit in the middle of a signature line's base64.
func bend(line string) string {
	b := []byte(line)
	at := len(b) - 40
	if b[at] == 'A' {
		b[at] = 'B'
	} else {
		b[at] = 'A'
	}
	return string(b)
}

func many(count int) string {
	var b strings.Builder
	for i := range count {
		raw := make([]byte, 68)
		raw[3] = byte(i)
		b.WriteString("— witness.example/" + string(rune('a'+i)) + " " + base64.StdEncoding.EncodeToString(raw) + "\n")
	}
	return b.String()
}

type vkeyCase struct {
	Key      string `json:"vkey"`
	Accepted bool   `json:"accepted"`
	Name     string `json:"name,omitempty"`
	KeyID    uint32 `json:"key_id,omitempty"`
}

// vkeys gives what note.NewVerifier says about verifier keys: good ones, every prefix and suffix, and bent ones.
func vkeys() any {
	texts := []string{peterKey, enochKey, "",
		"PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
		"PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		strings.Replace(peterKey, "Peter", "Peter ", 1),
		" " + peterKey, peterKey + "+x",
	}
	for i := 1; i < len(peterKey); i++ {
		texts = append(texts, peterKey[:i], peterKey[i:])
	}
	var cases []vkeyCase
	for _, text := range texts {
		c := vkeyCase{Key: text}
		if v, err := note.NewVerifier(text); err == nil {
			c.Accepted, c.Name, c.KeyID = true, v.Name(), v.KeyHash()
		}
		cases = append(cases, c)
	}
	return cases
}
