// Works on a directory tree as a tool would: writes files, walks, hashes, compresses, encodes; with
// goroutines, channels, maps, closures, defer and recover.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"time"
)

type Entry struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	Sum    string `json:"sum"`
	Packed int    `json:"packed"`
}

func check(err error) {
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

func generate(root string) {
	state := uint32(7)
	for folder := 0; folder < 4; folder++ {
		path := filepath.Join(root, fmt.Sprintf("folder%d", folder), "inner")
		check(os.MkdirAll(path, 0o755))
		for file := 0; file < 8; file++ {
			var text strings.Builder
			for i := 0; i < 500*(file+1); i++ {
				state = state*1664525 + 1013904223
				fmt.Fprintf(&text, "%d %x\n", i, state>>20)
			}
			check(os.WriteFile(filepath.Join(path, fmt.Sprintf("file%d.txt", file)), []byte(text.String()), 0o644))
		}
	}
}

func describe(root, path string) Entry {
	data, err := os.ReadFile(filepath.Join(root, path))
	check(err)
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, err = writer.Write(data)
	check(err)
	check(writer.Close())
	reader, err := gzip.NewReader(&packed)
	check(err)
	length := packed.Len()
	again, err := io.ReadAll(reader)
	check(err)
	if !bytes.Equal(data, again) {
		panic("compression lost something")
	}
	return Entry{filepath.ToSlash(path), int64(len(data)), fmt.Sprintf("%x", sha256.Sum256(data))[:16], length}
}

func index(root string) []Entry {
	paths, entries := make(chan string), make(chan Entry)
	var workers sync.WaitGroup
	for i := 0; i < 4; i++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for path := range paths {
				entries <- describe(root, path)
			}
		}()
	}
	go func() {
		check(filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				relative, _ := filepath.Rel(root, path)
				paths <- relative
			}
			return err
		}))
		close(paths)
		workers.Wait()
		close(entries)
	}()
	var all []Entry
	for entry := range entries {
		all = append(all, entry)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Path < all[j].Path })
	return all
}

func failures(root string) {
	_, err := os.Open(filepath.Join(root, "missing"))
	fmt.Println("missing:", errors.Is(err, fs.ErrNotExist))
	_, err = os.OpenFile(filepath.Join(root, "index.json"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	fmt.Println("exists:", errors.Is(err, fs.ErrExist))
	fmt.Println("full folder:", os.Remove(filepath.Join(root, "folder0")) != nil)
	defer func() { fmt.Println("recovered:", recover()) }()
	var table map[string]int
	table["x"] = 1
}

func main() {
	root := os.Args[1]
	generate(root)
	all := index(root)
	encoded, err := json.MarshalIndent(all, "", " ")
	check(err)
	check(os.WriteFile(filepath.Join(root, "index.json"), encoded, 0o644))
	stored, err := os.ReadFile(filepath.Join(root, "index.json"))
	check(err)
	var again []Entry
	check(json.Unmarshal(stored, &again))
	total := int64(0)
	for _, entry := range again {
		total += entry.Size
		fmt.Println(entry)
	}
	fmt.Println(len(again), "files,", total, "bytes,", len(stored), "bytes of JSON")
	failures(root)

	start := time.Now()
	select {
	case <-time.After(20 * time.Millisecond):
		fmt.Println("waited", time.Since(start) >= 20*time.Millisecond)
	}
	factorial := big.NewInt(1)
	for i := int64(2); i <= 300; i++ {
		factorial.Mul(factorial, big.NewInt(i))
	}
	fmt.Println(factorial)
	fmt.Println(os.Getenv("GUEST_NAME"), os.Args[2:])
	input, _ := io.ReadAll(os.Stdin)
	fmt.Printf("%q %.6g %v\n", input, 1.0/3, []any{nil, 1.5, "x", map[string]int{"b": 2, "a": 1}})
	os.Exit(5)
}
