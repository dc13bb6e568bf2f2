package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// add posts count different entries, as many at a time as it is told, and insists that each gets an index of its own
// below count.
func add(url, countText, writersText string) error {
	count, err := strconv.Atoi(countText)
	if err != nil {
		return err
	}
	writers, err := strconv.Atoi(writersText)
	if err != nil {
		return err
	}
	client := &http.Client{
		Timeout:   time.Minute,
		Transport: &http.Transport{MaxIdleConnsPerHost: writers},
	}
	var next, distinct atomic.Int64
	seen := make([]atomic.Bool, count)
	failures := make(chan error, writers)
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for {
				number := next.Add(1) - 1
				if number >= int64(count) {
					return
				}
				index, err := addOne(client, url, number)
				if err != nil {
					failures <- err
					return
				}
				if index >= int64(count) {
					failures <- fmt.Errorf("entry %d got index %d", number, index)
					return
				}
				if !seen[index].Swap(true) {
					distinct.Add(1)
				}
			}
		})
	}
	group.Wait()
	close(failures)
	for err := range failures {
		return err
	}
	fmt.Println(distinct.Load())
	return nil
}

// addOne posts one entry, whose length depends on its number, and tries again while the log says that it is busy.
func addOne(client *http.Client, url string, number int64) (int64, error) {
	body := fmt.Appendf(nil, "entry %d %s", number, strings.Repeat("x", int(number%300)))
	for range 600 {
		response, err := client.Post(url, "application/octet-stream", bytes.NewReader(body))
		if err != nil {
			return 0, err
		}
		answer, err := io.ReadAll(io.LimitReader(response.Body, 1<<16))
		response.Body.Close()
		if err != nil {
			return 0, err
		}
		switch response.StatusCode {
		case http.StatusOK:
			line, _, _ := strings.Cut(string(answer), "\n")
			return strconv.ParseInt(line, 10, 63)
		case http.StatusTooManyRequests, http.StatusServiceUnavailable:
			time.Sleep(100 * time.Millisecond)
		default:
			return 0, fmt.Errorf("entry %d: %s: %q", number, response.Status, answer)
		}
	}
	return 0, fmt.Errorf("entry %d: the log was busy for a minute", number)
}
