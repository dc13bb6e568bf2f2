// Command interop looks at what Pinfold writes with the eyes of Go's own transparency log packages, and plays the
// parts that tests of the log need: a client that adds entries, a maker of keys.
//
//	interop check            reads cases from standard input, one JSON document a line, and answers each with a line
//	interop keys NAME        prints a new private key and its verifier key, one a line
//	interop add URL COUNT N  adds COUNT entries, N at a time, and prints how many different indexes came back
//	interop mpt ZIP FOLDER   takes the source of Torchwood's tree in memory out of a zip of its module
package main

import (
	"fmt"
	"os"
)

func main() {
	var err error
	switch args := os.Args[1:]; {
	case len(args) == 1 && args[0] == "check":
		err = check(os.Stdin, os.Stdout)
	case len(args) == 2 && args[0] == "keys":
		err = keys(args[1])
	case len(args) == 4 && args[0] == "add":
		err = add(args[1], args[2], args[3])
	case len(args) == 3 && args[0] == "mpt":
		err = mpt(args[1], args[2])
	default:
		err = fmt.Errorf("usage: interop check | keys NAME | add URL COUNT N | mpt ZIP FOLDER")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		os.Exit(1)
	}
}
