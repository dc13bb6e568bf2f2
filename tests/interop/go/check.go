package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A query is one thing to verify; exactly one member is set.
type query struct {
	Note      *noteQuery
	Inclusion *inclusionQuery
	Tree      *treeQuery
}

type noteQuery struct {
	Bytes []byte
	Keys  []string
	// Text is what the note must say.
	Text []byte
}

type inclusionQuery struct {
	Entry       []byte
	Index, Size int64
	Root        tlog.Hash
	Path        []tlog.Hash
}

type treeQuery struct {
	OldSize, NewSize int64
	OldRoot, NewRoot tlog.Hash
	Proof            []tlog.Hash
}

// check answers every line of in with "ok" or with "refused" and a reason.
func check(in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	answers := bufio.NewWriter(out)
	defer answers.Flush()
	for lines.Scan() {
		var q query
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			return err
		}
		switch err := q.verify(); {
		case err == nil:
			fmt.Fprintln(answers, "ok")
		default:
			fmt.Fprintf(answers, "refused: %q\n", err.Error())
		}
	}
	return lines.Err()
}

func (q query) verify() error {
	switch {
	case q.Note != nil:
		return q.Note.verify()
	case q.Inclusion != nil:
		i := q.Inclusion
		return tlog.CheckRecord(i.Path, i.Size, i.Root, i.Index, tlog.RecordHash(i.Entry))
	case q.Tree != nil:
		t := q.Tree
		return tlog.CheckTree(t.Proof, t.NewSize, t.NewRoot, t.OldSize, t.OldRoot)
	}
	return fmt.Errorf("nothing to verify")
}

func (q noteQuery) verify() error {
	var verifiers []note.Verifier
	for _, key := range q.Keys {
		verifier, err := note.NewVerifier(key)
		if err != nil {
			return err
		}
		verifiers = append(verifiers, verifier)
	}
	opened, err := note.Open(q.Bytes, note.VerifierList(verifiers...))
	if err != nil {
		return err
	}
	if len(opened.Sigs) != len(verifiers) {
		return fmt.Errorf("%d of %d signatures are good", len(opened.Sigs), len(verifiers))
	}
	if opened.Text != string(q.Text) {
		return fmt.Errorf("it says %q", opened.Text)
	}
	return nil
}
