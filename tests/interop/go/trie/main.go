// Command trie does to Torchwood's Merkle-Patricia tree what Pinfold did to its own trie, and says what came of it.
// The package mpt is not here: a test takes two of its files out of the module cache and lays them beside this file.
//
// Standard input has one command a line, words in hexadecimal ("-" for no bytes); each gets one line of answer:
//
//	set KEY VALUE            the new root
//	present KEY VALUE PROOF  "same" if its own proof is this one and its verifier accepts it
//	absent KEY PROOF         the same
//	refuse KEY PROOF         "refused" if its verifier does not accept this proof of absence
package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"strings"

	"pinfold.example/trie/mpt"
)

func main() {
	tree, version := mpt.NewMemTree(), int64(0)
	snap, err := tree.Snap(version)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for err == nil && lines.Scan() {
		words := strings.Fields(lines.Text())
		bytes := make([][]byte, len(words))
		for at := 1; at < len(words) && err == nil; at++ {
			bytes[at], err = unhex(words[at])
		}
		switch words[0] {
		case "set":
			version++
			if err = tree.Set(bytes[1], bytes[2]); err == nil {
				snap, err = tree.Snap(version)
			}
			fmt.Println(snap.Hash)
		case "present":
			fmt.Println(verdict(tree, snap, bytes[1], bytes[2], bytes[3]))
		case "absent":
			fmt.Println(verdict(tree, snap, bytes[1], nil, bytes[2]))
		case "refuse":
			if mpt.VerifyNotPresent(snap, bytes[1], bytes[2]) == nil {
				fmt.Println("accepted")
			} else {
				fmt.Println("refused")
			}
		default:
			err = fmt.Errorf("unknown command %q", words[0])
		}
	}
	if err == nil {
		err = lines.Err()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "trie:", err)
		os.Exit(1)
	}
}

// verdict compares a proof with the tree's own and lets the tree's verifier judge it. A value of nil means that the key
// should be absent.
func verdict(tree mpt.Tree, snap mpt.Snapshot, key, value, proof []byte) string {
	path, err := tree.Path(key)
	if err != nil {
		return err.Error()
	}
	own, present, ownProof, err := mpt.ProveLookup(key, path)
	switch {
	case err != nil:
		return err.Error()
	case present != (value != nil) || !bytes.Equal(own, value):
		return fmt.Sprintf("it has %x (%v)", []byte(own), present)
	case !bytes.Equal(ownProof, proof):
		return fmt.Sprintf("its proof is %x", []byte(ownProof))
	}
	if err := mpt.VerifyLookup(snap, key, value, present, proof); err != nil {
		return err.Error()
	}
	return "same"
}

func unhex(word string) ([]byte, error) {
	if word == "-" {
		return []byte{}, nil
	}
	return hex.DecodeString(word)
}
