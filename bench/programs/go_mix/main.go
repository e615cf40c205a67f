// A Go program of many parts: maps, slices, sorting through an interface, strings, goroutines that hand
// values over channels, and enough garbage that the collector works.
package main

import (
	"fmt"
	"hash/crc32"
	"os"
	"sort"
	"strconv"
	"strings"
)

type item struct {
	name  string
	score int
	tags  []string
}

type byScore []item

func (s byScore) Len() int      { return len(s) }
func (s byScore) Swap(i, j int) { s[i], s[j] = s[j], s[i] }
func (s byScore) Less(i, j int) bool {
	if s[i].score != s[j].score {
		return s[i].score < s[j].score
	}
	return s[i].name < s[j].name
}

type shape interface{ area() float64 }
type box struct{ a, b float64 }
type disc struct{ r float64 }

func (b box) area() float64  { return b.a * b.b }
func (d disc) area() float64 { return 3 * d.r * d.r }

func round(seed uint32) uint32 {
	next := func() uint32 {
		seed = seed*1664525 + 1013904223
		return seed >> 8
	}
	counts := map[string]int{}
	items := make([]item, 0, 16)
	for i := 0; i < 400; i++ {
		name := "key" + strconv.Itoa(int(next()%97))
		counts[name]++
		items = append(items, item{name, int(next() % 1000), strings.Split("a,b,c", ",")})
	}
	sort.Sort(byScore(items))
	keys := make([]string, 0, len(counts))
	for key := range counts {
		keys = append(keys, key)
	}
	sort.Strings(keys)

	in, out := make(chan int), make(chan int)
	for worker := 0; worker < 4; worker++ {
		go func() {
			for n := range in {
				out <- n * n
			}
		}()
	}
	sum := 0
	go func() {
		for i := 0; i < 64; i++ {
			in <- i
		}
		close(in)
	}()
	for i := 0; i < 64; i++ {
		sum += <-out
	}

	total := 0.0
	for i := 0; i < 500; i++ {
		var s shape = disc{float64(next() % 10)}
		if i%3 == 0 {
			s = box{float64(i), 2}
		}
		total += s.area()
	}
	text := fmt.Sprintf("%s %d %.1f %v", strings.Join(keys, ";"), sum, total, items[200])
	return crc32.ChecksumIEEE([]byte(text))
}

func main() {
	rounds := 1
	if len(os.Args) > 1 {
		rounds, _ = strconv.Atoi(os.Args[1])
	}
	check := uint32(0)
	for i := 0; i < rounds; i++ {
		check = check*31 + round(uint32(i))
	}
	fmt.Printf("%d rounds, %08x\n", rounds, check)
}
