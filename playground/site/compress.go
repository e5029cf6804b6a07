package site

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"sync"

	"github.com/andybalholm/brotli"
)

// levels are the compressors' settings for a quality.
func (q Quality) levels() (gz, br int) {
	if q == Best {
		return gzip.BestCompression, brotli.BestCompression
	}
	return 5, 4
}

// compress gives each file its compressed forms, where they are smaller. The
// two compressors run side by side; the result does not depend on that.
func compress(files []File, q Quality) error {
	gz, br := q.levels()
	errs := make([]error, 2)
	var wait sync.WaitGroup
	wait.Go(func() {
		errs[0] = each(files, func(f *File, b *bytes.Buffer) (io.WriteCloser, *[]byte) {
			w, _ := gzip.NewWriterLevel(b, gz) // fails on an unknown level only
			return w, &f.Gzip
		})
	})
	wait.Go(func() {
		errs[1] = each(files, func(f *File, b *bytes.Buffer) (io.WriteCloser, *[]byte) {
			return brotli.NewWriterLevel(b, br), &f.Brotli
		})
	})
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("compressing the page: %w", err)
		}
	}
	return nil
}

func each(files []File, open func(*File, *bytes.Buffer) (io.WriteCloser, *[]byte)) error {
	for i := range files {
		f := &files[i]
		if !compressible(f.Name) {
			continue
		}
		var b bytes.Buffer
		w, out := open(f, &b)
		if _, err := w.Write(f.Data); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		if b.Len() < len(f.Data) {
			*out = b.Bytes()
		}
	}
	return nil
}
