package main

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// mpt takes Torchwood's tree in memory out of a zip of its module and lays it into a folder, without the line that
// keeps it from being built. The rest of the package needs more than this, and is left.
func mpt(archive, folder string) error {
	module, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer module.Close()
	found := 0
	for _, file := range module.File {
		name := path.Base(file.Name)
		if path.Base(path.Dir(file.Name)) != "mpt" || (name != "tree.go" && name != "mem.go") {
			continue
		}
		content, err := file.Open()
		if err != nil {
			return err
		}
		text, err := io.ReadAll(io.LimitReader(content, 1<<20))
		content.Close()
		if err != nil {
			return err
		}
		source := strings.Replace(string(text), "//go:build ignore\n", "", 1)
		if err := os.WriteFile(filepath.Join(folder, name), []byte(source), 0o644); err != nil {
			return err
		}
		found++
	}
	if found != 2 {
		return fmt.Errorf("%s has %d of 2 files", archive, found)
	}
	return nil
}
